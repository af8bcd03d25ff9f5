"""Leads: kept first, opened later."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from nextnest.models import Lead, Score
from nextnest.store.statements import Row, Statements

SQL = Statements("leads")


def keep(conn: Connection[Any], *, raw: object, lead: Lead, score: Score) -> UUID:
    """Keep an accepted form; from the commit on it cannot be lost. Returns the lead's id."""
    row = SQL.keep_lead.one(
        conn,
        raw=Jsonb(raw),
        lead=Jsonb(lead.model_dump(mode="json")),
        contact_key=lead.email.lower(),
        loan_type=lead.loan_type,
        lead_score=score.total,
        points=Jsonb(score.points),
        client_lead_score=lead.client_lead_score,
        session_id=lead.session_id,
    )
    assert row
    return UUID(str(row["id"]))


def keep_rejected(conn: Connection[Any], *, raw: object, problems: list[dict[str, str]]) -> UUID:
    """Keep a form that was not accepted, with its problems. Returns the row's id."""
    row = SQL.keep_rejected.one(conn, raw=Jsonb(raw), problems=Jsonb(problems))
    assert row
    return UUID(str(row["id"]))


def by_id(conn: Connection[Any], lead_id: UUID) -> Row | None:
    """The lead's row, or None."""
    return SQL.lead_by_id.one(conn, lead_id=lead_id)


async def fetch(conn: AsyncConnection[Any], lead_id: UUID) -> Row | None:
    """The lead's row, or None."""
    return await SQL.lead_by_id.aone(conn, lead_id=lead_id)


async def claim_opening(conn: AsyncConnection[Any], lead_id: UUID, hold_s: float) -> Row | None:
    """The right to open this contact's conversation for `hold_s` seconds, or None while another lead has it.

    `creating_since` is set when an earlier attempt asked Chatwoot to create and never learnt what came of it.
    """
    return await SQL.claim_opening.aone(conn, lead_id=lead_id, hold_s=hold_s)


async def mark_creating(conn: AsyncConnection[Any], lead_id: UUID) -> None:
    """Note, before asking, that a conversation may come to exist."""
    await SQL.mark_creating.arun(conn, lead_id=lead_id)


async def release_opening(conn: AsyncConnection[Any], lead_id: UUID) -> None:
    """Let the next lead of the same contact and loan type go on."""
    await SQL.release_opening.arun(conn, lead_id=lead_id)


async def release_untouched(conn: AsyncConnection[Any], lead_id: UUID) -> None:
    """The same, but only when nothing can have been created under the claim."""
    await SQL.release_untouched.arun(conn, lead_id=lead_id)


async def record_opened(
    conn: AsyncConnection[Any], lead_id: UUID, *, conversation_id: int, contact_id: int, reused: bool
) -> None:
    """Tie the lead to its conversation; a lead already tied stays as it is."""
    await SQL.record_opened.arun(
        conn,
        lead_id=lead_id,
        state="reused" if reused else "opened",
        conversation_id=conversation_id,
        contact_id=contact_id,
    )


def revoke_links(conn: Connection[Any], conversation_id: int) -> int:
    """End the chat links that open this conversation; how many did."""
    return SQL.revoke_links.run(conn, conversation_id=conversation_id)


def restore_links(conn: Connection[Any], conversation_id: int) -> int:
    """Let the chat links that were ended open it again; how many were."""
    return SQL.restore_links.run(conn, conversation_id=conversation_id)


async def forgotten(conn: AsyncConnection[Any], older_than_s: float) -> list[UUID]:
    """Leads nobody is working on; their opening is deferred again by upkeep."""
    return [row["id"] for row in await SQL.forgotten_leads.aall(conn, older_than_s=older_than_s)]
