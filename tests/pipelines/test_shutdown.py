"""A worker is asked to stop in the middle."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world

MakeWorld = Callable[..., AbstractContextManager[World]]


@pytest.fixture
def make_world(database_url: str, tmp_path: Path) -> MakeWorld:
    """A world with these settings."""

    def make(workers: int = 1, **settings: str) -> AbstractContextManager[World]:
        return running_world(database_url, tmp_path, workers=workers, **settings)

    return make


@pytest.fixture
def human_world(make_world: MakeWorld) -> Iterator[World]:
    with make_world(NEXTNEST_PACE="1") as world:
        yield world


def test_a_deliberate_wait_is_cut_short_and_the_next_worker_goes_on_without_a_counted_attempt(
    human_world: World,
) -> None:
    world = human_world
    conversation_id = int(world.submit().json()["conversationId"])
    world.until(lambda: world.activities(conversation_id))
    began = time.monotonic()
    assert _stopped(world) == 0
    assert time.monotonic() - began < 5, "it did not wait for its grace"
    assert world.said(conversation_id) == []
    assert _job(world, "new-conversation") == ("todo", 0)
    world.start_worker()
    world.until(lambda: world.outcome_of(f"new-conversation-{conversation_id}") == "greeted")
    assert len(world.activities(conversation_id)) == 1
    assert len(world.said(conversation_id)) == 1
    assert _job(world, "new-conversation") == ("succeeded", 1)


def test_a_draft_that_waits_is_sent_by_the_next_worker_and_not_written_twice(human_world: World) -> None:
    world, conversation_id = human_world, human_world.greeted()
    asked = world.chatwoot.customer_says(conversation_id, "Which documents do I need?")
    world.until(
        lambda: world.rows("select 1 from outgoing_messages where kind = 'reply' and state = 'planned'")
    )
    assert _stopped(world) == 0
    assert _job(world, "incoming-message") == ("todo", 0)
    world.start_worker()
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")
    assert len(world.said(conversation_id)) == 2
    assert len(world.model.calls) == 1


def test_a_worker_asked_to_stop_finishes_what_is_no_deliberate_wait(make_world: MakeWorld) -> None:
    with make_world() as world:
        conversation_id, asked_id = _while_the_model_thinks(world, 2.0)
        assert _stopped(world) == 0
        assert world.outcome_of(f"incoming-{conversation_id}-{asked_id}") == "answered"
        assert len(world.said(conversation_id)) == 2


def test_without_grace_a_running_job_goes_back_without_a_counted_attempt(make_world: MakeWorld) -> None:
    with make_world(NEXTNEST_GRACE_S="0") as world:
        conversation_id, asked_id = _while_the_model_thinks(world, 10.0)
        assert _stopped(world) == 0
        assert _job(world, "incoming-message") == ("todo", 0)
        world.model.latency = 0.0
        world.start_worker()
        world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked_id}") == "answered")
        assert len(world.said(conversation_id)) == 2


def test_a_rolling_restart_under_load_loses_and_doubles_nothing(make_world: MakeWorld) -> None:
    with make_world(workers=2, NEXTNEST_PACE="0.5") as world:
        ids = [int(world.submit(**_person(number)).json()["conversationId"]) for number in range(12)]
        for old in list(world.workers):
            for conversation_id in ids:
                world.chatwoot.customer_says(conversation_id, "What is a lock-in period?")
            old.send_signal(signal.SIGTERM)
            world.start_worker()
            assert old.wait(25) == 0
        world.until(lambda: world.quiet() and not world.rows("select 1 from unanswered_messages"), seconds=60)
        for conversation_id in ids:
            assert len(world.activities(conversation_id)) == 1
            replies = len(world.rows(_REPLIES, id=conversation_id))
            assert replies >= 1
            assert len(world.said(conversation_id)) == 1 + replies
        assert not world.rows("select * from job_outcomes where outcome = 'failed' or attempt > 0"), (
            world.logs()
        )
        assert not world.rows("select * from broker_capacity_drift")


_REPLIES = "select distinct answered_by from incoming_messages where conversation_id = %(id)s"


def _while_the_model_thinks(world: World, seconds: float) -> tuple[int, int]:
    """Ask something and return as soon as the model was asked; conversation and message."""
    conversation_id = world.greeted()
    world.model.latency = seconds
    asked = world.chatwoot.customer_says(conversation_id, "Which documents do I need?")
    world.until(lambda: world.rows("select 1 from incoming_messages where started_at is not null"))
    world.until(lambda: world.model.arrived)
    return conversation_id, int(asked["id"])


def _job(world: World, task: str) -> tuple[str, int]:
    [job] = world.rows(
        "select status::text, attempts from procrastinate_jobs where task_name = %(task)s", task=task
    )
    return job["status"], job["attempts"]


def _stopped(world: World) -> int:
    world.workers[0].send_signal(signal.SIGTERM)
    return world.workers[0].wait(20)


def _person(number: int) -> dict[str, str]:
    return {"email": f"rolling{number}@example.com", "phone": f"+65 8300 00{number:02d}"}
