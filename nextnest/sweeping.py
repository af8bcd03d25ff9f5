"""What the sweep makes of what Chatwoot shows: the same as if the webhook had come.

One message or one status at a time, on a synchronous connection, in the caller's transaction. A race with the webhook is
harmless: a message is remembered once, whoever is first, and a status is only taken when it is the newest word.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection

from nextnest import reception
from nextnest.chatwoot import ChatwootConversation, ChatwootMessage, MessageType
from nextnest.rules.commands import command_in
from nextnest.store import conversations, incoming, sweep

# A webhook takes a second or two. What is younger is left to it; what seems to come from the future by more than this
# only says that Chatwoot's clock is ahead of ours.
GRACE_S = 10
# What became of something that had really been missing.
RECOVERED = frozenset({"queued", "forwarded", "recorded"})
_STATUSES = {"open", "pending", "resolved", "snoozed"}
# What Chatwoot's webhooks call these events, so that both stand beside each other in webhook_events.
_MESSAGE, _STATUS, _ASSIGNEE = "message_created", "conversation_status_changed", "conversation_updated"


def settled(messages: list[ChatwootMessage], now: datetime) -> list[ChatwootMessage]:
    """Those before the first one that is still its webhook's business, oldest first."""
    ordered = sorted(messages, key=lambda message: message.id)
    young = (n for n, each in enumerate(ordered) if abs((now - each.created_at).total_seconds()) < GRACE_S)
    return ordered[: next(young, len(ordered))]


def concerns_us(message: ChatwootMessage) -> bool:
    """Whether a webhook would have told us of it: neither a line of the system nor a note that is no command."""
    if message.private:
        return _command(message) is not None
    return message.message_type in {MessageType.INCOMING, MessageType.OUTGOING}


def recover_message(
    conn: Connection[Any],
    conversation: ChatwootConversation,
    message: ChatwootMessage,
    rollout_percentage: int,
) -> str:
    """Take in a message no webhook brought; what became of it, in the webhook's words."""
    status = _take_in(conn, conversation, message, rollout_percentage)
    return _recorded(conn, _MESSAGE, conversation.id, status)


def recover_status(conn: Connection[Any], conversation: ChatwootConversation, asked_at: datetime) -> str:
    """Take in a status no webhook brought, read after `asked_at`, unless we know of something newer.

    `recorded` or `ignored`.
    """
    status = conversation.status
    if status not in _STATUSES or not sweep.status_is_news(conn, conversation.id, status, asked_at):
        return "ignored"
    noted = reception.note_status(conn, conversation_id=conversation.id, status=status)
    return _recorded(conn, _STATUS, conversation.id, noted)


def recover_holder(conn: Connection[Any], conversation: ChatwootConversation) -> str:
    """A conversation that is assigned, or was closed after the customer wrote, is a colleague's. `recorded` or `ignored`.

    Chatwoot opens a closed conversation when the customer writes, so whoever closed it has read her.
    """
    kind = "User" if conversation.status == "resolved" else conversation.assignee_type
    noted = reception.note_assignee(conn, conversation_id=conversation.id, assignee_type=kind)
    return _recorded(conn, _ASSIGNEE, conversation.id, noted)


def recover_marks(
    conn: Connection[Any], conversation: ChatwootConversation, asked_at: datetime, person_label: str
) -> str:
    """Take in an assignee or a label no webhook brought, read after `asked_at`. `recorded`, `ignored` or `echo_skipped`."""
    if sweep.heard_of_holder(conn, conversation.id, asked_at):
        return "ignored"
    labelled = has_label(conversation, person_label)
    noted = [
        reception.note_label(conn, conversation_id=conversation.id, labelled=labelled),
        reception.note_assignee(
            conn,
            conversation_id=conversation.id,
            assignee_type=conversation.assignee_type,
            assignee_id=conversation.assignee_id,
        ),
    ]
    status = "recorded" if "recorded" in noted else "ignored"
    return _recorded(conn, _ASSIGNEE, conversation.id, status)


def has_label(conversation: ChatwootConversation, label: str) -> bool:
    """Whether it carries this label; Chatwoot's own are in lower case."""
    return label in {each.lower() for each in conversation.labels}


def _take_in(
    conn: Connection[Any],
    conversation: ChatwootConversation,
    message: ChatwootMessage,
    rollout_percentage: int,
) -> str:
    """By ids, never by text; an id of ours that we do not know is still nobody's question."""
    echo = reception.check_if_echo(
        conn, conversation_id=conversation.id, message_id=message.id, effect_id=message.effect_id
    )
    if echo or message.effect_id is not None:
        return "echo_skipped"
    if command := _command(message):
        return reception.note_command(
            conn, conversation_id=conversation.id, message_id=message.id, command=command
        )
    if message.message_type == MessageType.OUTGOING:
        return _outgoing(conn, conversation.id, message)
    text = _text(message)
    if not text:
        return "ignored"
    return reception.accept_customer_message(
        conn,
        conversation_id=conversation.id,
        message_id=message.id,
        content=text,
        sent_at=message.created_at,
        contact_id=conversation.contact_id,
        source="sweep",
        rollout_percentage=rollout_percentage,
    )


def _outgoing(conn: Connection[Any], conversation_id: int, message: ChatwootMessage) -> str:
    """A colleague takes the conversation by writing in it, unless it was given back since: then only her words are kept."""
    line: dict[str, Any] = {
        "conversation_id": conversation_id,
        "message_id": message.id,
        "content": _text(message),
        "sent_at": message.created_at,
    }
    match message.author:
        case "person" if sweep.given_back_since(conn, conversation_id, message.created_at):
            return "recorded" if incoming.remember_person(conn, **line) else "ignored"
        case "person":
            return reception.note_person_message(conn, **line)
        case "bot":
            return reception.note_bot_message(conn, **line)
        case _:
            return "ignored"


def _command(message: ChatwootMessage) -> str | None:
    """What a colleague's private note commands, if anything."""
    if not message.private or not message.sender or message.sender.type != "user":
        return None
    return command_in(message.content)


def _text(message: ChatwootMessage) -> str:
    """What was said; a picture or a file without words is still a turn."""
    if message.content.strip():
        return message.content
    return "[attachment]" if message.attachments else ""


def _recorded(conn: Connection[Any], event: str, conversation_id: int, status: str) -> str:
    """Count what was recovered; what changed nothing leaves no row."""
    if status in RECOVERED:
        incoming.record_event(
            conn, event=event, conversation_id=conversation_id, delivery_id=None, status="swept"
        )
    return status


def is_new_to_us(conn: Connection[Any], conversation_id: int) -> bool:
    """Whether nobody has told us of this conversation."""
    return conversations.known(conn, conversation_id) is None
