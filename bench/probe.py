"""A worker of the bench's own that does nothing but fetch, and says how long each fetch took.

It is a process of its own: among the threads that make the load, it would measure how they take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from procrastinate import PsycopgConnector
from procrastinate.jobs import Status
from procrastinate.tasks import configure_task

from bench.stage import Stage
from nextnest.database import WorkerPool, conninfo, fetch_pool
from nextnest.tasks.job_manager import JobManager

QUEUE = "probe"
EVERY_S = 0.1


class Probe:
    """What it saw so far: when, in seconds since the epoch, and how long it took, in seconds.

    `fetches`, and `bare`: just before each, a constant read on the same connection. What that takes, the machine takes.
    """

    def __init__(self, written: Path) -> None:
        self._written = written

    @property
    def fetches(self) -> list[tuple[float, float]]:
        return [(at, fetch) for at, fetch, _ in self._seen()]

    @property
    def bare(self) -> list[tuple[float, float]]:
        return [(at, bare) for at, _, bare in self._seen()]

    def _seen(self) -> list[tuple[float, float, float]]:
        lines = [line.split() for line in self._written.read_text("utf-8").splitlines()]
        return [(float(at), float(fetch), float(bare)) for at, fetch, bare in lines]


@contextmanager
def probing(stage: Stage) -> Iterator[Probe]:
    """A probe on the stage; RuntimeError when it ended by itself, as it does when a fetch brings nothing."""
    written = stage.folder / "fetches.txt"
    child = stage.start("probe", "bench.probe", stage.database_url, str(written))
    try:
        yield Probe(written)
    finally:
        child.check()
        stage.stop("probe")


async def run(database_url: str, written: Path) -> None:
    """Put one job into a queue of its own, fetch it as a worker does, end it; over and over, until a signal."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    connector = PsycopgConnector(
        conninfo=conninfo(database_url, "probe"), min_size=1, max_size=2, kwargs={"autocommit": True}
    )
    await connector.open_async()
    try:
        async with fetch_pool(database_url) as pool:
            jobs = JobManager(connector)
            jobs.fetch_through(pool)
            worker = await jobs.register_worker()
            with written.open("w", encoding="utf-8", buffering=1) as lines:
                while not stopping.is_set():
                    bare = await _bare(pool)
                    at, fetch = await _once(jobs, worker)
                    print(at, fetch, bare, file=lines)
                    await asyncio.sleep(EVERY_S)
            await jobs.unregister_worker(worker)
    finally:
        await connector.close_async()


async def _bare(pool: WorkerPool) -> float:
    started = time.perf_counter()
    async with pool.connection() as conn:
        await conn.execute("select 1")
    return time.perf_counter() - started


async def _once(jobs: JobManager, worker: int) -> tuple[float, float]:
    await jobs.update_heartbeat(worker)
    await configure_task(name="probe", queue=QUEUE, job_manager=jobs).defer_async()
    at, started = time.time(), time.perf_counter()
    job = await jobs.fetch_job([QUEUE], worker)
    took = time.perf_counter() - started
    if job is None:
        raise RuntimeError("a job that was there was not fetched")
    await jobs.finish_job(job, Status.SUCCEEDED, delete_job=False)
    return at, took


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url")
    parser.add_argument("written", type=Path)
    asyncio.run(run(**vars(parser.parse_args())))
