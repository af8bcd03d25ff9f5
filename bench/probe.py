"""A worker of the bench's own that does nothing but fetch, and says how long each fetch took."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from procrastinate import PsycopgConnector
from procrastinate.jobs import Status
from procrastinate.tasks import configure_task

from nextnest.database import conninfo
from nextnest.tasks.job_manager import JobManager

QUEUE = "probe"
EVERY_S = 0.1
_STOP_S = 30


class Probe:
    """Fetches so far: when, in seconds since the epoch, and how long each took, in seconds."""

    def __init__(self) -> None:
        self.fetches: list[tuple[float, float]] = []
        self.stopping = threading.Event()
        self.error: BaseException | None = None

    async def run(self, database_url: str) -> None:
        """Put one job into a queue of its own, fetch it as a worker does, end it; over and over."""
        connector = PsycopgConnector(
            conninfo=conninfo(database_url, "probe"), min_size=1, max_size=2, kwargs={"autocommit": True}
        )
        await connector.open_async()
        try:
            jobs = JobManager(connector)
            worker = await jobs.register_worker()
            while not self.stopping.is_set():
                await self._once(jobs, worker)
                await asyncio.sleep(EVERY_S)
            await jobs.unregister_worker(worker)
        finally:
            await connector.close_async()

    async def _once(self, jobs: JobManager, worker: int) -> None:
        await jobs.update_heartbeat(worker)
        await configure_task(name="probe", queue=QUEUE, job_manager=jobs).defer_async()
        at, started = time.time(), time.perf_counter()
        job = await jobs.fetch_job([QUEUE], worker)
        self.fetches.append((at, time.perf_counter() - started))
        if job is None:
            raise RuntimeError("a job that was there was not fetched")
        await jobs.finish_job(job, Status.SUCCEEDED, delete_job=False)


@contextmanager
def probing(database_url: str) -> Iterator[Probe]:
    """A probe in a thread of its own; what went wrong there is raised at the end."""
    probe = Probe()
    thread = threading.Thread(target=_in_thread, args=(probe, database_url), daemon=True)
    thread.start()
    try:
        yield probe
    finally:
        probe.stopping.set()
        thread.join(_STOP_S)
    if probe.error:
        raise RuntimeError("the probe failed") from probe.error


def _in_thread(probe: Probe, database_url: str) -> Any:
    try:
        asyncio.run(probe.run(database_url))
    except Exception as error:
        probe.error = error
