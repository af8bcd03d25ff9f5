"""A queue to fetch from: a database of the test's own and our JobManager, without a worker's loop around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import procrastinate
import psycopg
from procrastinate import PsycopgConnector
from procrastinate.jobs import Job
from psycopg.rows import dict_row

from nextnest.database import conninfo
from nextnest.tasks.job_manager import JobManager

# Far more than a query takes; nothing is expected to last as long.
BOUND_S = 20


class Queue:
    """A database with jobs in it, and a manager with room for `concurrency` of them."""

    def __init__(self, url: str, app: procrastinate.App, manager: JobManager) -> None:
        self._url = conninfo(url, "test")
        self.app = app
        self.manager = manager
        self.worker_id = 0

    async def sign_on(self, concurrency: int = 10) -> None:
        self.worker_id = await self.manager.register_worker()
        self.worker = self.app._worker(concurrency=concurrency, fetch_job_polling_interval=5.0)
        self.manager.serve(self.worker)

    async def defer(self, task: str = "some-task", **options: Any) -> int:
        return int(await self.app.configure_task(task, **options).defer_async())

    async def fetch(self) -> Job | None:
        return await asyncio.wait_for(self.manager.fetch_job(None, self.worker_id), BOUND_S)

    async def fetch_all(self) -> list[int]:
        found = []
        while job := await self.fetch():
            found.append(job.id)
        return [job_id for job_id in found if job_id is not None]

    async def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        async with await self.connect() as conn:
            cursor = await conn.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

    async def connect(self) -> psycopg.AsyncConnection[dict[str, Any]]:
        return await psycopg.AsyncConnection.connect(self._url, autocommit=True, row_factory=dict_row)

    async def states(self) -> dict[int, str]:
        return {
            row["id"]: row["status"] for row in await self.rows("select id, status from procrastinate_jobs")
        }


@asynccontextmanager
async def open_queue(database_url: str) -> AsyncIterator[Queue]:
    """With room for ten jobs at once."""
    connector = PsycopgConnector(conninfo=conninfo(database_url, "test"))
    app = procrastinate.App(connector=connector)
    app.job_manager = manager = JobManager(connector)
    async with app.open_async():
        queue = Queue(database_url, app, manager)
        await queue.sign_on()
        yield queue
