"""A worker is asked to stop in the middle."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world


@pytest.fixture
def slow_world(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[World]:
    """Human-like waits, and this many seconds of grace."""
    with running_world(database_url, tmp_path, NEXTNEST_PACE="1", NEXTNEST_GRACE_S=request.param) as world:
        yield world


@pytest.mark.parametrize("slow_world", ["20"], indirect=True)
def test_a_worker_asked_to_stop_finishes_what_it_is_doing(slow_world: World) -> None:
    world = slow_world
    conversation_id = _between_joined_and_greeting(world)
    assert _stopped(world) == 0
    assert world.outcome_of(f"new-conversation-{conversation_id}") == "greeted"
    assert len(world.said(conversation_id)) == 1


@pytest.mark.parametrize("slow_world", ["0"], indirect=True)
def test_a_worker_without_grace_puts_its_jobs_back_and_the_next_one_goes_on_at_once(
    slow_world: World,
) -> None:
    world = slow_world
    conversation_id = _between_joined_and_greeting(world)
    assert _stopped(world) == 0
    assert world.said(conversation_id) == []
    [job] = world.rows("select status from procrastinate_jobs where task_name = 'new-conversation'")
    assert job["status"] == "todo"
    began = time.monotonic()
    world.start_worker()
    world.until(lambda: world.outcome_of(f"new-conversation-{conversation_id}") == "greeted")
    assert time.monotonic() - began < 10, "nobody had to be found dead first"
    assert len(world.activities(conversation_id)) == 1
    assert len(world.said(conversation_id)) == 1


def _between_joined_and_greeting(world: World) -> int:
    conversation_id = int(world.submit().json()["conversationId"])
    world.until(lambda: world.activities(conversation_id))
    return conversation_id


def _stopped(world: World) -> int:
    world.workers[0].send_signal(signal.SIGTERM)
    return world.workers[0].wait(15)
