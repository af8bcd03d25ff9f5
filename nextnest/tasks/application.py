"""The Procrastinate app: the stock command line, with a finish of our own.

Procrastinate ends a job in a transaction of its own after the task has returned. Our tasks end their job themselves, in
the transaction of its business rows; the automatic finish that follows then finds nothing left to do. Both are fenced by
attempt and worker: a superseded attempt changes nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from typing import Any

import procrastinate
import structlog
from procrastinate import PsycopgConnector, jobs, manager
from procrastinate.exceptions import ConnectorException
from procrastinate.signals import on_stop
from procrastinate.worker import Worker
from psycopg import errors

from nextnest import logs, settings
from nextnest.breakers import NEED_CHATWOOT
from nextnest.database import worker_pool
from nextnest.settings import Settings
from nextnest.store import jobs as store
from nextnest.tasks import attempts
from nextnest.tasks.desk import Desk

log = structlog.get_logger(__name__)

# A worker that dies is noticed after this long; its jobs are back in the queue some seconds later.
HEARTBEAT_S = 3.0
SILENT_S = 12.0
# Starts per second and worker while a backlog is drained: at some two requests each that is 40 a second, below the 50
# Chatwoot allows one address (RACK_ATTACK_LIMIT, 3000 a minute).
_BACKLOG_PER_S = 20
# Between two workers of one process; the pool itself waits for the database.
_AGAIN_S = 1.0


class App(procrastinate.App):
    """Reads the settings when it is run, not when it is imported: deferring needs none of them."""

    async def run_worker_async(self, **kwargs: Any) -> None:
        """Run workers, one after the other, until a signal ends it: losing the database ends a worker, not the process."""
        chosen = settings.load()
        logs.configure(chosen)
        self.perform_import_paths()  # type: ignore[no-untyped-call]
        options = _options(chosen) | kwargs | {"install_signal_handlers": False}
        running = _Running()
        with on_stop(running.stop) if kwargs.get("install_signal_handlers", True) else nullcontext():
            while True:
                await running.run(self._worker(**options))
                if running.asked_to_stop or options.get("wait") is False:
                    return
                log.warning("worker starts again")
                await asyncio.sleep(_AGAIN_S)


class _Running:
    """The worker that runs now, and whether somebody asked it to stop."""

    def __init__(self) -> None:
        self.asked_to_stop = False
        self._worker: Worker | None = None

    def stop(self) -> None:
        self.asked_to_stop = True
        Desk.stop_waiting()
        if self._worker:
            self._worker.stop()  # type: ignore[no-untyped-call]

    async def run(self, worker: Worker) -> None:
        """One worker's life. Without a database it cannot even sign off; upkeep finds its jobs."""
        self._worker = worker
        beating = asyncio.create_task(self._beat_while_stopping(worker))
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        except ConnectorException as error:
            log.warning("worker lost the database", error=type(error).__name__)
        finally:
            beating.cancel()

    async def _beat_while_stopping(self, worker: Worker) -> None:
        """The stock heartbeat ends with the signal; without one, jobs that use their grace would be rescued under way."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if self.asked_to_stop and worker.worker_id is not None:
                with suppress(ConnectorException):
                    await worker.app.job_manager.update_heartbeat(worker.worker_id)


def _options(chosen: Settings) -> dict[str, Any]:
    return {
        "concurrency": chosen.nextnest_worker_concurrency,
        "fetch_job_polling_interval": chosen.nextnest_poll_s,
        "abort_job_polling_interval": 1.0,
        "shutdown_graceful_timeout": chosen.nextnest_grace_s,
        "update_heartbeat_interval": HEARTBEAT_S,
        "stalled_worker_timeout": SILENT_S,
        "task_middleware": [attempts.guard],
    }


class Connector(PsycopgConnector):
    """Procrastinate's connector on our pool; what the worker opened is closed with it."""

    async def close_async(self) -> None:
        await Desk.close()
        await super().close_async()


class JobManager(manager.JobManager):
    """Ends and retries a job only for the attempt that owns it; what was already committed is left alone."""

    _pause = 0.0

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> jobs.Job | None:
        """As the stock one, but what needs Chatwoot stays while it is away, and its backlog is drained at a bounded rate."""
        await asyncio.sleep(self._pause)
        async with self._pool().connection() as conn:
            row = await store.fetch_job(
                conn,
                queues=None if queues is None else list(queues),
                worker_id=worker_id,
                need_chatwoot=NEED_CHATWOOT,
            )
        self._pause = 1 / _BACKLOG_PER_S if row and row["of_a_backlog"] else 0.0
        return jobs.Job.from_row(row) if row else None

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        async with self._pool().connection() as conn:
            ended = await store.finish_job(conn, _fence(job), status, delete_job=delete_job)
        if not ended:
            log.debug("finish left alone", job_id=job.id, status=status.value)

    async def retry_job(
        self,
        job: jobs.Job,
        retry_at: dt.datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put the job back. When its twin already waits, the twin does the work and this one ends as aborted."""
        try:
            async with self._pool().connection() as conn:
                await store.retry_job(
                    conn, _fence(job), retry_at=retry_at, priority=priority, queue=queue, lock=lock
                )
        except errors.UniqueViolation:
            await self.finish_job(job, jobs.Status.ABORTED, delete_job=False)

    def _pool(self) -> Any:
        assert isinstance(self.connector, PsycopgConnector)
        return self.connector.pool


def _fence(job: jobs.Job) -> dict[str, Any]:
    return {"job_id": job.id, "attempt": job.attempts, "worker_id": job.worker_id}


def _pool(**kwargs: Any) -> Any:
    return worker_pool(settings.load(), **kwargs)


app = App(connector=Connector(pool_factory=_pool))
app.job_manager = JobManager(app.connector)
