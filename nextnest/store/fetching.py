"""Taking jobs for a worker, several at once, and giving back what it did not start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from nextnest.store.statements import Row, Statements

SQL = Statements("fetching")


@dataclass(frozen=True)
class Ask:
    """At most `most` jobs of these queues (None: of all) for this worker, but what needs Chatwoot while that is away.

    `since`: jobs of the usual priority with a lower id are not looked at.
    """

    queues: list[str] | None
    worker_id: int
    need_chatwoot: list[str]
    most: int
    since: int = 0


@dataclass(frozen=True)
class Living:
    """Among those looked at, no job of the usual priority below `oldest_id` waits; finding that took `look_s` seconds."""

    oldest_id: int
    look_s: float


@dataclass(frozen=True)
class Fetched:
    """The jobs, first things first, and in how many seconds the next one is due, None when none is.

    `beyond`: nothing was found because the oldest all wait for others of their lock, and there may be more than those.
    """

    rows: list[Row]
    due_in_s: float | None
    beyond: bool
    living: Living


async def fetch_jobs(conn: AsyncConnection[Any], ask: Ask) -> Fetched:
    """Take jobs that may run now, by priority and age."""
    rows = await SQL.fetch_jobs.aall(conn, **vars(ask))
    first = rows[0]
    jobs = [row for row in rows if row["id"] is not None]
    return Fetched(jobs, first["due_in_s"], first["beyond"], Living(first["oldest_id"], first["look_s"]))


async def oldest_of_all(conn: AsyncConnection[Any]) -> Living:
    """Where the living begin, whatever their age."""
    row = await SQL.oldest_of_all.aone(conn)
    assert row
    return Living(**row)


async def fetch_from_lock_to_lock(conn: AsyncConnection[Any], ask: Ask, after: str) -> list[Row]:
    """Take jobs that may run now, the first of each lock, from lock to lock, beginning behind `after`, once round."""
    return await SQL.fetch_from_lock_to_lock.aall(conn, **vars(ask), after=after)


async def return_unstarted(conn: AsyncConnection[Any], job_ids: list[int], worker_id: int) -> int:
    """Put jobs back that this worker fetched and never started; how many were still its own."""
    return await SQL.return_unstarted.arun(conn, job_ids=job_ids, worker_id=worker_id)
