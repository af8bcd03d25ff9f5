"""Jobs are fetched several at once, in order, without losing a wake-up; what was not started goes back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import procrastinate

from tests.tasks.queue import BOUND_S, Queue, open_queue


async def test_jobs_come_by_priority_and_age(queue: Queue) -> None:
    first = await queue.defer()
    second = await queue.defer()
    urgent = await queue.defer(priority=5)
    assert await queue.fetch_all() == [urgent, first, second]


async def test_of_one_lock_only_the_first_comes_and_the_next_when_it_has_ended(queue: Queue) -> None:
    first, second, other = [await queue.defer(lock=lock) for lock in ("a", "a", "b")]
    assert await queue.fetch_all() == [first, other]
    await queue.rows("update procrastinate_jobs set status = 'succeeded' where id = %s", first)
    assert await queue.fetch_all() == [second]


async def test_never_more_are_taken_than_the_worker_has_room_for(queue: Queue) -> None:
    await queue.sign_on(concurrency=3)
    for _ in range(8):
        await queue.defer()
    assert await queue.fetch() is not None
    assert list((await queue.states()).values()).count("doing") == 3


async def test_an_ended_job_makes_room_for_another(queue: Queue) -> None:
    await queue.sign_on(concurrency=1)
    for _ in range(3):
        await queue.defer()
    for _ in range(3):
        job = await queue.fetch()
        assert job is not None
        assert list((await queue.states()).values()).count("doing") == 1
        await queue.manager.finish_job(job, procrastinate.jobs.Status.SUCCEEDED, delete_job=False)
    assert set((await queue.states()).values()) == {"succeeded"}


async def test_two_workers_share_the_jobs_and_take_none_twice(queue: Queue, database_url: str) -> None:
    deferred = [await queue.defer() for _ in range(40)]
    async with open_queue(database_url) as other:
        taken = await asyncio.gather(*(one.fetch_all() for one in (queue, other, queue, other)))
    assert sorted(job_id for each in taken for job_id in each) == deferred


async def test_what_is_due_later_is_left_and_the_worker_sleeps_until_then(queue: Queue) -> None:
    now = datetime.now(UTC)
    later = await queue.defer(schedule_at=now + timedelta(seconds=2))
    due = await queue.defer(schedule_at=now - timedelta(seconds=1))
    assert await queue.fetch_all() == [due]
    assert 0 < queue.worker.fetch_job_polling_interval <= 2
    await queue.rows("update procrastinate_jobs set scheduled_at = now() where id = %s", later)
    assert await queue.fetch_all() == [later]
    assert queue.worker.fetch_job_polling_interval == 5


async def test_a_job_announced_while_a_fetch_is_under_way_is_not_forgotten(queue: Queue) -> None:
    """The fetch began before the job was there and waits for a lock; its own look finds nothing."""

    rung = asyncio.Event()

    async def ring(**_: object) -> None:
        rung.set()

    listening = asyncio.create_task(queue.manager.listen_for_jobs(on_notification=ring))
    await _until(
        queue,
        "select 1 from pg_stat_activity where query ilike '%%listen%%procrastinate%%' and pid <> pg_backend_pid()",
    )
    async with await queue.connect() as blocker, blocker.transaction():
        await blocker.execute("lock table circuit_breakers in access exclusive mode")
        fetching = asyncio.create_task(queue.fetch())
        await _until(queue, "select 1 from pg_locks where not granted")
        job_id = await queue.defer()
        await asyncio.wait_for(rung.wait(), BOUND_S)
    found = await fetching
    listening.cancel()
    assert found is not None
    assert found.id == job_id


async def test_a_worker_that_stops_gives_back_what_it_has_not_started_uncounted(queue: Queue) -> None:
    await queue.sign_on(concurrency=5)
    first, *rest = [await queue.defer() for _ in range(4)]
    job = await queue.fetch()
    assert job is not None
    assert job.id == first
    await queue.manager.unregister_worker(queue.worker_id)
    rows = await queue.rows("select id, status, attempts, worker_id from procrastinate_jobs order by id")
    assert [(row["id"], row["status"], row["attempts"]) for row in rows[1:]] == [
        (each, "todo", 0) for each in rest
    ]
    assert all(row["worker_id"] is None for row in rows[1:])


async def test_a_job_given_back_beside_its_twin_leaves_the_work_to_it(queue: Queue) -> None:
    await queue.sign_on(concurrency=5)
    await queue.defer()
    first = await queue.defer(queueing_lock="twins")
    await queue.fetch()
    twin = await queue.defer(queueing_lock="twins")
    await queue.manager.unregister_worker(queue.worker_id)
    states = await queue.states()
    assert (states[first], states[twin]) == ("aborted", "todo")


async def test_what_needs_chatwoot_stays_while_it_is_away(queue: Queue) -> None:
    held = await queue.defer("incoming-message")
    free = await queue.defer("upkeep")
    await queue.rows(
        "update circuit_breakers set state = 'open', reason = 'unavailable', retry_at = now() where name = 'chatwoot'"
    )
    assert await queue.fetch_all() == [free]
    await queue.rows("update circuit_breakers set state = 'closed' where name = 'chatwoot'")
    assert await queue.fetch_all() == [held]


async def test_what_gathered_while_something_was_away_comes_one_at_a_time(queue: Queue) -> None:
    for _ in range(3):
        await queue.defer()
    await queue.rows("update circuit_breakers set backlog_until = (select max(id) from procrastinate_jobs)")
    await queue.fetch()
    assert list((await queue.states()).values()).count("doing") == 1


async def test_a_job_that_fails_wakes_the_next_of_its_lock_also_for_workers_of_its_queue_alone(
    queue: Queue,
) -> None:
    first, second = [await queue.defer(lock="a") for _ in range(2)]
    job = await queue.fetch()
    assert job is not None
    assert job.id == first
    async with await queue.connect() as listener:
        await listener.execute('listen "procrastinate_queue_v1#default"')
        await queue.manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=False)
        heard = [note.payload async for note in listener.notifies(timeout=BOUND_S, stop_after=1)]
    assert f'"job_id" : {second}' in heard[0] or f'"job_id": {second}' in heard[0]


async def _until(queue: Queue, statement: str) -> None:
    async with asyncio.timeout(BOUND_S):
        while not await queue.rows(statement):  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.01)
