"""People type in pieces: a burst is one turn and gets one answer, in whatever order its webhooks come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.world import World, running_world

PIECES = ["Hi", "I have a question about the loan and", "about the CPF rules. Which one first?"]


@pytest.fixture
def slow_world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Human-like waits, so that there is time to go on typing."""
    with running_world(database_url, tmp_path, NEXTNEST_PACE="1") as world:
        yield world


def test_a_burst_becomes_one_answer(slow_world: World) -> None:
    world, conversation_id = slow_world, slow_world.greeted()
    for text in PIECES:
        world.chatwoot.customer_says(conversation_id, text)
    assert _drafts_of_the_one_answer(world, conversation_id) == ["used"]


def test_a_burst_whose_first_webhook_comes_last_becomes_one_answer(slow_world: World) -> None:
    world, conversation_id = slow_world, slow_world.greeted()
    world.chatwoot.faults.add("late_webhook", event="^message_created:incoming", seconds=0.4, times=1)
    for text in PIECES:
        world.chatwoot.customer_says(conversation_id, text)
    assert _drafts_of_the_one_answer(world, conversation_id) == ["used"]


def test_a_draft_is_written_anew_when_an_older_message_comes_in_while_it_waits(
    database_url: str, tmp_path: Path
) -> None:
    """So slow that even on a busy machine the message comes in before the wait is over."""
    with running_world(database_url, tmp_path, NEXTNEST_PACE="2.5") as world:
        _a_late_piece_comes_while_the_draft_waits(world, world.greeted())


def _a_late_piece_comes_while_the_draft_waits(world: World, conversation_id: int) -> None:
    world.chatwoot.faults.add("late_webhook", event="^message_created:incoming", seconds=600, times=1)
    for text in PIECES:
        world.chatwoot.customer_says(conversation_id, text)
    world.until(
        lambda: world.rows("select 1 from outgoing_messages where kind = 'reply' and state = 'planned'")
    )
    world.chatwoot.deliver_late_webhooks()
    assert _drafts_of_the_one_answer(world, conversation_id) == ["superseded", "used"]


def test_a_message_that_comes_while_the_model_works_cancels_it_and_is_answered_along(
    slow_world: World,
) -> None:
    world, conversation_id = slow_world, slow_world.greeted()
    world.model.latency = 20
    world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    world.until(lambda: world.model.arrived == 1)
    world.model.latency = 0
    world.chatwoot.customer_says(conversation_id, "For an HDB flat, I mean.")
    world.until(lambda: world.quiet() and not world.rows("select 1 from unanswered_messages"))
    assert len(world.said(conversation_id)) == 2
    world.until(lambda: [call.cancelled for call in world.model.calls] == [True, False])
    assert [row["outcome"] for row in world.rows("select outcome from ai_replies")] == ["used"]


def test_a_colleague_who_writes_while_the_model_works_silences_it_at_once(slow_world: World) -> None:
    world, conversation_id = slow_world, slow_world.greeted()
    world.model.latency = 20
    world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    world.until(lambda: world.model.arrived == 1)
    world.chatwoot.agent_says(conversation_id, "Hello, this is Priya, let me explain.")
    world.until(lambda: world.quiet() and not world.rows("select 1 from unanswered_messages"))
    world.until(lambda: [call.cancelled for call in world.model.calls] == [True])
    assert world.said(conversation_id)[1:] == ["Hello, this is Priya, let me explain."]


def _drafts_of_the_one_answer(world: World, conversation_id: int) -> list[Any]:
    """Wait until everything is answered; what became of each draft, in the order in which they were written."""
    world.until(lambda: len(_asked(world)) == len(PIECES) and world.quiet(), seconds=40)
    assert len(world.said(conversation_id)) == 2, "a greeting and one answer"
    assert {row["state"] for row in _asked(world)} == {"answered"}
    assert len({row["answered_by"] for row in _asked(world)}) == 1
    return [row["outcome"] for row in world.rows("select outcome from ai_replies order by id")]


def _asked(world: World) -> list[dict[str, Any]]:
    return world.rows("select state, answered_by from incoming_messages")
