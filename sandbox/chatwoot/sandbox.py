"""ChatwootSandbox: a whole Chatwoot in this process, over real HTTP, for tests, benches and the demo."""

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.chatwoot import contacts, conversations, messages, rest
from sandbox.chatwoot.app import REQUEST_FAULTS, create_app
from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.events import ACCOUNT_EVENTS, Delivery, Event, Target, signed_headers
from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.people import People
from sandbox.chatwoot.records import AgentBot, Conversation, Inbox, Message, User, Webhook
from sandbox.chatwoot.state import State
from sandbox.chatwoot.webhooks import BOT_RETRY_PAUSE_S, WEBHOOK_FAULTS, Webhooks
from sandbox.faults import Faults
from sandbox.journal import Journal, RequestRecord
from sandbox.server import LocalServer

MAIN_WEBHOOK_ID = 1
"""The account webhook of the command line; those made over the API come after it."""


class ChatwootSandbox:
    """One account, one API inbox, an administrator (whose token `token` is), a human agent, optionally a bot.

    Use it as a context manager, or call `start()` and `stop()`. Faults are described in `sandbox.faults`:
    `chatwoot.faults.add("error_500_after", method="POST", path="/messages$")`.
    """

    def __init__(
        self,
        webhook_url: str | None = None,
        *,
        webhook_secret: str = "sandbox-webhook-secret",  # noqa: S107 - a stand-in has no secrets
        subscriptions: tuple[str, ...] = ACCOUNT_EVENTS,
        token: str = "sandbox-administrator-token",  # noqa: S107
        account_id: int = 1,
        inbox_id: int = 1,
        agent_bot: bool = False,
        bot_url: str = "",
        bot_retry_pause: float = BOT_RETRY_PAUSE_S,
        state: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        verbose: bool = False,
    ) -> None:
        self.token = token
        self.agent_token = f"{token}-agent"
        self.bot_token = f"{token}-bot"
        self.account_id = account_id
        self.inbox_id = inbox_id
        self.webhook_secret = webhook_secret
        self.faults = Faults((*REQUEST_FAULTS, *WEBHOOK_FAULTS))
        self._requests: Journal[RequestRecord] = Journal()
        self._closing = threading.Event()
        self._state = self._furnished(Path(state) if state else None)
        self._webhooks = Webhooks(self._state, self.faults, self._closing, bot_retry_pause)
        self._webhooks.on_failure = self._after_failed_delivery
        self._desk = Desk(self._state, self._webhooks)
        self._subscriptions = list(subscriptions)
        self.bot = AgentBot(1, "Sandbox Bot", self.bot_token, f"{webhook_secret}-bot", bot_url)
        self._state.bots[self.bot.id] = self.bot
        if agent_bot:
            self._state.active_bot = self.bot
        self.set_webhook(webhook_url)
        self._people = People(self._desk, self.administrator, self.agent)
        app = create_app(self._desk, self._people, self.faults, self._requests, self._closing)
        self._server = LocalServer(app, host, port, verbose=verbose)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        """Ends every request and delivery under way; what was stored stays in the state file."""
        self._closing.set()
        self._server.stop()
        self._webhooks.close()
        self._state.close()

    def wait(self) -> None:
        """Returns when the server has stopped."""
        self._server.wait()

    @property
    def base_url(self) -> str:
        return self._server.base_url

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def administrator(self) -> User:
        return self._state.users[1]

    @property
    def agent(self) -> User:
        return self._state.users[2]

    @property
    def requests(self) -> list[RequestRecord]:
        """Every API request so far, oldest first; those still waiting for their answer are not in it."""
        return self._requests.entries()

    @property
    def webhooks(self) -> list[Delivery]:
        """Every delivery attempt so far, with what the receiver answered."""
        return self._webhooks.journal.entries()

    def clear_journals(self) -> None:
        self._requests.clear()
        self._webhooks.journal.clear()

    def set_webhook(self, url: str | None, subscriptions: tuple[str, ...] | None = None) -> None:
        """Where account webhooks go from now on; None silences them."""
        with self._state.lock:
            self._state.webhooks.pop(MAIN_WEBHOOK_ID, None)
            wanted = list(subscriptions) if subscriptions else self._subscriptions
            row = Webhook(MAIN_WEBHOOK_ID, url or "", "sandbox", wanted if url else [], self.webhook_secret)
            self._state.add(row)

    def settle(self, timeout: float = 10.0) -> bool:
        """Waits until no webhook is under way any more. False when the time is up first."""
        return self._webhooks.settle(timeout)

    def deliver_late_webhooks(self) -> None:
        """Sends what the fault `late_webhook` still holds back."""
        self._webhooks.deliver_late()

    def signed_headers(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """Headers Chatwoot would send with this body, for tests that play Chatwoot by hand."""
        return signed_headers(body, self.webhook_secret, f"by-hand-{time.monotonic_ns()}", timestamp)

    def add_contact(self, **params: Any) -> Json:
        """The REST contact; parameters as in POST /contacts."""
        with self._desk.acting() as state:
            contact, _ = contacts.create(self._desk, {"inbox_id": self.inbox_id, **params})
            return rest.contact(state, contact, with_inboxes=True)

    def add_conversation(self, contact_id: int | None = None, **params: Any) -> Json:
        """The REST conversation; a contact is made when none is given."""
        if contact_id is None:
            contact_id = self.add_contact(name="Tan Wei Ming")["id"]
        with self._desk.acting() as state:
            entry = state.inboxes_of(state.contact(contact_id))[-1]
            given = {
                "inbox_id": self.inbox_id,
                "contact_id": contact_id,
                "source_id": entry.source_id,
                **params,
            }
            return rest.conversation(state, conversations.create(self._desk, given))

    def conversations(self) -> list[Json]:
        """All of them as REST shows them, oldest first."""
        with self._state.lock:
            return [rest.conversation(self._state, row) for row in self._state.conversations.values()]

    def conversation(self, conversation_id: int) -> Json:
        with self._state.lock:
            return rest.conversation(self._state, self._state.conversation(conversation_id))

    def contacts(self) -> list[Json]:
        with self._state.lock:
            return [
                rest.contact(self._state, row, with_inboxes=True) for row in self._state.contacts.values()
            ]

    def messages(self, conversation_id: int) -> list[Json]:
        """All of a conversation as REST shows them, oldest first, notes and activities included."""
        with self._state.lock:
            rows = self._state.messages_of(self._state.conversation(conversation_id))
            return [rest.message(self._state, row) for row in rows]

    def customer_says(self, conversation_id: int, text: str) -> Json:
        return self._people.customer_says(conversation_id, text)

    def agent_says(self, conversation_id: int, text: str, *, private: bool = False) -> Json:
        """The human agent answers, or leaves a private note."""
        return self._people.agent_says(conversation_id, text, private=private)

    def agent_says_by_phone(self, conversation_id: int, text: str) -> Json:
        """The human agent answers in the channel's own app; the message has no sender."""
        return self._people.agent_says_by_phone(conversation_id, text)

    def label(self, conversation_id: int, *labels: str) -> None:
        """The human agent replaces the labels; none clears them."""
        self._people.label(conversation_id, list(labels))

    def assign(self, conversation_id: int, user: User | None) -> None:
        """The human agent gives the conversation to somebody, or to nobody."""
        self._people.assign(conversation_id, user)

    def set_status(self, conversation_id: int, status: str) -> None:
        """The human agent turns the status."""
        self._people.set_status(conversation_id, status)

    def resolve(self, conversation_id: int) -> None:
        self.set_status(conversation_id, "resolved")

    def reopen(self, conversation_id: int) -> None:
        self.set_status(conversation_id, "open")

    def _furnished(self, archive: Path | None) -> State:
        inbox = Inbox(
            id=self.inbox_id,
            name="NextNest website",
            identifier=f"sandbox-inbox-{self.inbox_id}",
            secret=f"{self.webhook_secret}-inbox",
            hmac_token="sandbox-hmac-token",  # noqa: S106
        )
        people = [
            User(1, "NextNest Desk", "desk@nextnest.example", "administrator", self.token),
            User(2, "Priya Nair", "priya@nextnest.example", "agent", self.agent_token),
        ]
        return State(self.account_id, "NextNest", inbox, people, archive)

    def _after_failed_delivery(self, target: Target, event: Event, error: str) -> None:
        """Account webhooks are only lost; an inbox's mark the message; a bot's hand over to people."""
        if event.message is None or event.conversation is None:
            return
        if target.kind == "inbox":
            self._mark_failed(event.message, error)
        elif target.kind == "bot":
            self._open_for_people(event.conversation)

    def _mark_failed(self, message: Message, error: str) -> None:
        with self._desk.acting():
            if message.status != "failed":
                messages.update_status(self._desk, message, "failed", error)

    def _open_for_people(self, conversation: Conversation) -> None:
        with self._desk.acting():
            conversations.open_after_bot_failure(self._desk, conversation)
