"""The legacy path's engagement manager: greets conversations outside the rollout in the process that opened them.

It mirrors the flow it stands for: assign, attributes, a pause, "joined", a pause, the greeting, without a job. What was
held in memory there is a row here: who may work on a conversation, and until when. A process that dies leaves the row
behind and the worker adopts it, so nothing is lost; the outbox is the only sender, so nothing is doubled.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from nextnest import deferring, engagement
from nextnest.delivery import Delivery
from nextnest.logs import describe
from nextnest.store import conversations, legacy

log = structlog.get_logger(__name__)

# An arrival is 2.5 s of pauses and three requests. One that takes longer meets a slow Chatwoot: the worker goes on with it.
_LIMIT_S = 20.0
# Longer than the limit: while a process works on a conversation nobody adopts it.
HOLD_S = 30.0
# Chatwoot searches contacts a hundred times a minute at most: that many leads, three seconds each, are five at once.
_AT_ONCE = 8
# Beyond that many they are the worker's: it has room for hundreds, and a full memory helps nobody.
_AT_MOST = 100
# What is under way when the process stops may end by itself that long: one arrival.
_GRACE_S = 4.0


class EngagementManager:
    """One per process and event loop. `delivery` sends; `at_most` conversations are under way or wait for their turn."""

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[Any]], delivery: Delivery, *, at_most: int = _AT_MOST
    ) -> None:
        self._pool = pool
        self._delivery = delivery
        self._at_most = at_most
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, conversation_id: int) -> None:
        """Engage it in the background; whoever calls holds the right to it (`store.legacy.hold`)."""
        full = len(self._under_way) >= self._at_most
        work = self._hand_on(conversation_id) if full else self._in_turn(conversation_id)
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def engage(self, conversation_id: int) -> None:
        """Assign, announce and greet, now. What cannot be finished is handed on to the worker; nothing is raised."""
        try:
            if not await self._renew(conversation_id):
                return
            async with asyncio.timeout(_LIMIT_S):
                await self._arrive(conversation_id)
        except Exception as error:
            log.warning("engagement left to a job", conversation_id=conversation_id, error=describe(error))
            await self._hand_on(conversation_id)
        except asyncio.CancelledError:
            await self._hand_on(conversation_id)
            raise

    async def aclose(self) -> None:
        """Let what is under way end within a moment and hand it on; for what still waits, the right ends by itself."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=_GRACE_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _in_turn(self, conversation_id: int) -> None:
        async with self._free:
            await self.engage(conversation_id)

    async def _arrive(self, conversation_id: int) -> None:
        async with self._pool.connection() as conn, conn.transaction():
            await engagement.engage(conn, conversation_id)
        await self._delivery.deliver_all(conversation_id)
        async with self._pool.connection() as conn, conn.transaction():
            await conversations.move_counters(conn, conversation_id, 0)
            await legacy.finish(conn, conversation_id)

    async def _renew(self, conversation_id: int) -> bool:
        async with self._pool.connection() as conn:
            return await legacy.renew(conn, conversation_id, HOLD_S)

    async def _hand_on(self, conversation_id: int) -> None:
        """Without a database the right ends by itself."""
        try:
            async with self._pool.connection() as conn:
                await legacy.hand_on(conn, conversation_id)
        except psycopg.Error:
            return


async def adopt_abandoned(conn: AsyncConnection[Any]) -> list[int]:
    """Defer `new-conversation` for what a process left behind, in the caller's transaction; which conversations.

    The ordinary job, because a person gets the conversation when that fails for good, too.
    """
    adopted = await legacy.adopt(conn)
    for conversation_id in adopted:
        await deferring.new_conversation(conversation_id).defer(conn)
    return adopted
