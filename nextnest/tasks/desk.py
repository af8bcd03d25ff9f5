"""What a worker works with: its pool, the two doors, the outbox. Made once per process, on first use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from procrastinate import JobContext, PsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from nextnest import settings
from nextnest.assistant import Assistant
from nextnest.chatwoot import Chatwoot
from nextnest.delivery import Delivery
from nextnest.opening import OpeningRules
from nextnest.settings import Settings


@dataclass(frozen=True)
class Desk:
    """Everything a task reaches for. Deliberate waits happen here without holding a connection."""

    settings: Settings
    pool: AsyncConnectionPool[AsyncConnection[Any]]
    chatwoot: Chatwoot
    assistant: Assistant
    delivery: Delivery

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

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[Any]]:
        """One transaction on one connection of the pool."""
        async with self.pool.connection() as conn, conn.transaction():
            yield conn

    @classmethod
    def _set_up(cls, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> Desk:
        chosen = settings.load()
        chatwoot = Chatwoot.from_settings(chosen)
        delivery = Delivery(pool, chatwoot, chosen.nextnest_pace, chosen.chatwoot_settle_s)
        return cls(chosen, pool, chatwoot, Assistant.from_settings(chosen), delivery)
