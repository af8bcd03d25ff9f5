"""What a worker works with: its pool, the two doors, the outbox. Made once per process, on first use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from procrastinate import JobContext, PsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from nextnest import settings
from nextnest.assistant import Assistant
from nextnest.breakers import CHATWOOT, MODEL, Breakers
from nextnest.chatwoot import Chatwoot
from nextnest.delivery import Delivery
from nextnest.errors import HandedBack
from nextnest.handover import HandoverRules
from nextnest.opening import OpeningRules
from nextnest.purse import Budget
from nextnest.settings import Settings
from nextnest.store.jobs import Ownership, hold_job
from nextnest.telemetry import spans


class Pauses:
    """Deliberate waits. They hold no connection, and end at once when the worker stops."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Whether the worker is about to end."""
        return self._stopping.is_set()

    async def wait(self, seconds: float) -> None:
        """Wait; HandedBack when the worker stops meanwhile."""
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise HandedBack


@dataclass(frozen=True)
class Desk:
    """Everything a task reaches for."""

    settings: Settings
    pool: AsyncConnectionPool[AsyncConnection[Any]]
    chatwoot: Chatwoot
    assistant: Assistant
    delivery: Delivery
    breakers: Breakers
    pauses: Pauses
    budget: Budget

    _of_this_process: ClassVar[Desk | None] = None

    @classmethod
    def of(cls, context: JobContext) -> Desk:
        """The worker's desk."""
        if Desk._of_this_process is None:
            connector = context.app.connector
            assert isinstance(connector, PsycopgConnector)
            Desk._of_this_process = cls._set_up(connector.pool)
        return Desk._of_this_process

    @classmethod
    async def close(cls) -> None:
        """Close the doors when the worker stops."""
        desk, Desk._of_this_process = Desk._of_this_process, None
        if desk:
            await desk.chatwoot.aclose()
            await desk.assistant.aclose()

    @property
    def pace(self) -> float:
        return self.settings.nextnest_pace

    @property
    def opening_rules(self) -> OpeningRules:
        return OpeningRules(
            reuse_days=self.settings.nextnest_reuse_days,
            settle_s=self.settings.chatwoot_settle_s,
            rollout_percentage=self.settings.queue_rollout_percentage,
        )

    @property
    def handover_rules(self) -> HandoverRules:
        return HandoverRules(
            hours=self.settings.office_hours(),
            reminder_s=self.settings.nextnest_handoff_reminder_s,
            team_id=self.settings.nextnest_handoff_team_id,
            agent_id=self.settings.nextnest_handoff_agent_id,
        )

    @classmethod
    def stop_waiting(cls) -> None:
        """The worker stops: deliberate waits end, and their jobs go back."""
        if Desk._of_this_process is not None:
            Desk._of_this_process.pauses.stop()

    @asynccontextmanager
    async def transaction(self, owner: Ownership | None = None) -> AsyncIterator[AsyncConnection[Any]]:
        """One transaction on one connection of the pool.

        With `owner` it begins by proving that the attempt still owns its job (LostOwnership otherwise), and nobody can
        take the job away before it commits. The job comes first in the order of locks: job, capacity, conversation,
        messages.
        """
        with spans.span("transaction"):
            async with self.pool.connection() as conn, conn.transaction():
                if owner is not None:
                    await hold_job(conn, owner)
                yield conn

    @classmethod
    def _set_up(cls, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> Desk:
        chosen = settings.load()
        chatwoot, assistant, pauses = (
            Chatwoot.from_settings(chosen),
            Assistant.from_settings(chosen),
            Pauses(),
        )
        delivery = Delivery(pool, chatwoot, chosen.nextnest_pace, chosen.chatwoot_settle_s, pauses.wait)
        breakers = Breakers(pool, {CHATWOOT: chatwoot.look, MODEL: assistant.look})
        return cls(
            chosen, pool, chatwoot, assistant, delivery, breakers, pauses, Budget.from_settings(chosen)
        )
