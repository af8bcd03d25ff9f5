"""Taking jobs for a worker, several at once, and giving back what it did not start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from nextnest.store.statements import Row, Statements

SQL = Statements("fetching")


@dataclass(frozen=True)
class Fetched:
    """The jobs, first things first, and in how many seconds the next one is due, None when none is."""

    rows: list[Row]
    due_in_s: float | None


async def fetch_jobs(
    conn: AsyncConnection[Any],
    *,
    queues: list[str] | None,
    worker_id: int,
    need_chatwoot: list[str],
    most: int,
) -> Fetched:
    """Take at most `most` jobs that may run now. Tasks in `need_chatwoot` stay while Chatwoot's breaker is open."""
    rows = await SQL.fetch_jobs.aall(
        conn, queues=queues, worker_id=worker_id, need_chatwoot=need_chatwoot, most=most
    )
    return Fetched([row for row in rows if row["id"] is not None], rows[0]["due_in_s"])


async def return_unstarted(conn: AsyncConnection[Any], job_ids: list[int], worker_id: int) -> int:
    """Put jobs back that this worker fetched and never started; how many were still its own."""
    return await SQL.return_unstarted.arun(conn, job_ids=job_ids, worker_id=worker_id)
