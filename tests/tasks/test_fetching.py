"""Whatever waits in front of it, a job that may run is found, and at the cost of the few rows that are looked at."""

from __future__ import annotations

import json
from typing import Any

import procrastinate.jobs
import pytest

from nextnest.store import fetching
from nextnest.store.statements import Statement
from tests.tasks.queue import Queue

# More than a fetch looks at before it goes from lock to lock.
MANY = 200


async def a_busy_lock(queue: Queue) -> None:
    """Its first job runs and all others wait for it."""
    await queue.defer(lock="busy")
    await queue.fetch_all()
    await queue.rows(
        "insert into procrastinate_jobs (queue_name, task_name, lock, args)"
        " select 'default', 'some-task', 'busy', '{}' from generate_series(1, %s)",
        MANY,
    )


async def test_behind_any_number_of_jobs_that_wait_for_others_those_that_may_run_are_found(
    queue: Queue,
) -> None:
    await a_busy_lock(queue)
    assert await queue.fetch_all() == []
    of_a_lock, _second, of_none = [await queue.defer(lock=lock) for lock in ("free", "free", None)]
    assert sorted(await queue.fetch_all()) == [of_a_lock, of_none]


async def test_locks_have_their_turn_while_the_oldest_all_wait(queue: Queue) -> None:
    await a_busy_lock(queue)
    await queue.sign_on(concurrency=1)
    for lock in ("able", "able", "cain", "cain", "dinah"):
        await queue.defer(lock=lock)
    turns = []
    for _ in range(5):
        job = await queue.fetch()
        assert job is not None
        turns.append(job.lock)
        await queue.manager.finish_job(job, procrastinate.jobs.Status.SUCCEEDED, delete_job=False)
    assert turns == ["able", "cain", "dinah", "able", "cain"]


async def test_what_is_paused_or_needs_what_is_away_stays_there_as_well(queue: Queue) -> None:
    await a_busy_lock(queue)
    await queue.defer("incoming-message", lock="needs Chatwoot")
    await queue.defer("retention", lock="paused")
    later = await queue.defer("upkeep", lock="free")
    await queue.rows(
        "update circuit_breakers set state = 'open', reason = 'unavailable', retry_at = now() where name = 'chatwoot'"
    )
    await queue.rows("insert into paused_tasks (task_name, operator) values ('retention', 'test')")
    assert await queue.fetch_all() == [later]


@pytest.mark.parametrize("runnable", [0, 40])
async def test_a_fetch_reads_few_rows_however_many_have_ended_are_due_later_or_wait(
    queue: Queue, runnable: int
) -> None:
    await a_long_queue(queue, busy=20, runnable=runnable)
    asked = {"queues": None, "worker_id": queue.worker_id, "need_chatwoot": ["x"], "most": 32, "since": 0}
    by_age = await read_by(queue, fetching.SQL.fetch_jobs, **asked)
    from_lock_to_lock = await read_by(queue, fetching.SQL.fetch_from_lock_to_lock, **asked, after="")
    # The oldest 64 with their joins and probes, twice for what is taken; one step and one look for each lock.
    assert by_age < 600, by_age
    assert from_lock_to_lock < 400, from_lock_to_lock


async def a_long_queue(queue: Queue, busy: int, runnable: int) -> None:
    """20,000 jobs that have ended, 5,000 due next week, 5,000 behind `busy` that run; then some that may run."""
    insert = (
        "insert into procrastinate_jobs (queue_name, task_name, lock, args, status, scheduled_at, worker_id)"
        " select 'default', 'some-task', {lock}, '{{}}', {status}, {due}, {worker} from generate_series(1, {count}) n"
    )
    week, none = "now() + interval '7 days' + n * interval '1 second'", "null"
    for lock, status, due, worker, count in (
        ("'ended-' || n %% 900", "'succeeded'", none, none, 20_000),
        ("null", "'todo'", week, none, 5_000),
        ("'busy-' || n", "'doing'", none, str(queue.worker_id), busy),
        (f"'busy-' || n %% {busy} + 1", "'todo'", none, none, 5_000),
        ("'free-' || n", "'todo'", none, none, runnable),
    ):
        await queue.rows(insert.format(lock=lock, status=status, due=due, worker=worker, count=count))
    await queue.rows("vacuum analyze procrastinate_jobs")


async def read_by(queue: Queue, statement: Statement, **values: object) -> int:
    """How many rows of the table of jobs the statement reads."""
    async with await queue.connect() as conn, conn.transaction(force_rollback=True):
        cursor = await conn.execute(b"explain (analyze, format json) " + statement.sql, values)
        [row] = await cursor.fetchall()
    plan = row["QUERY PLAN"]
    return sum(read for read in scans((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]))


def scans(node: dict[str, Any]) -> list[float]:
    """Rows that each scan of the table met, those it filtered out included."""
    below = [read for child in node.get("Plans", []) for read in scans(child)]
    if node.get("Relation Name") != "procrastinate_jobs" or "Scan" not in node["Node Type"]:
        return below
    met = (
        node["Actual Rows"]
        + node.get("Rows Removed by Filter", 0)
        + node.get("Rows Removed by Index Recheck", 0)
    )
    return [*below, met * node["Actual Loops"]]
