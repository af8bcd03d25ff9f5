"""What customers and colleagues wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, Connection

from nextnest.models import Broker, IncomingMessage, Lead, Turn
from nextnest.store.statements import Row, Statements

SQL = Statements("incoming")

# More turns than any model budget of ours can hold; the prompt drops the oldest to its own budget.
_HISTORY_TURNS = 200


def take_in(
    conn: Connection[Any],
    *,
    conversation_id: int,
    message_id: int,
    content: str,
    sent_at: datetime | None,
    source: str,
    job: str,
) -> Row:
    """Remember a customer's message: `ours` (then it is none), `uses_queue` (None: an unknown conversation), `is_new`, and
    whether the job with this id `waits` already."""
    row = SQL.take_in_message.one(
        conn,
        conversation_id=conversation_id,
        message_id=message_id,
        content=content,
        sent_at=sent_at,
        source=source,
        job=job,
    )
    assert row
    return row


def is_ours(conn: Connection[Any], *, conversation_id: int, message_id: int, effect_id: UUID | None) -> bool:
    """Whether a message is one we sent or are just sending: by Chatwoot's id or by the id it carries, never by text."""
    row = SQL.known_message.one(
        conn, conversation_id=conversation_id, message_id=message_id, effect_id=effect_id
    )
    return bool(row and row["ours"])


def adopt_echo(conn: Connection[Any], *, conversation_id: int, message_id: int, effect_id: UUID) -> None:
    """Mark an effect as sent because its message came back."""
    SQL.adopt_echo.run(conn, conversation_id=conversation_id, message_id=message_id, effect_id=effect_id)


def remember_person(
    conn: Connection[Any], *, conversation_id: int, message_id: int, content: str, sent_at: datetime
) -> bool:
    """Remember a colleague's message; False when it is already known."""
    row = SQL.remember_person_message.one(
        conn, conversation_id=conversation_id, message_id=message_id, content=content, sent_at=sent_at
    )
    return row is not None


def record_event(
    conn: Connection[Any], *, event: str, conversation_id: int | None, delivery_id: str | None, status: str
) -> Row:
    """Remember that Chatwoot told us something; never what was said.

    Nothing is remembered when the transaction has not `changed` anything; `is_new` is False when this delivery was
    remembered before.
    """
    row = SQL.record_event.one(
        conn, event=event, conversation_id=conversation_id, delivery_id=delivery_id, status=status
    )
    assert row
    return row


@dataclass(frozen=True)
class Delivered:
    """A webhook that changed nothing: what it was about, and what became of it."""

    event: str
    conversation_id: int | None
    delivery_id: str | None
    status: str
    at: datetime


def record_quiet(conn: Connection[Any], deliveries: Sequence[Delivered]) -> None:
    """Remember that Chatwoot told us these things."""
    SQL.record_quiet.run(
        conn,
        events=[one.event for one in deliveries],
        conversation_ids=[one.conversation_id for one in deliveries],
        delivery_ids=[one.delivery_id for one in deliveries],
        statuses=[one.status for one in deliveries],
        received=[one.at for one in deliveries],
    )


@dataclass(frozen=True)
class OpenTurn:
    """A conversation as an answer sees it. `messages` are the customer's unanswered ones, oldest first."""

    conversation_id: int
    status: str
    held_by: str
    uses_queue: bool
    lead_score: int | None
    lead_id: UUID | None
    lead: Lead | None
    broker: Broker | None
    messages: tuple[IncomingMessage, ...]
    # When it was read, by the database's clock.
    read_at: datetime
    # What we have said in it, by its counters; what was sent and is not counted yet is missing.
    broker_messages: int = 0
    # Whether the outbox holds a reply to the newest message, in whatever state.
    has_reply: bool = False
    closed_after: int | None = None

    @property
    def newest(self) -> int:
        """The id of the newest unanswered message: what a reply to this turn answers."""
        return self.messages[-1].message_id

    @property
    def first(self) -> int:
        """The id of the oldest unanswered message: it stays the same while more come in."""
        return self.messages[0].message_id

    @property
    def message_ids(self) -> list[int]:
        return [message.message_id for message in self.messages]

    @property
    def arrivals(self) -> list[datetime]:
        """When each message came in; not in the order of their ids when webhooks came out of order."""
        return [message.received_at for message in self.messages]

    @property
    def texts(self) -> list[str]:
        return [message.content for message in self.messages]

    @property
    def new_texts(self) -> list[str]:
        """Those written since the conversation was last closed: an older line fetches nobody any more."""
        since = self.closed_after or 0
        return [message.content for message in self.messages if message.message_id > since]


