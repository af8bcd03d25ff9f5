"""The Procrastinate app: the stock command line, with a finish of our own.

Procrastinate ends a job in a transaction of its own after the task has returned. Our tasks end their job themselves, in
the transaction of its business rows; the automatic finish that follows then finds nothing left to do. Both are fenced by
attempt and worker: a superseded attempt changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from typing import Any, LiteralString

import procrastinate
import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.signals import on_stop
from procrastinate.worker import Worker
from psycopg import OperationalError

from nextnest import collector, logs, pulse, settings
from nextnest.database import fetch_pool, worker_pool
from nextnest.deferring import twins_named
from nextnest.door import Door, look
from nextnest.errors import ConfigurationError
from nextnest.settings import Settings
from nextnest.tasks import attempts
from nextnest.tasks.desk import Desk
from nextnest.tasks.job_manager import JobManager
from nextnest.telemetry import spans
from nextnest.telemetry.serving import served

log = structlog.get_logger(__name__)

# A worker that dies is noticed after this long; its jobs are back in the queue some seconds later.
HEARTBEAT_S = 3.0
SILENT_S = 12.0
# Behind a transaction-mode pooler nothing wakes a worker; a customer notices a second, hardly less.
_DEAF_POLL_S = 1.0
# As long as the pool waits for its first connections afterwards.
_LOOK_S = 30.0
_DEAF = (
    "DATABASE_URL leads through a transaction-mode pooler, where LISTEN hears nothing: "
    "give the worker the direct or the session connection string"
)
# Between two workers of one process; the pool itself waits for the database.
_AGAIN_S = 1.0


class App(procrastinate.App):
    """Reads the settings when it is run, not when it is imported: deferring needs none of them."""

    async def run_worker_async(self, **kwargs: Any) -> None:
        """Run workers, one after the other, until a signal ends it: losing the database ends a worker, not the process."""
        chosen = settings.load()
        logs.configure(chosen)
        spans.start("worker", chosen.otel_exporter_otlp_endpoint)
        self.perform_import_paths()  # type: ignore[no-untyped-call]
        collector.leave_what_is_there()
        assert isinstance(self.connector, Connector)
        options = _options(chosen, self.connector.door) | kwargs | {"install_signal_handlers": False}
        async with _pulse(chosen), _fetch_pool(chosen, self.connector.door):
            with served(chosen.nextnest_metrics_port):
                await self._run_workers(options, signals=kwargs.get("install_signal_handlers", True))

    async def _run_workers(self, options: dict[str, Any], *, signals: bool) -> None:
        running = _Running()
        with on_stop(running.stop) if signals else nullcontext():
            while True:
                worker = self._worker(**options)
                jobs_of_ours.serve(worker)
                await running.run(worker)
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
            log.warning("worker lost the database", error=type(error.__cause__ or error).__name__)
        finally:
            beating.cancel()

    async def _beat_while_stopping(self, worker: Worker) -> None:
        """The stock heartbeat ends with the signal; without one, jobs that use their grace would be rescued under way."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if self.asked_to_stop and worker.worker_id is not None:
                with suppress(ConnectorException):
                    await worker.app.job_manager.update_heartbeat(worker.worker_id)


@asynccontextmanager
async def _pulse(chosen: Settings) -> AsyncIterator[None]:
    """A file that says that this process still turns, where one is wanted; ConfigurationError when it cannot be written."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(pulse.beating(chosen.nextnest_pulse_file))
        except OSError as error:
            raise ConfigurationError(f"NEXTNEST_PULSE_FILE cannot be written: {error.strerror}.") from None
        yield


@asynccontextmanager
async def _fetch_pool(chosen: Settings, door: Door) -> AsyncIterator[None]:
    """A connection for fetches alone."""
    async with fetch_pool(chosen.database(), keeps_session=door.keeps_session) as pool:
        jobs_of_ours.fetch_through(pool)
        try:
            yield
        finally:
            jobs_of_ours.fetch_through(None)


def _options(chosen: Settings, door: Door) -> dict[str, Any]:
    poll_s = chosen.nextnest_poll_s
    return {
        "concurrency": chosen.nextnest_worker_concurrency,
        "fetch_job_polling_interval": poll_s if door.keeps_session else min(poll_s, _DEAF_POLL_S),
        "listen_notify": door.keeps_session,
        "abort_job_polling_interval": 1.0,
        "shutdown_graceful_timeout": chosen.nextnest_grace_s,
        "update_heartbeat_interval": HEARTBEAT_S,
        "stalled_worker_timeout": SILENT_S,
        "task_middleware": [attempts.guard],
    }


class Connector(PsycopgConnector):
    """Procrastinate's connector on our pool, as its door allows; what the worker opened is closed with it."""

    door = Door()

    def __init__(self) -> None:
        super().__init__(pool_factory=self._pool_for_the_door)

    async def open_async(self, pool: Any = None) -> None:
        """ConfigurationError when waiting would not help: see `nextnest.door.look`."""
        if pool is None and self._async_pool is None:
            self.door = await _look(settings.load())
        await super().open_async(pool)

    async def close_async(self) -> None:
        await Desk.close()
        await super().close_async()

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        with twins_named():
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        return row

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        with twins_named():
            rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
        return rows

    def _pool_for_the_door(self, **kwargs: Any) -> Any:
        return worker_pool(settings.load(), keeps_session=self.door.keeps_session, **kwargs)


async def _look(chosen: Settings) -> Door:
    """The worker's door, with a line about what it cannot do. A database that is away is waited for."""
    try:
        async with asyncio.timeout(_LOOK_S):
            door = await _look_until_it_answers(chosen.database())
    except TimeoutError:
        return Door()
    door.require_schema()
    if not door.keeps_session:
        logs.configure(chosen)
        log.warning("worker polls", why=_DEAF, seconds=min(chosen.nextnest_poll_s, _DEAF_POLL_S))
    return door


async def _look_until_it_answers(dsn: str) -> Door:
    while True:
        try:
            return await asyncio.to_thread(look, dsn)
        except OperationalError:
            await asyncio.sleep(_AGAIN_S)


app = App(connector=Connector())
app.job_manager = jobs_of_ours = JobManager(app.connector)
