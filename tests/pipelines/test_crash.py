"""A worker is killed in the middle; the next one finishes what it began, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world


@pytest.fixture
def slow_world(database_url: str, tmp_path: Path) -> object:
    """Human-like waits, so that there is a middle to be killed in."""
    with running_world(database_url, tmp_path, NEXTNEST_PACE="2") as world:
        yield world


def test_a_worker_killed_between_joined_and_greeting_loses_and_doubles_nothing(slow_world: World) -> None:
    world = slow_world
    conversation_id = int(world.submit().json()["conversationId"])
    world.until(lambda: world.activities(conversation_id))
    world.workers[0].kill()
    world.workers[0].wait()
    assert world.said(conversation_id) == []
    world.start_worker()
    world.until(lambda: world.outcome_of(f"new-conversation-{conversation_id}") == "greeted", seconds=45)
    assert len(world.activities(conversation_id)) == 1
    assert len(world.said(conversation_id)) == 1
    assert not world.rows("select * from broker_capacity_drift")


def test_a_worker_killed_while_a_reply_waits_answers_once_with_the_same_draft(slow_world: World) -> None:
    world = slow_world
    conversation_id = world.greeted()
    asked = world.chatwoot.customer_says(conversation_id, "Which documents do I need?")
    world.until(
        lambda: world.rows("select 1 from outgoing_messages where kind = 'reply' and state = 'planned'")
    )
    world.workers[0].kill()
    world.workers[0].wait()
    world.start_worker()
    lock = f"incoming-{conversation_id}-{asked['id']}"
    world.until(lambda: world.outcome_of(lock) == "answered", seconds=45)
    assert len(world.said(conversation_id)) == 2
    assert len(world.model.calls) == 1
