"""What our webhook route is compared with: Flask routes that do next to nothing, on the same server."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from flask import Flask, request
from procrastinate import PsycopgConnector, manager
from procrastinate.tasks import configure_task
from psycopg import Connection
from psycopg_pool import ConnectionPool

from nextnest.database import conninfo

TABLE = "create table bare_rows (id bigint primary key generated always as identity, body bytea not null)"
INSERT = "insert into bare_rows (body) values (%s)"

# Never opened: jobs are deferred on the route's own connection.
_jobs = manager.JobManager(PsycopgConnector())


def create_app() -> Flask:
    app = Flask(__name__)

    @app.post("/nothing")
    def nothing() -> dict[str, str]:
        request.get_data()
        return {"status": "queued"}

    @app.post("/insert")
    def insert() -> dict[str, str]:
        with _pool().connection() as conn:
            conn.execute(INSERT, [request.get_data()])
        return {"status": "queued"}

    @app.post("/insert-and-defer")
    def insert_and_defer() -> dict[str, str]:
        with _pool().connection() as conn:
            conn.execute(INSERT, [request.get_data()])
            configure_task(name="bare", job_manager=_jobs, connection=conn).defer()
        return {"status": "queued"}

    return app


@cache
def _pool() -> ConnectionPool[Connection[Any]]:
    """One per process, opened on first use and so after the fork; as many connections as web's own."""
    pool = ConnectionPool(conninfo(os.environ["DATABASE_URL"], "bare"), min_size=1, max_size=8, open=False)
    pool.open()
    return pool
