"""A job and what it did are one commit: seen from outside, in one snapshot, never one without the other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from nextnest.errors import LostOwnership
from nextnest.store.jobs import Ownership, complete_job
from tests.pipelines.world import World, running_world

# One statement sees one snapshot. A job that succeeded has its outcome and its settled or greeted rows; and the other way.
TORN = """
select j.id, j.status, o.outcome
from nextnest.procrastinate_jobs j full join nextnest.job_outcomes o on o.job_id = j.id
left join nextnest.broker_conversations c on c.conversation_id = o.conversation_id
where coalesce(j.task_name, o.task_name) in ('new-conversation', 'incoming-message')
  and ((j.status = 'succeeded') is distinct from (o.job_id is not null)
       or (o.outcome = 'greeted' and (c.broker_messages = 0
            or not exists (select from nextnest.ai_brokers b where o.conversation_id = any (b.active_conversations))))
       or (o.outcome = 'answered'
           and not exists (select from nextnest.incoming_messages m where m.settled_by_job = o.job_id))
       or (o.outcome is null and exists (select from nextnest.incoming_messages m where m.settled_by_job = j.id)))
"""


@pytest.fixture
def busy_world(database_url: str, tmp_path: Path) -> object:
    with running_world(database_url, tmp_path, workers=2) as world:
        world.execute("update ai_brokers set max_concurrent_chats = 100")
        yield world


def test_over_fifty_jobs_no_job_is_ever_seen_without_its_rows_nor_rows_without_the_job(
    busy_world: World,
) -> None:
    world = busy_world
    watcher = Watcher(world.database_url)
    watcher.start()
    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(lambda n: world.greeted(**_person(n)), range(30)))
        list(pool.map(lambda id_: world.chatwoot.customer_says(id_, "Which documents do I need?"), ids))
    world.until(
        lambda: len(world.rows("select 1 from job_outcomes where outcome = 'answered'")) == 30, seconds=60
    )
    watcher.stop()
    assert watcher.looks > 50
    assert watcher.torn == []
    assert not world.rows("select * from broker_capacity_drift")


async def test_a_superseded_attempt_rolls_its_whole_transaction_back(database_url: str) -> None:
    """Two executors of one job: the second to finish owns nothing any more, and its business rows are gone."""
    async with await psycopg.AsyncConnection.connect(
        database_url, options="-c search_path=nextnest", autocommit=True
    ) as conn:
        job_id = await _running_job(conn)
        stale = Ownership(job_id, attempt=0, worker_id=1, task_name="incoming-message", started_at=0)
        await conn.execute("update procrastinate_jobs set status = 'todo', attempts = 1")
        await conn.execute("update procrastinate_jobs set status = 'doing'")
        with pytest.raises(LostOwnership):
            await _business_and_completion(conn, stale)
        assert await _first(conn, "select count(*) from rate_limits") == 0
        assert await _first(conn, "select status from procrastinate_jobs") == "doing"


async def _business_and_completion(
    conn: psycopg.AsyncConnection[tuple[object, ...]], owner: Ownership
) -> None:
    async with conn.transaction():
        await conn.execute("insert into rate_limits (client, window_start) values ('stale', now())")
        await complete_job(conn, owner, conversation_id=None, outcome="answered")


async def _first(conn: psycopg.AsyncConnection[tuple[object, ...]], query: str) -> object:
    row = await (await conn.execute(query)).fetchone()  # type: ignore[arg-type]
    assert row
    return row[0]


async def _running_job(conn: psycopg.AsyncConnection[tuple[object, ...]]) -> int:
    await conn.execute("insert into procrastinate_workers default values")
    row = await (
        await conn.execute(
            "insert into procrastinate_jobs (queue_name, task_name, status, worker_id)"
            " values ('default', 'incoming-message', 'doing', 1) returning id"
        )
    ).fetchone()
    assert row
    return int(str(row[0]))


class Watcher(threading.Thread):
    """Looks as often as it can for a state that must never be seen."""

    def __init__(self, database_url: str) -> None:
        super().__init__(daemon=True)
        self.looks, self.torn = 0, []  # type: tuple[int, list[object]]
        self._done = threading.Event()
        self._database_url = database_url

    def run(self) -> None:
        with psycopg.connect(self._database_url, autocommit=True) as conn:
            while not self._done.wait(0.005):
                self.torn += conn.execute(TORN).fetchall()
                self.looks += 1

    def stop(self) -> None:
        self._done.set()
        self.join(10)


def _person(number: int) -> dict[str, str]:
    return {
        "email": f"busy{number}@example.com",
        "phone": f"+65 9100{number:04d}",
        "name": f"Goh Number {number}",
    }
