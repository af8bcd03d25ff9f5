"""Which trace deferred a job. Only written and read while traces are kept."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection, Connection

from nextnest.store.statements import Statements

SQL = Statements("traces")


async def keep(conn: AsyncConnection[Any], job_id: int, traceparent: str) -> None:
    """Remember it, in the transaction that defers the job."""
    await SQL.keep.arun(conn, job_id=job_id, traceparent=traceparent)


def keep_sync(conn: Connection[Any], job_id: int, traceparent: str) -> None:
    """The same on one of web's connections."""
    SQL.keep.run(conn, job_id=job_id, traceparent=traceparent)


async def parent_of(conn: AsyncConnection[Any], job_id: int) -> str | None:
    """The `traceparent` of whoever deferred the job; None when traces were not kept then."""
    row = await SQL.parent_of.aone(conn, job_id=job_id)
    return row["traceparent"] if row else None
