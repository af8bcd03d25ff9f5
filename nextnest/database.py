"""Connections to Postgres. Every one finds the schema by its search path and commits each statement on its own
unless a transaction is opened on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from nextnest.settings import Settings

SCHEMA = "nextnest"
# A statement of ours takes milliseconds; these bounds only end what is stuck, so a lock is never held for ever.
_BOUNDS = "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 5}


def conninfo(dsn: str, application: str) -> str:
    """The connection string with our search path, bounds and keepalives added to the options it already has."""
    given = conninfo_to_dict(dsn)
    options = f"{given.get('options') or ''} -c search_path={SCHEMA} {_BOUNDS}".strip()
    return make_conninfo(dsn, options=options, application_name=f"nextnest-{application}", **_KEEPALIVE)


def worker_pool(settings: Settings, **kwargs: Any) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """The worker's pool, not yet open. It is Procrastinate's pool, too."""
    return AsyncConnectionPool(
        conninfo(settings.database(), "worker"),
        min_size=2,
        max_size=settings.nextnest_pool_size,
        configure=_autocommit,
        **kwargs,
    )


def opening_pool(settings: Settings) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """A small pool for the one thing web does asynchronously: opening conversations."""
    return AsyncConnectionPool(
        conninfo(settings.database(), "web-opening"),
        min_size=0,
        max_size=4,
        timeout=2,
        configure=_autocommit,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )


def web_pool(settings: Settings, max_size: int = 8) -> ConnectionPool[Connection[Any]]:
    """Web's pool, not yet open. Four seconds without a connection is an answer: 503.

    Chatwoot waits five seconds for a webhook's answer and never calls again, so a burst is waited out as long as it may.
    """
    pooled = settings.web_database_url is not None
    dsn = settings.web_database()
    return ConnectionPool(
        dsn if pooled else conninfo(dsn, "web"),
        min_size=2,
        max_size=max_size,
        timeout=4,
        configure=_unprepared if pooled else None,
        check=ConnectionPool.check_connection,
        open=False,
    )


@contextmanager
def web_transaction(pool: ConnectionPool[Connection[Any]], *, pooled: bool) -> Iterator[Connection[Any]]:
    """One transaction of web. A transaction-mode pooler forgets what a session set, so there the path is set inside."""
    with pool.connection() as conn:
        if pooled:
            conn.execute("set local search_path = nextnest")
        yield conn


@contextmanager
def worker_connection(settings: Settings) -> Iterator[Connection[Any]]:
    """A connection for the rare thing a worker does synchronously, in a thread of its own; closed afterwards."""
    with psycopg.connect(conninfo(settings.database(), "worker-sweep"), autocommit=True) as conn:
        yield conn


async def _autocommit(conn: AsyncConnection[Any]) -> None:
    await conn.set_autocommit(True)


def _unprepared(conn: Connection[Any]) -> None:
    """A transaction-mode pooler hands each transaction another server: prepared statements would be missing there."""
    conn.prepare_threshold = None
