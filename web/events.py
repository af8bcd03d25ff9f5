"""What Chatwoot's webhooks say. The top level is the message or the conversation, depending on the event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from nextnest.chatwoot import ChatwootMessage

_LARGEST_ID = 2**63 - 1
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Event:
    """One event. Everything is read as it comes: numbers may be text, and any part may be missing."""

    payload: dict[str, Any]
    delivery_id: str | None

    @property
    def name(self) -> str:
        return str(self.payload.get("event") or "unnamed")[:_LONGEST_NAME]

    @property
    def conversation(self) -> dict[str, Any]:
        """The conversation: under its name in message events, the payload itself in conversation events."""
        nested = self.payload.get("conversation")
        if isinstance(nested, dict):
            return nested
        return self.payload if self.name.startswith("conversation_") else {}

    @property
    def conversation_id(self) -> int | None:
        return _id(self.conversation.get("id"))

    @property
    def contact_id(self) -> int | None:
        return _id(_inside(self.conversation, "meta", "sender", "id")) or _id(
            _inside(self.conversation, "contact_inbox", "contact_id")
        )

    @property
    def status(self) -> str | None:
        """Chatwoot's status, None for one it did not have when this was written."""
        status = self.conversation.get("status")
        return status if status in ("open", "pending", "resolved", "snoozed") else None

    @property
    def assignee_type(self) -> str | None:
        """`User` or `AgentBot`, None when nobody is assigned. Chatwoot before 4.8 names no type."""
        if not isinstance(_inside(self.conversation, "meta", "assignee"), dict):
            return None
        return str(_inside(self.conversation, "meta", "assignee_type") or "User")

    @property
    def assignee_id(self) -> int | None:
        return _id(_inside(self.conversation, "meta", "assignee", "id"))

    @property
    def labels(self) -> frozenset[str] | None:
        """The labels the conversation carries, in lower case; None when the event does not say."""
        labels = self.conversation.get("labels")
        return frozenset(str(label).lower() for label in labels) if isinstance(labels, list) else None

    @property
    def picture_at(self) -> float | None:
        """When the conversation last changed, in the picture of it this event shows: seconds, exact to the microsecond."""
        value = self.conversation.get("updated_at")
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def newest(self) -> int | None:
        """The id of the last public message in the picture."""
        return _id(self._last_message.get("id"))

    @property
    def newest_of_customer(self) -> int | None:
        """The same when the customer wrote it."""
        return self.newest if self._last_message.get("message_type") in (0, "incoming") else None

    @property
    def _last_message(self) -> dict[str, Any]:
        messages = self.conversation.get("messages")
        last = messages[-1] if isinstance(messages, list) and messages else None
        return last if isinstance(last, dict) else {}

    @property
    def changes_the_assignee(self) -> bool:
        """`changed_attributes` is a list of objects with one key each, or one object, or null."""
        changed = self.payload.get("changed_attributes")
        parts = changed if isinstance(changed, list) else [changed]
        return any(isinstance(part, dict) and "assignee_id" in part for part in parts)

    def is_of(self, account_id: int, inbox_id: int) -> bool:
        """Whether it is about our inbox. Chatwoot before 4.14.2 leaves the account out of conversation events."""
        account = _id(_inside(self.payload, "account", "id"))
        inbox = _id(_inside(self.payload, "inbox", "id")) or _id(self.conversation.get("inbox_id"))
        return account in (None, account_id) and inbox == inbox_id

    def message(self) -> ChatwootMessage | None:
        """The message, None when it is not readable as one."""
        try:
            return ChatwootMessage.model_validate(self.payload)
        except ValidationError:
            return None

    def text(self, message: ChatwootMessage) -> str:
        """What the customer said; a picture or a file without words is still a turn of hers."""
        if message.content.strip():
            return message.content
        return "[attachment]" if self.payload.get("attachments") else ""


def sent_at(message: ChatwootMessage) -> datetime | None:
    """When it was written, None when Chatwoot did not say."""
    return message.created_at if message.created_at.timestamp() > 0 else None


def _inside(value: object, *path: str) -> object:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _id(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID else None
    )
