"""Deliberate waits cost no connection: hundreds of conversations wait in one worker at once."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from nextnest import deferring
from nextnest.store import conversations
from tests.pipelines.world import World, running_world

MANY = 200


@pytest.fixture
def waiting_world(database_url: str, tmp_path: Path) -> object:
    """Human-like waits and a small pool; the jobs are there before the worker."""
    with running_world(database_url, tmp_path, workers=0, NEXTNEST_PACE="2", NEXTNEST_POOL_SIZE="4") as world:
        world.execute("update ai_brokers set max_concurrent_chats = 1000")
        yield world


def test_two_hundred_conversations_wait_at_once_on_four_connections(waiting_world: World) -> None:
    world = waiting_world
    ids = [world.chatwoot.add_conversation(status="pending")["id"] for _ in range(MANY)]
    with psycopg.connect(world.database_url, options="-c search_path=nextnest") as conn:
        for conversation_id in ids:
            conversations.ensure(conn, conversation_id, contact_id=None, uses_queue=True)
            deferring.new_conversation(conversation_id).defer_sync(conn)
    world.start_worker()
    seen = Seen(world)
    world.until(seen.all_greeted, seconds=60)
    assert seen.most_running > MANY / 2
    assert seen.most_connections <= 4 + 1  # the pool, and Procrastinate's listener
    assert not world.rows("select * from broker_capacity_drift")


class Seen:
    """The most jobs running and connections open at any look."""

    def __init__(self, world: World) -> None:
        self.world, self.most_running, self.most_connections = world, 0, 0

    def all_greeted(self) -> bool:
        [row] = self.world.rows(
            "select (select count(*) from procrastinate_jobs where status = 'doing') as running,"
            " (select count(*) from pg_stat_activity where application_name = 'nextnest-worker'"
            "  and datname = current_database()) as connections,"
            " (select count(*) from job_outcomes where outcome = 'greeted') as greeted"
        )
        self.most_running = max(self.most_running, row["running"])
        self.most_connections = max(self.most_connections, row["connections"])
        return bool(row["greeted"] == MANY)
