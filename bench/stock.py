"""A stock Procrastinate app with tasks that do nothing but write down when they ran; it runs beside ours."""

from __future__ import annotations

import os
import time

import procrastinate
from procrastinate import JobContext, PsycopgConnector, RetryStrategy

from nextnest.database import conninfo

TABLE = "create table stock_runs (job_id bigint primary key, started float8 not null, ended float8 not null)"
# As long as our first retry waits.
AGAIN_S = 2
INSERT = "insert into stock_runs values (%(job_id)s, %(started)s, %(ended)s)"

app = procrastinate.App(
    connector=PsycopgConnector(conninfo=conninfo(os.environ.get("DATABASE_URL", ""), "stock"))
)


@app.task(name="nothing")
async def nothing() -> None:
    """Leaves all of a job's cost to the queue."""


@app.task(name="stock", pass_context=True)
async def stock(context: JobContext) -> None:
    """Seconds since the epoch: when the worker started it, and when it had nothing left to do but return."""
    await app.connector.execute_query_async(
        INSERT, job_id=context.job.id, started=context.start_timestamp, ended=time.time()
    )


@app.task(name="fail-once", pass_context=True, retry=RetryStrategy(max_attempts=1, wait=AGAIN_S))
async def fail_once(context: JobContext) -> None:
    """The same, in its second attempt."""
    if context.job.attempts == 0:
        raise RuntimeError("the bench wants another attempt")
    await stock(context)
