"""What Chatwoot tells us, as frozen values. Unknown fields are ignored, nulls tolerated: Chatwoot grows."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from nextnest.models import ExistingConversation, Value

EFFECT_KEY = "nextnest_id"
CLIENT_KEY = "nextnest_client_id"
LEAD_KEY = "nextnest_lead_id"

# Chatwoot's ids are 64-bit numbers, as is what keeps them here.
_LARGEST_ID = 2**63 - 1
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class MessageType(StrEnum):
    """REST gives a number, webhooks a word; here it is always the word."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ACTIVITY = "activity"
    TEMPLATE = "template"


_BY_NUMBER = dict(enumerate(MessageType))


def _message_type(value: object) -> object:
    """A kind we do not know is neither the customer's nor ours: a line of the system."""
    if isinstance(value, int):
        return _BY_NUMBER.get(value, MessageType.ACTIVITY)
    return value if isinstance(value, str) and value in set(MessageType) else MessageType.ACTIVITY


def _object(value: object) -> object:
    return value if isinstance(value, dict) else {}


def _rows(value: object) -> object:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


Rows = Annotated[tuple[dict[str, Any], ...], BeforeValidator(_rows)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Object = Annotated[dict[str, Any], BeforeValidator(_object)]
# Chatwoot writes a moment as epoch seconds in REST and as ISO 8601 in webhooks.
Moment = Annotated[AwareDatetime, BeforeValidator(lambda value: _LONG_AGO if value is None else value)]


class _Wire(Value):
    """Part of an answer of Chatwoot."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Sender(_Wire):
    """Who wrote a message. `type` is `user`, `agent_bot` or `contact`; webhooks omit it for contacts."""

    id: int
    type: str | None = None
    name: str | None = None


class ChatwootMessage(_Wire):
    """One line of a conversation, from REST or from a webhook. `created_at` is UTC, to the second."""

    id: int = Field(gt=0, le=_LARGEST_ID)
    content: Text = ""
    message_type: Annotated[MessageType, BeforeValidator(_message_type)]
    private: bool = False
    created_at: Moment
    content_attributes: Object = Field(default_factory=dict)
    additional_attributes: Object = Field(default_factory=dict)
    sender: Sender | None = None
    attachments: Rows = ()

    @property
    def author(self) -> str | None:
        """Who wrote an outgoing message: `person` or `bot`; None for automations, campaigns and whatever is not outgoing.

        What a colleague sends from the phone's own app has no sender. Neither have automation rules and campaigns, but
        those say which one they are (action_service.rb, one_off campaigns).
        """
        if self.message_type != MessageType.OUTGOING:
            return None
        if self.sender is not None:
            return {"user": "person", "agent_bot": "bot"}.get(self.sender.type or "")
        machine = (
            "automation_rule_id" in self.content_attributes or "campaign_id" in self.additional_attributes
        )
        return None if machine else "person"

    @property
    def effect_id(self) -> UUID | None:
        """The outbox id this message was sent with; None when it is not ours."""
        try:
            return UUID(str(self.content_attributes.get(EFFECT_KEY)))
        except ValueError:
            return None

    @property
    def client_id(self) -> str | None:
        """The id our chat page gave a customer's message; None when it came another way."""
        value = self.content_attributes.get(CLIENT_KEY)
        return value if isinstance(value, str) else None


class Contact(Value):
    """A person in Chatwoot. `source_id` ties them to our inbox; None when they are not in it yet."""

    id: int
    source_id: str | None
    email: str | None = None
    phone: str | None = None


class ChatwootConversation(Value):
    """A conversation as it is now. `assignee_type` is `User` or `AgentBot`; times are UTC.

    `newest_message_id` is that of its last message of any kind, None when it has none.
    """

    id: int
    inbox_id: int
    contact_id: int | None
    status: str
    custom_attributes: dict[str, Any]
    labels: tuple[str, ...]
    assignee_id: int | None
    assignee_type: str | None
    team_id: int | None
    created_at: datetime
    last_activity_at: datetime
    newest_message_id: int | None = None


class _InboxRow(_Wire):
    id: int


class _ContactInboxRow(_Wire):
    source_id: str
    inbox: _InboxRow


class ContactRow(_Wire):
    """A contact as search and create show it."""

    id: int
    email: str | None = None
    phone_number: str | None = None
    contact_inboxes: tuple[_ContactInboxRow, ...] | None = ()

    def contact(self, inbox_id: int) -> Contact:
        """The contact as our inbox knows it."""
        ours = [entry.source_id for entry in self.contact_inboxes or () if entry.inbox.id == inbox_id]
        return Contact(
            id=self.id, source_id=ours[0] if ours else None, email=self.email, phone=self.phone_number
        )


class _Named(_Wire):
    id: int


class _MetaRow(_Wire):
    sender: _Named | None = None
    assignee: _Named | None = None
    assignee_type: str | None = None
    team: _Named | None = None


class ConversationRow(_Wire):
    """A conversation as REST shows it."""

    id: int
    inbox_id: int
    status: str
    meta: _MetaRow = _MetaRow()
    custom_attributes: Object = Field(default_factory=dict)
    labels: tuple[str, ...] | None = ()
    created_at: Moment = _LONG_AGO
    timestamp: Moment = _LONG_AGO
    messages: Rows = ()

    def conversation(self) -> ChatwootConversation:
        assignee, team, sender = self.meta.assignee, self.meta.team, self.meta.sender
        return ChatwootConversation(
            id=self.id,
            inbox_id=self.inbox_id,
            contact_id=sender.id if sender else None,
            status=self.status,
            custom_attributes=self.custom_attributes,
            labels=self.labels or (),
            assignee_id=assignee.id if assignee else None,
            # Chatwoot before 4.8 knew no bots as assignees and named no type.
            assignee_type=(self.meta.assignee_type or "User") if assignee else None,
            team_id=team.id if team else None,
            created_at=self.created_at,
            last_activity_at=self.timestamp,
            newest_message_id=max((int(row["id"]) for row in self.messages if "id" in row), default=None),
        )

    def existing(self) -> ExistingConversation:
        return ExistingConversation(
            conversation_id=self.id,
            status=self.status,
            loan_type=_text_or_none(self.custom_attributes.get("loan_type")),
            created_at=self.created_at,
            lead_id=_text_or_none(self.custom_attributes.get(LEAD_KEY)),
        )


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
