"""Circuit breakers, shared by every process through Postgres.

A breaker opens only when failures repeat and a look of our own confirms them, so that one odd conversation stops nobody
else. While it is open, jobs stay in the queue and cost no attempt; a look every few seconds closes it again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from nextnest.errors import (
    Away,
    ChatwootRefusesUs,
    ChatwootUnavailable,
    ModelRefusesUs,
    ModelUnavailable,
    NextNestError,
    OutcomeUnknown,
    Retryable,
)
from nextnest.logs import describe
from nextnest.store import breakers as store
from nextnest.store.breakers import Breaker

log = structlog.get_logger(__name__)

CHATWOOT, MODEL = "chatwoot", "model"
# What cannot begin without Chatwoot stays in the queue while it is away.
NEED_CHATWOOT = ["open-conversation", "new-conversation", "incoming-message", "deliver-effects"]
# What waits for the model has been fetched and put back; it is hastened when the model is back.
_NEED = {CHATWOOT: NEED_CHATWOOT, MODEL: ["incoming-message"]}

# As many failures in a row as a job has attempts: before the first job is given up, somebody has looked.
_THRESHOLD = 3
_WINDOW_S = 30.0
# Seconds between looks: soon after a short outage, and two a minute in a long one.
_PAUSES = (2.0, 5.0, 10.0, 20.0, 30.0)
# How long a process believes what it read.
_FRESH_S = 0.5

Look = Callable[[], Awaitable[object]]


@dataclass
class Breakers:
    """`looks` asks each outside thing something small, and raises Retryable when it does not answer."""

    pool: AsyncConnectionPool[AsyncConnection[Any]]
    looks: Mapping[str, Look]
    _looking: dict[str, asyncio.Lock] = field(default_factory=dict, init=False)
    _read: dict[str, tuple[float, bool]] = field(default_factory=dict, init=False)

    async def require(self, name: str) -> None:
        """Raise Away at once, instead of asking what is known to be away."""
        if await self.is_open(name):
            raise Away(name)

    async def is_open(self, name: str) -> bool:
        """Whether it is away, at most half a second old."""
        read_at, known = self._read.get(name, (0.0, False))
        if time.monotonic() - read_at > _FRESH_S:
            async with self.pool.connection() as conn:
                known = await store.is_open(conn, name)
            self._read[name] = (time.monotonic(), known)
        return known

    async def note(self, error: Exception, *, last_attempt: bool) -> Breaker | None:
        """Count what an attempt failed with; its breaker when the failure is not the job's own fault."""
        name = outside_of(error)
        if name is None:
            return None
        if isinstance(error, Away):
            async with self.pool.connection() as conn:
                return await store.fetch(conn, name)
        async with self.pool.connection() as conn:
            breaker = await store.note_failure(conn, name, window_s=_WINDOW_S, error=describe(error))
        suspicious = last_attempt or _refused(error) or breaker.failures >= _THRESHOLD
        if not breaker.open and suspicious:
            breaker = await self._look_and_decide(name)
        return breaker if breaker.open else None

    async def look_again(self) -> None:
        """Look at everything that is away and whose time has come."""
        async with self.pool.connection() as conn:
            due = await store.due_for_a_look(conn)
        for row in due:
            await self._look_again_at(row["name"], row["looks"])

    async def _look_and_decide(self, name: str) -> Breaker:
        """One look at a time per process; the others take its result."""
        async with self._looking.setdefault(name, asyncio.Lock()):
            async with self.pool.connection() as conn:
                breaker = await store.fetch(conn, name)
            if breaker.open:
                return breaker
            failure = await self._look(name)
            async with self.pool.connection() as conn:
                if failure is None:
                    await store.forget_failures(conn, name)
                else:
                    await self._open(conn, name, failure)
                return await store.fetch(conn, name)

    async def _look_again_at(self, name: str, looks: int) -> None:
        failure = await self._look(name)
        async with self.pool.connection() as conn:
            if failure is not None:
                pause = _PAUSES[min(looks + 1, len(_PAUSES) - 1)]
                await store.stay_open(
                    conn, name, reason=_reason(failure), error=describe(failure), pause_s=pause
                )
            elif await store.close_breaker(conn, name, _NEED[name]):
                log.warning("circuit breaker closed", breaker=name)

    async def _look(self, name: str) -> NextNestError | None:
        """None when it answers, what it failed with otherwise."""
        try:
            await self.looks[name]()
        except Retryable as failure:
            return failure
        except NextNestError:
            return None
        return None

    async def _open(self, conn: AsyncConnection[Any], name: str, failure: NextNestError) -> None:
        opened = await store.open_breaker(
            conn, name, reason=_reason(failure), error=describe(failure), pause_s=_PAUSES[0]
        )
        if opened:
            log.error(
                "circuit breaker opened", breaker=name, reason=_reason(failure), error=describe(failure)
            )


def outside_of(error: Exception) -> str | None:
    """Which outside thing an error speaks of; None when it is about something else."""
    if isinstance(error, Away):
        return error.detail
    if isinstance(error, ChatwootUnavailable | ChatwootRefusesUs | OutcomeUnknown):
        return CHATWOOT
    if isinstance(error, ModelUnavailable | ModelRefusesUs):
        return MODEL
    return None


def _refused(error: Exception) -> bool:
    return isinstance(error, ChatwootRefusesUs | ModelRefusesUs)


def _reason(error: Exception) -> str:
    return "refused" if _refused(error) else "unavailable"
