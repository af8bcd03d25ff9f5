"""While somebody holds a snapshot, what has died stays in the indexes; a fetch begins where the living begin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from nextnest.store import fetching, incoming, outbox
from nextnest.store import jobs as store
from nextnest.store.fetching import Living
from nextnest.store.statements import Statement
from nextnest.tasks.job_manager import Since
from tests.tasks.queue import Queue

DEAD = 5_000
LONG_S, SHORT_S = 0.02, 0.0002


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


@pytest.mark.parametrize("statement", [outbox.SQL.intend, outbox.SQL.intend_reply])
async def test_the_job_behind_an_effect_is_found_by_its_id(
    queue: Queue, snapshot: None, statement: Statement
) -> None:
    effect = {"effect_id": uuid4(), "job_id": 1, "attempt": 0, "worker_id": 1, "whatever_came": False}
    assert set(indexes(await planned(queue, statement, **effect))) == {"procrastinate_jobs_pkey"}


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
        living = await fetching.oldest_of_all(conn)
        found = await fetching.fetch_jobs(conn, replace(asked, since=living.oldest_id))
    assert [row["id"] for row in found.rows] == [older]
    assert found.living.oldest_id == living.oldest_id == older


async def test_jobs_of_another_priority_are_always_looked_at(queue: Queue) -> None:
    urgent, idle = [await queue.defer(lock=str(priority), priority=priority) for priority in (9, -9)]
    async with await queue.connect() as conn:
        found = await fetching.fetch_jobs(conn, fetching.Ask(None, queue.worker_id, [], 2, since=idle + 1))
    assert [row["id"] for row in found.rows] == [urgent, idle]
    assert found.living.oldest_id == idle + 1


def test_all_are_looked_at_as_long_as_that_is_quick() -> None:
    since = Since()
    for clock in range(5):
        since.note(Living(100 * clock, SHORT_S), clock)
        assert (since.id, since.look_is_due(clock)) == (0, False)


def test_what_was_found_two_steps_ago_is_where_a_fetch_begins() -> None:
    since = Since()
    since.note(Living(100, LONG_S), 0)
    assert since.id == 0, "transactions that were open then may still commit lower ids"
    since.note(Living(200, LONG_S), 1)
    assert since.id == 0, "looks between two steps do not count"
    since.note(Living(300, LONG_S), 2)
    assert since.id == 100
    since.note(Living(400, SHORT_S), 4)
    assert since.id == 300


def test_what_was_committed_between_two_steps_is_not_left_out() -> None:
    since = Since()
    since.note(Living(100, LONG_S), 0)
    since.note(Living(90, LONG_S), 2)
    assert since.id == 90


def test_a_job_that_came_back_is_found_by_a_look_at_all() -> None:
    since = Since()
    since.note(Living(100, LONG_S), 0)
    since.note(Living(300, LONG_S), 2)
    assert not since.look_is_due(4)
    assert since.look_is_due(10), "twenty milliseconds are a five-hundredth of ten seconds"
    since.note_all(Living(50, LONG_S), 10)
    assert (since.id, since.look_is_due(11)) == (50, False)
    since.note(Living(500, SHORT_S), 11)
    assert since.id == 50, "until the next step, and the one after it"
    since.note_all(Living(500, SHORT_S), 20)
    assert (since.id, since.look_is_due(99)) == (0, False), "all of them again: that is quick once more"


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
