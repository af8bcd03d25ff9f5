"""Connections to Postgres. Every one finds the schema by its search path and commits each statement on its own
unless a transaction is opened on the page.

The path and the bounds are asked for when a connection begins, which changes no session. Some poolers refuse or drop such
options: then they are set inside each transaction of web, and for all others the role has to have them (nextnest/roles.py).
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from nextnest.settings import Settings

SCHEMA = "nextnest"
# A statement of ours takes milliseconds; these bounds only end what is stuck, so a lock is never held for ever.
BOUNDS = {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 5}
# One round trip. It ends with the transaction, so it cannot leak into another client's.
_INSIDE = "; ".join(
    [
        f"set local search_path = {SCHEMA}",
        *(f"set local {name} = '{value}'" for name, value in BOUNDS.items()),
    ]
).encode()
# PgBouncer's words for a connection that brings options, unless it is told to ignore them.
_NO_OPTIONS = "unsupported startup parameter"

# Connections one web process holds at most: its pool, those for opening conversations, and the listener of live chat pages.
WEB_POOL = 8
OPENING_POOL = 4
WEB_BUDGET = WEB_POOL + OPENING_POOL + 1
# A connection that rested longer is asked whether it is still there. A server that ends says so on the connection; only a
# network that fails says nothing, and keepalives notice that after some 25 s.
_RESTED_S = 30.0
# Of a worker's NEXTNEST_POOL_SIZE this one only fetches.
FETCH_POOL = 1
# A fetch is read by our indexes, in their order, whatever the table looked like when its plan was made: while a queue is
# still short the planner would read the whole table, and keep that plan as it grows; and once it grew, plan each fetch anew,
# which takes longer than the fetch (1.5 ms beside 0.4; docs/performance/notes.md).
_PINNED = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_bitmapscan": "off"}
# A worker's beside those: Procrastinate's listener, and one while the sweep takes something in.
WORKER_BESIDE_POOL = 2


def conninfo(dsn: str, application: str, more: Mapping[str, str] = MappingProxyType({})) -> str:
    """The connection string with our search path, bounds and keepalives added to the options it already has, and `more`."""
    given = conninfo_to_dict(dsn)
    asked = " ".join(
        f"-c {name}={value}" for name, value in {"search_path": SCHEMA, **BOUNDS, **more}.items()
    )
    return make_conninfo(_named(dsn, application), options=f"{given.get('options') or ''} {asked}".strip())


class AnyDoor(Connection[Any]):
    """A connection that begins without options where the door takes none. `last_used` on the monotonic clock, in seconds."""

    last_used = 0.0

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        try:
            return super().connect(conninfo, **kwargs)
        except psycopg.OperationalError as error:
            if _NO_OPTIONS not in str(error):
                raise
            return super().connect(_without_options(conninfo), **kwargs)


class AnyDoorAsync(AsyncConnection[Any]):
    """The same for asyncio."""

    last_used = 0.0

    @classmethod
    async def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        try:
            return await super().connect(conninfo, **kwargs)
        except psycopg.OperationalError as error:
            if _NO_OPTIONS not in str(error):
                raise
            return await super().connect(_without_options(conninfo), **kwargs)


class WebPool(ConnectionPool[AnyDoor]):
    """Asks a connection whether it is still there only when in doubt: each time would cost a round trip."""

    def putconn(self, conn: AnyDoor) -> None:
        conn.last_used = time.monotonic()
        super().putconn(conn)


class WorkerPool(AsyncConnectionPool[AnyDoorAsync]):
    """The same for asyncio."""

    async def putconn(self, conn: AnyDoorAsync) -> None:
        conn.last_used = time.monotonic()
        await super().putconn(conn)


def worker_pool(settings: Settings, *, keeps_session: bool = True, **kwargs: Any) -> WorkerPool:
    """The worker's pool, not yet open. It is Procrastinate's pool, too."""
    options: dict[str, Any] = kwargs | {
        "connection_class": AnyDoorAsync,
        "min_size": 2,
        "max_size": settings.nextnest_pool_size - FETCH_POOL,
        "configure": _autocommit if keeps_session else _autocommit_unprepared,
        "check": _check_async_when_in_doubt,
    }
    return WorkerPool(conninfo(settings.database(), "worker"), **options)


def fetch_pool(dsn: str, *, keeps_session: bool = True) -> WorkerPool:
    """The one connection through which a worker fetches jobs, not yet open. Its plan is pinned: see `_PINNED`."""
    return WorkerPool(
        conninfo(dsn, "worker-fetch", _PINNED),
        connection_class=AnyDoorAsync,
        min_size=1,
        max_size=1,
        configure=_autocommit if keeps_session else _autocommit_unprepared,
        check=_check_async_when_in_doubt,
        open=False,
    )


def opening_pool(settings: Settings) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """A small pool for the one thing web does asynchronously: opening conversations. It prepares nothing: see `web_pool`."""
    return AsyncConnectionPool(
        conninfo(settings.database(), "web-opening"),
        connection_class=AnyDoorAsync,
        min_size=0,
        max_size=OPENING_POOL,
        timeout=2,
        configure=_autocommit_unprepared,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )


def web_pool(settings: Settings, max_size: int = WEB_POOL) -> WebPool:
    """Web's pool, not yet open. Four seconds without a connection is an answer: 503.

    Chatwoot waits five seconds for a webhook's answer and never calls again, so a burst is waited out as long as it may.
    """
    pooled = settings.web_database_url is not None
    dsn = settings.web_database()
    return WebPool(
        _named(dsn, "web") if pooled else conninfo(dsn, "web"),
        connection_class=AnyDoor,
        min_size=2,
        max_size=max_size,
        timeout=4,
        configure=_unprepared if pooled else None,
        check=_check_when_in_doubt,
        open=False,
    )


def _check_when_in_doubt(conn: AnyDoor) -> None:
    if _in_doubt(conn):
        ConnectionPool.check_connection(conn)


async def _check_async_when_in_doubt(conn: AnyDoorAsync) -> None:
    if _in_doubt(conn):
        await AsyncConnectionPool.check_connection(conn)


def _in_doubt(conn: AnyDoor | AnyDoorAsync) -> bool:
    """It has rested long, or there is something to read on it although nothing was asked: mostly the server's farewell."""
    if time.monotonic() - conn.last_used > _RESTED_S:
        return True
    look = select.poll()
    look.register(conn.fileno(), select.POLLIN)
    return bool(look.poll(0))


