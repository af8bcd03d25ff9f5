"""How long a fetch takes before a queue of jobs that have ended, that are due tomorrow and that wait for others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from procrastinate import PsycopgConnector, manager

from bench.figures import Table, ms, quantile, say
from bench.server import BenchServer
from bench.sizes import Sizes
from nextnest.database import conninfo
from nextnest.tasks.job_manager import JobManager

# As many conversations are busy as two workers answer at once on a busy day.
BUSY = 100
# Far more than a statement needs before Postgres keeps its plan (five executions).
WARM_UP = 20
NOTHING, ONE, MANY = "nothing may run", "one may run, behind all", "10,000 may run, behind all"
OURS, STOCK = "ours", "stock Procrastinate"
# What two round trips cost here, whatever they ask: the least that a fetch which looks twice can take.
BARE = "two bare statements"
# Stock fetches take so long there that more would tell nothing new.
STOCK_SHARE = 20
_COLUMNS = "(queue_name, task_name, lock, args, status, scheduled_at, worker_id)"
_INSERT = (
    "insert into procrastinate_jobs {columns} select 'default', 'bench', {lock}, '{{}}', {status}, {due}, {worker}"
    " from generate_series(1, {count}) n"
)


def measure(server: BenchServer, sizes: Sizes) -> Table:
    times = asyncio.run(_all(server, sizes))
    figures = {"p99_ms": max(quantile(times[what, OURS], 0.99) for what in (NOTHING, ONE, MANY)) * 1000}
    return Table(
        "A fetch before a long and blocked queue",
        ("", "queue", "fetches", "p50 ms", "p99 ms", "max ms"),
        [_row(what, name, taken) for (what, name), taken in times.items()],
        (
            f"{sizes.ended:,} jobs have ended, {sizes.later:,} are due tomorrow, {sizes.blocked:,} wait",
            f"behind {BUSY} that run.",
            "One job a fetch on both sides; our worker takes up to 32. Each job that was fetched was one that may run.",
            "Two bare statements: a constant read, and once more or, when a job may run, a row of a worker written;",
            "by the same driver, between the same other statements.",
        ),
        figures=figures,
    )


async def _all(server: BenchServer, sizes: Sizes) -> dict[tuple[str, str], list[float]]:
    times = {}
    with server.database() as url:
        say("fetch: filling the queue")
        _fill(url, sizes)
        for what, runnable in ((NOTHING, 0), (ONE, 1), (MANY, 10_000)):
            for name, share in ((OURS, 1), (BARE, 1), (STOCK, STOCK_SHARE)):
                times[what, name] = await _fetches(url, name, runnable, max(sizes.fetches // share, 3))
                say(f"fetch, {what}: {name} p50 {ms(quantile(times[what, name], 0.5))} ms")
    return times


def _fill(url: str, sizes: Sizes) -> None:
    with psycopg.connect(conninfo(url, "bench"), autocommit=True) as conn:
        worker = conn.execute("insert into procrastinate_workers default values returning id").fetchone()
        assert worker
        conn.execute(
            "set session_replication_role = replica"
        )  # no event for each: they are not what is measured
        for lock, status, due, whose, count in (
            ("'ended-' || n % 50000", "'succeeded'", "null", "null", sizes.ended),
            ("null", "'todo'", "now() + interval '1 day' + n * interval '1 second'", "null", sizes.later),
            ("'busy-' || n", "'doing'", "null", str(worker[0]), BUSY),
            (f"'busy-' || n % {BUSY} + 1", "'todo'", "null", "null", sizes.blocked),
        ):
            conn.execute(
                _INSERT.format(
                    columns=_COLUMNS, lock=lock, status=status, due=due, worker=whose, count=count
                ).encode()
            )
        conn.execute("vacuum analyze procrastinate_jobs")


async def _fetches(url: str, name: str, runnable: int, count: int) -> list[float]:
    """How long each took. Whatever was fetched ends at once; afterwards the queue is as it was."""
    connector = PsycopgConnector(
        conninfo=conninfo(url, "bench"), min_size=1, max_size=1, kwargs={"autocommit": True}
    )
    jobs = (JobManager if name == OURS else manager.JobManager)(connector)
    fetch = _two_bare_statements if name == BARE else _one_fetch
    taken = []
    await connector.open_async()
    try:
        async with await psycopg.AsyncConnection.connect(conninfo(url, "bench"), autocommit=True) as conn:
            worker = await jobs.register_worker()
            for _ in range(WARM_UP + count):
                await _make_runnable(conn, runnable)
                began = time.perf_counter()
                await fetch(jobs, worker, runnable > 0)
                taken.append(time.perf_counter() - began)
                await conn.execute(
                    "delete from procrastinate_jobs where status = 'doing' and lock like 'free-%'"
                )
            await conn.execute("delete from procrastinate_jobs where lock like 'free-%'")
            await jobs.unregister_worker(worker)
    finally:
        await connector.close_async()
    return taken[WARM_UP:]


async def _one_fetch(jobs: manager.JobManager, worker: int, runnable: bool) -> None:
    """RuntimeError when it brought a job that may not run, or none although one may."""
    job = await jobs.fetch_job(None, worker)
    if (job is not None) != runnable or (job and not str(job.lock).startswith("free-")):
        raise RuntimeError(f"the fetch brought {job}")


async def _two_bare_statements(jobs: manager.JobManager, worker: int, runnable: bool) -> None:
    await jobs.connector.execute_query_one_async("select 1")
    if runnable:
        await jobs.update_heartbeat(worker)
    else:
        await jobs.connector.execute_query_one_async("select 1")


async def _make_runnable(conn: psycopg.AsyncConnection[Any], runnable: int) -> None:
    """So many that wait for nobody, each of a lock of its own."""
    row = await (
        await conn.execute(
            "select count(*) from procrastinate_jobs where lock like 'free-%' and status = 'todo'"
        )
    ).fetchone()
    assert row
    await conn.execute(
        _INSERT.format(
            columns=_COLUMNS,
            lock="'free-' || gen_random_uuid()",
            status="'todo'",
            due="null",
            worker="null",
            count=runnable - row[0],
        ).encode()
    )


def _row(what: str, name: str, taken: Sequence[float]) -> tuple[str, ...]:
    return (
        what,
        name,
        f"{len(taken):,}",
        ms(quantile(taken, 0.5)),
        ms(quantile(taken, 0.99)),
        ms(max(taken)),
    )
