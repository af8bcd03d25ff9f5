"""What is too old to be kept: whose data it is, and the jobs' own records. Ages are handed in, never read from a clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from nextnest.store.statements import Statements

SQL = Statements("retention")


async def old_leads(
    conn: AsyncConnection[Any], before: datetime, after: tuple[datetime, UUID] | None, most: int
) -> list[tuple[datetime, UUID]]:
    """Forms received before a moment, oldest first, from the one behind `after` on; at most `most`."""
    after_at, after_id = after or ("-infinity", UUID(int=0))
    rows = await SQL.old_leads.aall(conn, before=before, after_at=after_at, after_id=after_id, most=most)
    return [(row["received_at"], row["id"]) for row in rows]


async def old_conversations(conn: AsyncConnection[Any], before: datetime, after: int, most: int) -> list[int]:
    """Conversations without a form that began before a moment, by id from the one behind `after` on."""
    rows = await SQL.old_conversations.aall(conn, before=before, after=after, most=most)
    return [row["conversation_id"] for row in rows]


async def old_refused(conn: AsyncConnection[Any], before: datetime, most: int) -> list[UUID]:
    """Refused forms received before a moment, oldest first."""
    return [row["id"] for row in await SQL.old_refused.aall(conn, before=before, most=most)]


async def forget_jobs(
    conn: AsyncConnection[Any], before: datetime, most: int, *, failed_before: datetime
) -> int:
    """Drop jobs that ended before a moment, failed ones before another, and their events; how many jobs they were."""
    return await SQL.forget_jobs.arun(conn, before=before, failed_before=failed_before, most=most)


async def forget_outcomes(conn: AsyncConnection[Any], before: datetime, most: int) -> int:
    """Drop outcomes of jobs that ended before a moment; how many they were."""
    return await SQL.forget_outcomes.arun(conn, before=before, most=most)
