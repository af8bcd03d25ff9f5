"""What one web process holds: connections to Postgres, one thread with an event loop for Chatwoot, the live chat pages.

All of it is opened on first use, so it belongs to the process that uses it and not to one that forked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from flask import current_app
from psycopg import AsyncConnection, Connection
from psycopg_pool import AsyncConnectionPool

from nextnest.breakers import CHATWOOT, Breakers
from nextnest.chatwoot import Chatwoot
from nextnest.database import WebPool, opening_pool, web_pool, web_transaction
from nextnest.delivery import Delivery
from nextnest.engagement_manager import EngagementManager
from nextnest.links import ChatLinks
from nextnest.settings import Settings
from nextnest.telemetry import spans
from web.live import Live
from web.quiet import QuietDeliveries
from web.robots import Robots

T = TypeVar("T")
AsyncPool = AsyncConnectionPool[AsyncConnection[Any]]
Ask = Callable[["Outside"], Awaitable[T]]


@dataclass(frozen=True)
class Outside:
    """What lives in the event loop: Chatwoot and its breaker, connections for opening, the legacy path's manager."""

    chatwoot: Chatwoot
    pool: AsyncPool
    manager: EngagementManager
    breakers: Breakers

    async def aclose(self) -> None:
        await self.manager.aclose()
        await self.chatwoot.aclose()
        await self.pool.close()


class Doors:
    """The doors of one process. `settings` are those the application was made with."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.live = Live(settings)
        self.quiet = QuietDeliveries(self.transaction)
        self._lock = Lock()
        self._pool: WebPool | None = None
        self._running: _Loop | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        """One transaction; psycopg.OperationalError after four seconds without a connection."""
        pooled = self.settings.web_database_url is not None
        with spans.span("transaction"), web_transaction(self._open_pool(), pooled=pooled) as conn:
            yield conn

    def ask_outside(self, ask: Ask[T], limit_s: float) -> T:
        """Run `ask` in the event loop and wait for it.

        TimeoutError after `limit_s` seconds in all; ChatwootUnavailable at once while its circuit breaker is open.
        """
        running = self._loop()
        return running.portal.call(_within, ask, running.outside, limit_s)

    def links(self) -> ChatLinks:
        """Makes and reads links to the chat page."""
        return ChatLinks(self.settings.secret_key(), self.settings.nextnest_public_url)

    def robots(self) -> Robots:
        """Tells forms of programs from those of people."""
        return Robots(self.settings.secret_key())

    def close(self) -> None:
        """Close what was opened; a later use opens it again."""
        self.live.close()
        self.quiet.close()
        with self._lock:
            pool, self._pool = self._pool, None
            running, self._running = self._running, None
        if running:
            running.stop()
        if pool:
            pool.close()

    def _open_pool(self) -> WebPool:
        with self._lock:
            if self._pool is None:
                self._pool = web_pool(self.settings)
                self._pool.open()
            return self._pool

    def _loop(self) -> _Loop:
        with self._lock:
            if self._running is None:
                self._running = _Loop.start(self.settings)
            return self._running


@dataclass(frozen=True)
class _Loop:
    thread: AbstractContextManager[BlockingPortal]
    portal: BlockingPortal
    outside: Outside

    @classmethod
    def start(cls, settings: Settings) -> _Loop:
        thread = start_blocking_portal(backend="asyncio", name="web-outside")
        portal = thread.__enter__()
        return cls(thread, portal, portal.call(_open_outside, settings))

    def stop(self) -> None:
        self.portal.call(self.outside.aclose)
        self.thread.__exit__(None, None, None)


async def _open_outside(settings: Settings) -> Outside:
    pool = opening_pool(settings)
    await pool.open()
    chatwoot = Chatwoot.from_settings(settings)
    delivery = Delivery(pool, chatwoot, settings.nextnest_pace, settings.chatwoot_settle_s)
    breakers = Breakers(pool, {CHATWOOT: chatwoot.look})
    return Outside(chatwoot, pool, EngagementManager(pool, delivery), breakers)


async def _within(ask: Ask[T], outside: Outside, limit_s: float) -> T:
    async with asyncio.timeout(limit_s):
        await outside.breakers.require(CHATWOOT)
        return await ask(outside)


def doors() -> Doors:
    """The doors of the application that answers this request."""
    found = current_app.extensions["doors"]
    assert isinstance(found, Doors)
    return found
