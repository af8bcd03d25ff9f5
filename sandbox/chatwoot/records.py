"""The rows of a Chatwoot account, as far as an API inbox needs them. Times are epoch seconds."""

from dataclasses import dataclass, field
from typing import Any, Literal

Attributes = dict[str, Any]
Status = Literal["open", "resolved", "pending", "snoozed"]
STATUSES: tuple[str, ...] = ("open", "resolved", "pending", "snoozed")
MESSAGE_TYPES: tuple[str, ...] = (
    "incoming",
    "outgoing",
    "activity",
    "template",
)  # the position is the REST number


@dataclass
class User:
    id: int
    name: str
    email: str
    role: Literal["agent", "administrator"]
    access_token: str


@dataclass
class AgentBot:
    id: int
    name: str
    access_token: str
    secret: str
    outgoing_url: str = ""
    description: str = ""


@dataclass
class Inbox:
    """One `Channel::Api` inbox; `webhook_url` is the channel's own, beside the account's webhooks."""

    id: int
    name: str
    identifier: str
    secret: str
    hmac_token: str
    webhook_url: str = ""
    channel_id: int = 1
    channel_type: str = "Channel::Api"
    lock_to_single_conversation: bool = False


@dataclass
class Contact:
    id: int
    name: str = ""
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    additional_attributes: Attributes = field(default_factory=dict)
    custom_attributes: Attributes = field(default_factory=dict)
    blocked: bool = False
    last_activity_at: float | None = None
    created_at: float = 0.0
    updated_at: float = 0.0


@dataclass
class ContactInbox:
    id: int
    contact_id: int
    inbox_id: int
    source_id: str
    pubsub_token: str
    created_at: float
    updated_at: float
    hmac_verified: bool = False


@dataclass
class Conversation:
    """`id` is the display id: the only one Chatwoot shows."""

    id: int
    uuid: str
    contact_id: int
    contact_inbox_id: int
    inbox_id: int
    status: str = "open"
    custom_attributes: Attributes = field(default_factory=dict)
    additional_attributes: Attributes = field(default_factory=dict)
    label_list: list[str] = field(default_factory=list)
    assignee_id: int | None = None
    assignee_agent_bot_id: int | None = None
    team_id: int | None = None
    priority: str | None = None
    snoozed_until: float | None = None
    agent_last_seen_at: float | None = None
    assignee_last_seen_at: float | None = None
    contact_last_seen_at: float | None = None
    first_reply_created_at: float | None = None
    waiting_since: float | None = None
    last_activity_at: float = 0.0
    created_at: float = 0.0
    updated_at: float = 0.0


@dataclass
class Message:
    id: int
    conversation_id: int
    message_type: str
    content: str | None
    created_at: float
    updated_at: float
    content_type: str = "text"
    content_attributes: Attributes = field(default_factory=dict)
    additional_attributes: Attributes = field(default_factory=dict)
    private: bool = False
    source_id: str | None = None
    sender_type: Literal["User", "Contact", "AgentBot"] | None = None
    sender_id: int | None = None
    status: str = "sent"


@dataclass
class Webhook:
    """An account webhook."""

    id: int
    url: str
    name: str
    subscriptions: list[str]
    secret: str


Stored = Contact | ContactInbox | Conversation | Message | Webhook
Principal = User | AgentBot
