"""A job that must go back to the queue while another with the same id waits there already."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from nextnest.store import jobs
from nextnest.store.jobs import Ownership


@pytest.mark.parametrize("way_back", ["rescued", "put back"])
@pytest.mark.parametrize(("twin", "becomes"), [(False, "todo"), (True, "aborted")])
def test_a_job_goes_back_unless_its_twin_waits_and_does_the_work(
    database_url: str, way_back: str, twin: bool, becomes: str
) -> None:
    assert asyncio.run(_goes_back(database_url, way_back, twin=twin)) == becomes


async def _goes_back(url: str, way: str, *, twin: bool) -> str:
    options = "-c search_path=nextnest"
    async with await psycopg.AsyncConnection.connect(
        url, options=options, autocommit=True, row_factory=dict_row
    ) as conn:
        job = await _running_job(conn)
        if twin:
            await conn.execute(_INSERT, {"status": "todo"})
        if way == "rescued":
            assert await jobs.rescue_job(conn, job, 0.0)
        else:
            owner = Ownership(job["id"], job["attempts"], job["worker_id"], job["task_name"], 0.0)
            assert await jobs.postpone_job(conn, owner, None)
        cursor = await conn.execute("select status::text from procrastinate_jobs where id = %(id)s", job)
        row = await cursor.fetchone()
        assert row
        return str(row["status"])


_INSERT = """
    insert into procrastinate_jobs (queue_name, task_name, queueing_lock, lock, status)
    values ('default', 'new-conversation', 'new-conversation-7', 'conversation-7', %(status)s) returning *
"""


async def _running_job(conn: psycopg.AsyncConnection[Any]) -> dict[str, Any]:
    cursor = await conn.execute(_INSERT, {"status": "todo"})
    row = await cursor.fetchone()
    worker = await (
        await conn.execute("insert into procrastinate_workers default values returning id")
    ).fetchone()
    assert row
    assert worker
    cursor = await conn.execute(
        "update procrastinate_jobs set status = 'doing', worker_id = %(worker)s where id = %(id)s returning *",
        {"worker": worker["id"], "id": row["id"]},
    )
    running = await cursor.fetchone()
    assert running
    return dict(running)
