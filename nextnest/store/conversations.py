"""The one row a conversation has for its whole life."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from nextnest.models import Lead
from nextnest.store.statements import Row, Statements

SQL = Statements("conversations")


def facts(lead: Lead | None, lead_id: UUID | None, lead_score: int | None) -> dict[str, object]:
    """The columns a lead gives its conversation; all None for somebody who wrote without a form."""
    return {
        "lead_id": lead_id,
        "lead_score": lead_score,
        "loan_type": lead and lead.loan_type,
        "property_type": lead and (lead.property_type or lead.property_category),
        "monthly_income": lead and lead.monthly_income,
        "timeline": lead and lead.purchase_timeline,
    }


def ensure(conn: Connection[Any], conversation_id: int, *, contact_id: int | None, uses_queue: bool) -> Row:
    """Know a conversation that came without a form: `created`, and `uses_queue` as first decided."""
    row = known(conn, conversation_id) or SQL.ensure_conversation.one(
        conn,
        conversation_id=conversation_id,
        contact_id=contact_id,
        uses_queue=uses_queue,
        **facts(None, None, None),
    )
    assert row
    return row


def known(conn: Connection[Any], conversation_id: int) -> Row | None:
    """`uses_queue` of a conversation we know, else None; takes no lock."""
    return SQL.known_conversation.one(conn, conversation_id=conversation_id)


async def ensure_for_lead(
    conn: AsyncConnection[Any],
    conversation_id: int,
    *,
    contact_id: int,
    uses_queue: bool,
    lead_facts: dict[str, object],
) -> Row:
    """Know a conversation of a lead: `created`, and `uses_queue` as first decided."""
    row = await SQL.ensure_conversation.aone(
        conn, conversation_id=conversation_id, contact_id=contact_id, uses_queue=uses_queue, **lead_facts
    )
    assert row
    return row


def glance(conn: Connection[Any], conversation_id: int) -> Row | None:
    """Its `person_label`, without a lock: most events bring the labels, and nothing new."""
    return SQL.glance.one(conn, conversation_id=conversation_id)


def standing(conn: Connection[Any], conversation_id: int) -> Row | None:
    """What we hold of Chatwoot's picture of it: status, assignee, label, how new; locked, so that no event slips between."""
    return SQL.standing.one(conn, conversation_id=conversation_id)


def note_picture(conn: Connection[Any], conversation_id: int, aspect: str, picture_at: float | None) -> None:
    """Remember how new the picture was that we read `status`, `assignee` or `label` from."""
    SQL.note_picture.run(conn, conversation_id=conversation_id, aspect=aspect, picture_at=picture_at)


def is_echo(conn: Connection[Any], conversation_id: int, kinds: list[str], change: dict[str, object]) -> bool:
    """Whether a change is one of ours, of these kinds, that has not come back yet; it counts once."""
    row = SQL.note_echo.one(conn, conversation_id=conversation_id, kinds=kinds, change=Jsonb(change))
    return bool(row and row["ours"])


def note_status(
    conn: Connection[Any], conversation_id: int, status: str, *, holder: str | None, newest: int | None
) -> None:
    """Remember Chatwoot's status; `holder` is who has it from now on, None when that stays.

    `newest` is the last public message Chatwoot showed with it.
    """
    SQL.note_status.run(conn, conversation_id=conversation_id, status=status, holder=holder, newest=newest)
    SQL.withhold_arrival.run(conn, conversation_id=conversation_id)


def written_since_closed(conn: Connection[Any], conversation_id: int, newest: int | None) -> bool:
    """Whether the customer wrote after it was last closed; `newest` is a message of hers that we may not know yet."""
    row = SQL.written_since_closed.one(conn, conversation_id=conversation_id, newest=newest)
    return bool(row and row["written"])


def give_to_person(conn: Connection[Any], conversation_id: int) -> Row | None:
    """Silence the AI from the caller's commit on, a greeting that waits included; None for an unknown conversation."""
    row = SQL.give_to_person.one(conn, conversation_id=conversation_id)
    SQL.withhold_arrival.run(conn, conversation_id=conversation_id)
    return row


