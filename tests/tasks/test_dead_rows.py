"""While somebody holds a snapshot, what has died stays in the indexes; a fetch begins where the living begin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from nextnest.store import fetching, incoming
from nextnest.store import jobs as store
from nextnest.store.fetching import Fetched
from nextnest.store.statements import Statement
from nextnest.tasks.job_manager import Since
from tests.tasks.queue import Queue

DEAD = 5_000
LONG_S, SHORT_S = 0.02, 0.001


@pytest.fixture
async def snapshot(queue: Queue) -> AsyncIterator[None]:
    """Held until the end of the test, while thousands of jobs have come, run and ended."""
    async with await queue.connect() as conn, conn.transaction():
        await conn.execute("set transaction isolation level repeatable read")
        await conn.execute("select from procrastinate_jobs limit 1")
        await queue.rows(
            "insert into procrastinate_jobs (queue_name, task_name, lock, args)"
            " select 'default', 'some-task', 'dead-' || n, '{}' from generate_series(1, %s) n",
            DEAD,
        )
        await queue.rows("update procrastinate_jobs set status = 'doing', worker_id = %s", queue.worker_id)
        await queue.rows("update procrastinate_jobs set status = 'succeeded', worker_id = null")
        await queue.rows("vacuum analyze procrastinate_jobs")
        yield


async def test_a_fetch_under_a_held_snapshot_does_not_go_through_what_has_died(
    queue: Queue, snapshot: None
) -> None:
    job_id = await queue.defer(lock="alive")
    asked = {
        "queues": None,
        "worker_id": queue.worker_id,
        "need_chatwoot": ["x"],
        "most": 32,
        "since": job_id,
    }
    plan = await planned(queue, fetching.SQL.fetch_jobs, **asked)
    assert plan["Actual Rows"] == 1
    assert plan["Shared Hit Blocks"] < DEAD / 50
    assert not {name for name in indexes(plan) if name.endswith("_v1")}


@pytest.mark.parametrize("statement", [store.SQL.hold_job, store.SQL.complete_job, store.SQL.finish_job])
async def test_a_job_that_is_known_by_its_id_is_found_by_it(
    queue: Queue, snapshot: None, statement: Statement
) -> None:
    await queue.defer(lock="alive")
    job = await queue.fetch()
    assert job is not None
    known: dict[str, object] = {
        "job_id": job.id,
        "attempt": 0,
        "worker_id": queue.worker_id,
        "task_name": "some-task",
        "conversation_id": 1,
        "outcome": "done",
        "detail": None,
        "started_at": 0.0,
        "deliberate_wait_s": 0.0,
        "status": "succeeded",
        "delete_job": False,
    }
    plan = await planned(queue, statement, **known)
    assert plan["Shared Hit Blocks"] < DEAD / 50
    assert set(indexes(plan)) <= {"procrastinate_jobs_pkey", "procrastinate_jobs_of_lock"}


async def test_a_webhook_under_a_held_snapshot_does_not_go_through_what_has_died(
    queue: Queue, snapshot: None
) -> None:
    message = {"conversation_id": 1, "message_id": 2, "content": "", "source": "webhook", "sent_at": None}
    plan = await planned(queue, incoming.SQL.take_in_message, **message, job="incoming-1-2")
    assert plan["Shared Hit Blocks"] < DEAD / 50
    assert set(indexes(plan)) == {"procrastinate_jobs_waiting_twin"}


async def test_an_older_job_that_comes_back_is_found_by_the_next_look_at_all(queue: Queue) -> None:
    older = await queue.defer(lock="older")
    asked = fetching.Ask(None, queue.worker_id, [], 1, since=older + 1)
    async with await queue.connect() as conn:
        assert (await fetching.fetch_jobs(conn, asked)).rows == []
        found = await fetching.fetch_jobs(conn, fetching.Ask(None, queue.worker_id, [], 1))
    assert [row["id"] for row in found.rows] == [older]
    assert found.oldest_id == older


async def test_jobs_of_another_priority_are_always_looked_at(queue: Queue) -> None:
    urgent, idle = [await queue.defer(lock=str(priority), priority=priority) for priority in (9, -9)]
    async with await queue.connect() as conn:
        found = await fetching.fetch_jobs(conn, fetching.Ask(None, queue.worker_id, [], 2, since=idle + 1))
    assert [row["id"] for row in found.rows] == [urgent, idle]
    assert found.oldest_id is None


def test_all_are_looked_at_as_long_as_that_is_quick() -> None:
    since = Since()
    for clock in range(5):
        since.note(looked(oldest=100 * clock, took=SHORT_S), clock)
        assert since.now(clock + 0.5) == 0


def test_what_a_long_look_found_counts_from_the_look_after_it_on() -> None:
    since = Since()
    since.note(looked(oldest=100, took=LONG_S), 0)
    assert since.now(1) == 0, "transactions that were open at the look may still commit lower ids"
    since.note(looked(oldest=200, took=LONG_S), 1)
    assert since.now(1) == 0, "looks in between do not count"
    since.note(looked(oldest=300, took=LONG_S), 10)
    assert since.now(11) == 100
    since.note(looked(oldest=None, took=SHORT_S), 11)
    assert since.now(12) == 100
    assert since.now(20) == 0, "all of them again"
    since.note(looked(oldest=250, took=LONG_S), 20)
    assert since.now(21) == 250, "a job that came back is not left out"
    since.note(looked(oldest=900, took=SHORT_S), 30)
    assert since.now(31) == 0


def looked(oldest: int | None, took: float) -> Fetched:
    return Fetched([], None, beyond=False, oldest_id=oldest, look_s=took)


async def planned(queue: Queue, statement: Statement, **values: object) -> dict[str, Any]:
    """What was read, and how, by the statement's uppermost step."""
    async with await queue.connect() as conn, conn.transaction(force_rollback=True):
        cursor = await conn.execute(b"explain (analyze, buffers, format json) " + statement.sql, values)
        [row] = await cursor.fetchall()
    plan: dict[str, Any] = row["QUERY PLAN"][0]["Plan"]
    return plan


def indexes(node: dict[str, Any]) -> Iterator[str]:
    """Names of the indexes of jobs that were read."""
    if node.get("Relation Name", "procrastinate_jobs") == "procrastinate_jobs" and "Index Name" in node:
        yield node["Index Name"]
    for child in node.get("Plans", []):
        yield from indexes(child)
