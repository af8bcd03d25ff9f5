"""What web does with what Chatwoot tells it: Postgres only, on the route's connection, in the route's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from nextnest import deferring
from nextnest.rules.rollout import should_use_queue
from nextnest.store import conversations, incoming


def check_if_echo(
    conn: Connection[Any], *, conversation_id: int, message_id: int, effect_id: UUID | None
) -> bool:
    """Whether the message is our own; if its send is still under way or was lost, this proves that it arrived."""
    ours = incoming.is_ours(conn, conversation_id=conversation_id, message_id=message_id, effect_id=effect_id)
    if ours and effect_id:
        incoming.adopt_echo(conn, conversation_id=conversation_id, message_id=message_id, effect_id=effect_id)
    return ours


def accept_customer_message(
    conn: Connection[Any],
    *,
    conversation_id: int,
    message_id: int,
    content: str,
    sent_at: datetime | None,
    contact_id: int | None,
    source: str,
    rollout_percentage: int,
) -> str:
    """Remember a customer's message and defer its job: `queued`, `forwarded` or `duplicate_skipped`.

    A conversation nobody announced (the customer wrote without a form) is greeted first; outside the rollout its talk
    is n8n's from the first word, and only a form greets.
    """
    conversation = conversations.ensure(
        conn,
        conversation_id,
        contact_id=contact_id,
        uses_queue=should_use_queue(conversation_id, rollout_percentage),
    )
    queued = conversation["uses_queue"]
    if not incoming.remember(
        conn,
        conversation_id=conversation_id,
        message_id=message_id,
        content=content,
        sent_at=sent_at,
        source=source,
    ):
        return "duplicate_skipped"
    if not queued:
        deferring.forward_message(conversation_id, message_id).defer_sync(conn)
        return "forwarded"
    if conversation["created"]:
        deferring.new_conversation(conversation_id).defer_sync(conn)
    deferring.incoming_message(conversation_id, message_id).defer_sync(conn)
    return "queued"


def note_person_message(
    conn: Connection[Any], *, conversation_id: int, message_id: int, content: str, sent_at: datetime
) -> str:
    """A colleague wrote to the customer: the AI is silent from this commit on.

    `recorded`, `ignored`, or `duplicate_skipped`: a repeated webhook takes back nothing that was given back since.
    Outside the rollout it may as well be n8n, which writes with a user's token: the words are kept, and nothing follows.
    """
    known = conversations.known(conn, conversation_id)
    if known is None:
        return "ignored"
    if not incoming.remember_person(
        conn, conversation_id=conversation_id, message_id=message_id, content=content, sent_at=sent_at
    ):
        return "duplicate_skipped"
    if known["uses_queue"]:
        conversations.give_to_person(conn, conversation_id)
        deferring.settle_conversation(conversation_id).defer_sync(conn)
    return "recorded"


def note_bot_message(
    conn: Connection[Any], *, conversation_id: int, message_id: int, content: str, sent_at: datetime
) -> str:
    """A bot of Chatwoot wrote: outside the rollout that is n8n, and the chat page shows it. `recorded` or `ignored`."""
    known = conversations.known(conn, conversation_id)
    if known is None or known["uses_queue"]:
        return "ignored"
    incoming.remember_person(
        conn, conversation_id=conversation_id, message_id=message_id, content=content, sent_at=sent_at
    )
    return "recorded"


def note_status(conn: Connection[Any], *, conversation_id: int, status: str) -> str:
    """Somebody opened, closed, or gave the conversation back. `recorded` or `ignored`."""
    if conversations.note_status(conn, conversation_id, status) is None:
        return "ignored"
    deferring.settle_conversation(conversation_id).defer_sync(conn)
    return "recorded"


def note_assignee(conn: Connection[Any], *, conversation_id: int, assignee_type: str | None) -> str:
    """A person was put in charge. Being put out of charge gives nothing back by itself. `recorded` or `ignored`."""
    if assignee_type != "User":
        return "ignored"
    if conversations.give_to_person(conn, conversation_id) is None:
        return "ignored"
    deferring.settle_conversation(conversation_id).defer_sync(conn)
    return "recorded"
