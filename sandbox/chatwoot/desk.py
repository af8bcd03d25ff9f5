"""The help desk: state and webhooks behind one door, and the frame every action runs in."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.chatwoot import payloads
from sandbox.chatwoot.events import Event
from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.records import Contact, Conversation, Message
from sandbox.chatwoot.state import State
from sandbox.chatwoot.webhooks import Webhooks


class Desk:
    """What actions need: the rows, the clock and the events."""

    def __init__(self, state: State, webhooks: Webhooks) -> None:
        self.state = state
        self.webhooks = webhooks

    @contextmanager
    def acting(self) -> Iterator[State]:
        """Holds the lock for one action; its webhooks leave when the lock is free. Not nestable."""
        with self.state.lock:
            try:
                yield self.state
            finally:
                events = self.webhooks.take_emitted()
        self.webhooks.dispatch(events)

    def now(self) -> float:
        return time.time()

    def emit_message(self, name: str, row: Message) -> None:
        """Activity messages never reach a webhook."""
        if row.message_type == "activity":
            return
        conversation = self.state.conversations[row.conversation_id]
        self.webhooks.emit(Event(name, conversation, row, lambda: payloads.message(self.state, row)))

    def emit_conversation(self, name: str, row: Conversation, extra: Json | None = None) -> None:
        more = extra or {}
        self.webhooks.emit(Event(name, row, None, lambda: payloads.conversation(self.state, row) | more))

    def emit_contact(self, name: str, row: Contact, extra: Json | None = None) -> None:
        more = extra or {}
        self.webhooks.emit(Event(name, None, None, lambda: payloads.contact(self.state, row) | more))