async def read_turn(conn: AsyncConnection[Any], conversation_id: int) -> OpenTurn | None:
    """Everything an answer depends on; None for a conversation we do not know."""
    row = await SQL.read_turn.aone(conn, conversation_id=conversation_id)
    if row is None:
        return None
    return OpenTurn(
        conversation_id=row["conversation_id"],
        status=row["status"],
        held_by=row["held_by"],
        uses_queue=row["uses_queue"],
        lead_score=row["lead_score"],
        lead_id=row["lead_id"],
        lead=Lead.model_validate(row["lead"]) if row["lead"] else None,
        broker=Broker.model_validate(row["broker"]) if row["broker"] else None,
        messages=tuple(IncomingMessage.model_validate(message) for message in row["unanswered"]),
        read_at=row["read_at"],
        broker_messages=row["broker_messages"],
        has_reply=row["has_reply"],
        closed_after=row["closed_after"],
    )


async def newest_unanswered(conn: AsyncConnection[Any], conversation_id: int) -> int | None:
    """The id of the newest message that waits for an answer, or None."""
    row = await SQL.newest_unanswered.aone(conn, conversation_id=conversation_id)
    return row["message_id"] if row else None


async def oldest_unanswered_s(conn: AsyncConnection[Any], conversation_id: int) -> float:
    """Seconds the customer has waited for an answer; 0 when she waits for none."""
    row = await SQL.oldest_unanswered.aone(conn, conversation_id=conversation_id)
    return float(row["waited_s"]) if row else 0.0


async def forgotten(conn: AsyncConnection[Any], older_than_s: float) -> list[Row]:
    """Unanswered messages nobody is working on: conversation_id and the newest message_id of each conversation."""
    return await SQL.forgotten_messages.aall(conn, older_than_s=older_than_s)


async def anything_new(conn: AsyncConnection[Any], turn: OpenTurn) -> bool:
    """Whether a message came in that the turn does not hold. Webhooks may come out of order: newer ids do not tell."""
    row = await SQL.anything_new.aone(
        conn, conversation_id=turn.conversation_id, message_ids=turn.message_ids
    )
    return bool(row and row["found"])


async def left_us(conn: AsyncConnection[Any], conversation_id: int) -> bool:
    """Whether a person has the conversation by now, or it is closed."""
    row = await SQL.left_us.aone(conn, conversation_id=conversation_id)
    return bool(row and row["gone"])


async def mark_started(conn: AsyncConnection[Any], turn: OpenTurn) -> None:
    """Note when a job took the turn's messages in; the first time counts."""
    await SQL.mark_started.arun(
        conn, conversation_id=turn.conversation_id, message_ids=turn.message_ids, read_at=turn.read_at
    )


async def settle_answered(
    conn: AsyncConnection[Any], conversation_id: int, *, job_id: int, deliberate_wait_s: float
) -> int:
    """Tie every message that a sent reply covers to that reply; how many they were."""
    return await SQL.settle_answered.arun(
        conn, conversation_id=conversation_id, job_id=job_id, deliberate_wait_s=deliberate_wait_s
    )


async def settle_rest(
    conn: AsyncConnection[Any],
    conversation_id: int,
    *,
    newest: int,
    state: str,
    job_id: int,
    read_at: datetime | None,
) -> int:
    """Settle messages that get no reply of ours, as `handed_over`, `left_to_person` or `forwarded`; how many they were.

    `read_at` is when the job took them in, None when none did.
    """
    return await SQL.settle_rest.arun(
        conn, conversation_id=conversation_id, newest=newest, state=state, job_id=job_id, read_at=read_at
    )


async def history(conn: AsyncConnection[Any], conversation_id: int) -> list[Turn]:
    """What was really said since the conversation was last closed, oldest first: only messages that reached it."""
    rows = await SQL.history.aall(conn, conversation_id=conversation_id, most=_HISTORY_TURNS)
    return [Turn.model_validate(row) for row in rows]


async def before_closing(conn: AsyncConnection[Any], conversation_id: int) -> tuple[list[Turn], str | None]:
    """What was said until the conversation was last closed, oldest first, and why a person had it before, if one did."""
    rows = await SQL.before_closing.aall(conn, conversation_id=conversation_id, most=_HISTORY_TURNS)
    turns = [Turn(role=row["role"], content=row["content"], at=row["at"]) for row in rows]
    return turns, rows[0]["handoff_reason"] if rows else None


async def content_of(conn: AsyncConnection[Any], conversation_id: int, message_id: int) -> str:
    """What one message says."""
    row = await SQL.content_of.aone(conn, conversation_id=conversation_id, message_id=message_id)
    assert row
    return str(row["content"])


async def forget_events(conn: AsyncConnection[Any], days: int) -> int:
    """Drop webhook events older than this; how many they were, a thousand at most."""
    return await SQL.forget_events.arun(conn, days=days)
