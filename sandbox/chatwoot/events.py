"""Events and their receivers: what happened, who hears of it, and how a delivery is signed."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.records import Conversation, Message

ACCOUNT_EVENTS = (
    "conversation_created",
    "conversation_status_changed",
    "conversation_updated",
    "message_created",
    "message_updated",
    "webwidget_triggered",
    "contact_created",
    "contact_updated",
    "inbox_created",
    "inbox_updated",
    "conversation_typing_on",
    "conversation_typing_off",
)
BOT_EVENTS = (
    "message_created",
    "message_updated",
    "conversation_opened",
    "conversation_resolved",
    "conversation_status_changed",
    "conversation_updated",
    "webwidget_triggered",
)


@dataclass(frozen=True)
class Event:
    """Something that happened. `render` gives the body as things stand when it is called."""

    name: str
    conversation: Conversation | None
    message: Message | None
    render: Callable[[], Json]

    @property
    def label(self) -> str:
        return f"{self.name}:{self.message.message_type}" if self.message else self.name


@dataclass(frozen=True)
class Target:
    """A receiver. Only bots are tried more than once; their bodies are rendered at once, the others' late."""

    kind: Literal["account", "inbox", "bot"]
    url: str
    secret: str


@dataclass(frozen=True)
class Delivery:
    """One attempt: `status` is None when no answer came, and `error` then says why."""

    event: str
    delivery_id: str
    kind: str
    url: str
    headers: dict[str, str]
    payload: Json
    at: float
    finished_at: float
    status: int | None
    body: str
    error: str | None
    fault: str | None


def signed_headers(
    body: bytes, secret: str, delivery_id: str, timestamp: int | None = None
) -> dict[str, str]:
    """The headers of a delivery: the signature covers `timestamp.body`, keyed with the secret as text."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "X-Chatwoot-Delivery": delivery_id,
    }
    if secret:
        moment = str(int(time.time()) if timestamp is None else timestamp)
        digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        headers |= {"X-Chatwoot-Timestamp": moment, "X-Chatwoot-Signature": f"sha256={digest}"}
    return headers
