"""What the model costs is counted and bounded, and a cap means a person, not silence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world

MakeWorld = Callable[..., AbstractContextManager[World]]
PRICES = '{"sandbox-model": {"input": "1", "cached_input": "0.1", "output": "4"}}'


@pytest.fixture
def make_world(database_url: str, tmp_path: Path) -> MakeWorld:
    """A world with these settings."""

    def make(**settings: str) -> AbstractContextManager[World]:
        return running_world(database_url, tmp_path, **{"OPENAI_PRICES": PRICES} | settings)

    return make


def test_what_a_reply_cost_is_in_the_books(make_world: MakeWorld) -> None:
    with make_world() as world:
        conversation_id = world.greeted()
        asked = world.chatwoot.customer_says(conversation_id, "Which documents do I need?")
        world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")
        [call] = world.rows("select * from ai_calls")
        [reply] = world.rows("select * from ai_replies")
        tokens = call["input_tokens"] - call["cached_tokens"] + 4 * call["output_tokens"]
        cost = (Decimal(tokens) + Decimal("0.1") * call["cached_tokens"]) / 1_000_000
        assert call["cost"] == pytest.approx(cost)
        assert reply["cost"] == pytest.approx(cost)
        assert cost > 0
        [used] = world.rows("select sum(cost) as cost from ai_usage")
        assert used["cost"] == call["cost"]


def test_a_conversation_at_its_cap_goes_to_a_person_who_is_told_why(make_world: MakeWorld) -> None:
    with make_world(NEXTNEST_CAP_PER_CONVERSATION="0.000001") as world:
        conversation_id = world.greeted()
        asked = world.chatwoot.customer_says(conversation_id, "Which documents do I need?")
        world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "failed")
        world.until(world.quiet)
        assert world.model.calls == []
        [handoff] = world.rows("select handoff_reason from handoffs")
        assert handoff["handoff_reason"] == "spending_cap"
        assert len(world.said(conversation_id)) == 2, "the customer is told"
        assert "spending_cap" in world.said(conversation_id, private=True)[0]


def test_a_cancelled_call_is_paid_for(make_world: MakeWorld) -> None:
    with make_world() as world:
        conversation_id = world.greeted()
        world.model.latency = 20
        world.chatwoot.customer_says(conversation_id, "Which documents do I need?")
        world.until(lambda: world.model.arrived == 1)
        world.model.latency = 0
        world.chatwoot.customer_says(conversation_id, "For an HDB flat.")
        world.until(lambda: world.quiet() and not world.rows("select 1 from unanswered_messages"))
        calls = world.rows("select outcome, cost from ai_calls order by cost desc")
        assert sorted(call["outcome"] for call in calls) == ["answered", "cut short"]
        assert all(call["cost"] > 0 for call in calls)


def test_two_programs_that_talk_to_each_other_are_stopped(make_world: MakeWorld) -> None:
    with make_world() as world:
        conversation_id = world.greeted()
        for number in range(12):
            asked = world.chatwoot.customer_says(conversation_id, f"Thank you. Anything else? ({number})")
            lock = f"incoming-{conversation_id}-{asked['id']}"
            world.until(lambda lock=lock: world.outcome_of(lock))  # type: ignore[misc]
        [handoff] = world.rows("select handoff_reason from handoffs")
        assert handoff["handoff_reason"] == "too_many_turns"
        assert len(world.model.calls) == 8