@contextmanager
def web_transaction(pool: WebPool, *, pooled: bool) -> Iterator[AnyDoor]:
    """One transaction of web. A transaction-mode pooler forgets what a session set: there path and bounds are set inside."""
    with pool.connection() as conn:
        if pooled:
            conn.execute(_INSIDE)
        yield conn


@contextmanager
def worker_connection(settings: Settings) -> Iterator[Connection[Any]]:
    """A connection for the rare thing a worker does synchronously, in a thread of its own; closed afterwards."""
    dsn = conninfo(settings.database(), "worker-sweep")
    with AnyDoor.connect(dsn, autocommit=True, prepare_threshold=None) as conn:
        yield conn


def _named(dsn: str, application: str) -> str:
    return make_conninfo(dsn, application_name=f"nextnest-{application}", **_KEEPALIVE)


def _without_options(dsn: str) -> str:
    kept: dict[str, Any] = {name: value for name, value in conninfo_to_dict(dsn).items() if name != "options"}
    return make_conninfo(**kept)


async def _autocommit(conn: AsyncConnection[Any]) -> None:
    await conn.set_autocommit(True)


async def _autocommit_unprepared(conn: AsyncConnection[Any]) -> None:
    conn.prepare_threshold = None
    await conn.set_autocommit(True)


def _unprepared(conn: Connection[Any]) -> None:
    """A transaction-mode pooler hands each transaction another server: prepared statements would be missing there."""
    conn.prepare_threshold = None
