"""The legacy path's manager by itself: how many at once, and what becomes of the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from nextnest.chatwoot import Chatwoot
from nextnest.delivery import Delivery
from nextnest.engagement_manager import EngagementManager
from nextnest.store import legacy
from sandbox.chatwoot import ChatwootSandbox

FOUND = "select conversation_id from legacy_engagements where held_until <= clock_timestamp() order by 1"


@asynccontextmanager
async def manager_of(
    database_url: str, chatwoot: ChatwootSandbox, *, at_most: int
) -> AsyncIterator[EngagementManager]:
    """A manager over real doors, closed afterwards."""
    door = Chatwoot(
        base_url=chatwoot.base_url,
        account_id=chatwoot.account_id,
        inbox_id=chatwoot.inbox_id,
        token=chatwoot.token,
    )
    options = {"options": "-c search_path=nextnest", "autocommit": True}
    async with AsyncConnectionPool(database_url, kwargs=options, max_size=4, open=False) as pool, door:
        manager = EngagementManager(pool, Delivery(pool, door, pace=0, settle_s=1), at_most=at_most)
        yield manager
        await manager.aclose()


async def announced(database_url: str, chatwoot: ChatwootSandbox, count: int) -> list[int]:
    """Conversations outside the rollout that wait for their broker, each held for the manager."""
    ids = [int(chatwoot.add_conversation()["id"]) for _ in range(count)]
    async with await psycopg.AsyncConnection.connect(
        database_url, options="-c search_path=nextnest", autocommit=True
    ) as conn:
        for one in ids:
            await conn.execute(
                "insert into broker_conversations (conversation_id, uses_queue) values (%s, false)", [one]
            )
            assert await legacy.hold(conn, one, 30)
    return ids


def rows(database_url: str, query: str) -> list[int]:
    with psycopg.connect(database_url, options="-c search_path=nextnest") as conn:
        return [row[0] for row in conn.execute(query.encode())]


def test_beyond_its_bound_a_rush_is_handed_on_to_the_worker(database_url: str) -> None:
    async def rush(chatwoot: ChatwootSandbox) -> list[int]:
        async with manager_of(database_url, chatwoot, at_most=3) as manager:
            ids = await announced(database_url, chatwoot, 5)
            for one in ids:
                manager.begin(one)
        return ids

    with ChatwootSandbox() as chatwoot:
        ids = asyncio.run(rush(chatwoot))
    assert rows(database_url, FOUND) == ids[3:]
    greeted = (
        "select conversation_id from outgoing_messages where kind = 'greeting' and state = 'sent' order by 1"
    )
    assert rows(database_url, greeted) == ids[:3]


def test_what_the_worker_has_adopted_is_left_alone(database_url: str) -> None:
    async def late(chatwoot: ChatwootSandbox) -> None:
        async with manager_of(database_url, chatwoot, at_most=3) as manager:
            [one] = await announced(database_url, chatwoot, 1)
            async with await psycopg.AsyncConnection.connect(
                database_url, options="-c search_path=nextnest", autocommit=True
            ) as conn:
                await legacy.finish(conn, one)
            await manager.engage(one)

    with ChatwootSandbox() as chatwoot:
        asyncio.run(late(chatwoot))
    assert rows(database_url, "select count(*) from outgoing_messages") == [0]


@pytest.mark.parametrize("fault", ["error_500_before", "rate_limited", "refuse_401", "drop_before"])
def test_what_chatwoot_does_not_take_is_handed_on(database_url: str, fault: str) -> None:
    async def fail(chatwoot: ChatwootSandbox) -> list[int]:
        async with manager_of(database_url, chatwoot, at_most=3) as manager:
            ids = await announced(database_url, chatwoot, 1)
            chatwoot.faults.add(fault, method="POST", times=None)
            await manager.engage(ids[0])
        return ids

    with ChatwootSandbox() as chatwoot:
        ids = asyncio.run(fail(chatwoot))
    assert rows(database_url, FOUND) == ids