def give_back(conn: Connection[Any], conversation_id: int) -> bool:
    """Let the AI have it again; False when no person had it."""
    return SQL.give_back.one(conn, conversation_id=conversation_id) is not None


def note_assigned(conn: Connection[Any], conversation_id: int, assignee_id: int | None) -> None:
    """Remember which person is assigned, None for nobody."""
    SQL.note_assigned.run(conn, conversation_id=conversation_id, assignee_id=assignee_id)


def note_label(conn: Connection[Any], conversation_id: int, labelled: bool) -> None:
    """Remember whether the label is on it that says a person has it."""
    SQL.note_label.run(conn, conversation_id=conversation_id, labelled=labelled)


def remember_command(conn: Connection[Any], conversation_id: int, message_id: int, command: str) -> bool:
    """Remember a command in a colleague's note; False when it is known."""
    row = SQL.remember_command.one(
        conn, conversation_id=conversation_id, message_id=message_id, command=command
    )
    return row is not None


def newer_command(conn: Connection[Any], conversation_id: int, message_id: int) -> str | None:
    """The newest command noted after this message, None when there is none."""
    row = SQL.newer_command.one(conn, conversation_id=conversation_id, message_id=message_id)
    return str(row["command"]) if row else None


async def for_update(conn: AsyncConnection[Any], conversation_id: int) -> Row | None:
    """The conversation and its lead (column `lead`), locked; None when unknown."""
    return await SQL.conversation_for_update.aone(conn, conversation_id=conversation_id)


async def lock(conn: AsyncConnection[Any], conversation_id: int) -> None:
    """Lock the conversation before its messages: two who lock in different orders wait for each other."""
    await SQL.lock_conversation.aone(conn, conversation_id=conversation_id)


async def next_waiting(conn: AsyncConnection[Any]) -> int | None:
    """The conversation that has waited longest, locked; None when nobody waits."""
    row = await SQL.next_waiting.aone(conn)
    return row["conversation_id"] if row else None


async def record_assignment(
    conn: AsyncConnection[Any], conversation_id: int, broker_id: UUID, *, method: str, reason: str
) -> None:
    """Write the assignment; the slot is reserved in the same transaction by the caller."""
    await SQL.record_assignment.arun(
        conn, conversation_id=conversation_id, broker_id=broker_id, method=method, reason=reason
    )


async def record_waiting(conn: AsyncConnection[Any], conversation_id: int) -> int:
    """Put the conversation in line and return its place, 1 for the next to be served."""
    await SQL.record_waiting.arun(conn, conversation_id=conversation_id)
    row = await SQL.place_in_line.aone(conn, conversation_id=conversation_id)
    return int(row["position"]) if row else 1


async def record_handoff(conn: AsyncConnection[Any], conversation_id: int, reason: str) -> bool:
    """Give the conversation to a person, a closed one, too; False when one has it.

    What its broker has not said yet she will not say any more: a greeting Chatwoot does not take must not keep the
    person's note and the customer's line waiting.
    """
    given = await SQL.record_handoff.arun(conn, conversation_id=conversation_id, reason=reason) == 1
    await SQL.withhold_arrival.arun(conn, conversation_id=conversation_id)
    return given


async def record_resolved(conn: AsyncConnection[Any], conversation_id: int) -> bool:
    """Close the conversation; False when it was closed."""
    return await SQL.record_resolved.arun(conn, conversation_id=conversation_id) == 1


async def reopen(conn: AsyncConnection[Any], conversation_id: int) -> bool:
    """Let the AI work on it again; False when it never stopped, a person has it, or it was closed and nothing came since."""
    return await SQL.reopen.arun(conn, conversation_id=conversation_id) == 1


async def move_counters(conn: AsyncConnection[Any], conversation_id: int, customer_messages: int) -> None:
    """Bring the counters up to what was sent, plus the customer's messages settled just now."""
    await SQL.move_counters.arun(conn, conversation_id=conversation_id, customer_messages=customer_messages)
