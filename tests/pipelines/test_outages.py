"""Chatwoot or the model goes away and comes back. (Postgres: test_postgres_outages.py.)"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.pipelines.world import World, running_world

MakeWorld = Callable[..., AbstractContextManager[World]]


@pytest.fixture
def make_world(database_url: str, tmp_path: Path) -> MakeWorld:
    """A world with these settings; its customers have patience, for machines are slower than people."""

    def make(**settings: str) -> AbstractContextManager[World]:
        return running_world(database_url, tmp_path, **({"NEXTNEST_PATIENCE_S": "120"} | settings))

    return make


def test_while_chatwoot_is_away_everything_is_kept_and_nobody_is_given_up(make_world: MakeWorld) -> None:
    with make_world() as world:
        known = [world.greeted(**_person(number)) for number in range(3)]
        world.chatwoot.faults.add("error_500_before", times=None)
        asked = [(id_, world.chatwoot.customer_says(id_, "What is TDSR?")["id"]) for id_ in known]
        world.until(lambda: _breaker(world, "chatwoot") == ("open", "unavailable"), seconds=30)
        began = time.monotonic()
        new = world.submit(**_person(9))
        assert new.status_code == 202, "a lead is kept"
        assert time.monotonic() - began < 2, "nobody waits for what is known to be away"
        assert "Chatwoot has been away" in _not_ready(world)
        world.chatwoot.faults.clear()
        for conversation_id, message_id in asked:
            world.until(
                lambda id_=conversation_id, m=message_id: (
                    world.outcome_of(f"incoming-{id_}-{m}") == "answered"
                ),  # type: ignore[misc]
                seconds=60,
            )
        world.until(lambda: len(world.rows("select 1 from job_outcomes where outcome = 'greeted'")) == 4, 60)
        assert not world.rows("select 1 from handoffs"), "an outage of theirs is nobody's hand-over"
        assert {len(world.said(id_)) for id_ in known} == {2}
        assert _breaker(world, "chatwoot") == ("closed", None)
        world.until(lambda: httpx.get(f"{world.web_url}/readyz").status_code == 200)


def test_an_open_breaker_stops_hammering(make_world: MakeWorld) -> None:
    with make_world() as world:
        known = [world.greeted(**_person(number)) for number in range(5)]
        world.chatwoot.faults.add("error_500_before", times=None)
        for conversation_id in known:
            world.chatwoot.customer_says(conversation_id, "What is TDSR?")
        world.until(lambda: _breaker(world, "chatwoot")[0] == "open", seconds=30)
        world.until(lambda: not world.rows(_RUNNING))
        world.chatwoot.clear_journals()
        world.until(lambda: _looks(world, "chatwoot") >= 2, seconds=40)
        assert len(world.chatwoot.requests) <= 3, "only looks, no customer's job"


def test_the_backlog_is_drained_oldest_first_at_a_bounded_rate(make_world: MakeWorld) -> None:
    with make_world() as world:
        ids = [world.greeted(**_person(number)) for number in range(10)]
        world.chatwoot.faults.add("error_500_before", times=None)
        world.chatwoot.customer_says(ids[0], "What is TDSR?")
        world.until(lambda: _breaker(world, "chatwoot")[0] == "open", seconds=30)
        for conversation_id in ids[1:]:
            world.chatwoot.customer_says(conversation_id, "What is TDSR?")
        world.until(lambda: len(world.rows("select 1 from unanswered_messages")) == len(ids))
        world.chatwoot.faults.clear()
        world.until(lambda: not world.rows("select 1 from unanswered_messages"), seconds=60)
        started = world.rows(_LAST_STARTS)[1:]
        assert [row["id"] for row in started] == sorted(row["id"] for row in started)
        gaps = [(later["at"] - earlier["at"]).total_seconds() for earlier, later in pairwise(started)]
        assert sum(gaps) / len(gaps) >= 0.045, "twenty a second"


def test_a_refused_token_costs_no_customer_an_attempt_and_heals_by_itself(make_world: MakeWorld) -> None:
    with make_world() as world:
        conversation_id = world.greeted(**_person(1))
        world.chatwoot.faults.add("refuse_401", times=None)
        asked = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
        world.until(lambda: _breaker(world, "chatwoot") == ("open", "refused"), seconds=30)
        assert "CHATWOOT_API_TOKEN" in _not_ready(world)
        world.chatwoot.faults.clear()
        lock = f"incoming-{conversation_id}-{asked['id']}"
        world.until(lambda: world.outcome_of(lock) == "answered", seconds=40)
        assert world.rows("select attempt from job_outcomes order by finished_at desc limit 1") == [
            {"attempt": 0}
        ]


@pytest.mark.parametrize("fault", ["error_500", "refuse_401", "insufficient_quota", "rate_limit_exceeded"])
def test_a_short_absence_of_the_model_costs_nobody_a_hand_over(make_world: MakeWorld, fault: str) -> None:
    with make_world() as world:
        conversation_id = world.greeted(**_person(1))
        world.model.faults.add(fault, times=None)
        asked = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
        world.until(lambda: _breaker(world, "model")[0] == "open", seconds=30)
        assert "the model" in _not_ready(world)
        world.model.faults.clear()
        lock = f"incoming-{conversation_id}-{asked['id']}"
        world.until(lambda: world.outcome_of(lock) == "answered", seconds=40)
        assert len(world.said(conversation_id)) == 2
        assert not world.rows("select 1 from handoffs")


def test_a_customer_waits_for_the_model_as_long_as_the_patience_says_and_is_then_told_honestly(
    make_world: MakeWorld,
) -> None:
    with make_world(NEXTNEST_PATIENCE_S="8") as world:
        conversation_id = world.greeted(**_person(1))
        world.model.faults.add("refuse_401", times=None)
        world.chatwoot.customer_says(conversation_id, "What is TDSR?")
        world.until(lambda: _breaker(world, "model") == ("open", "refused"), seconds=30)
        world.until(lambda: world.rows("select 1 from handoffs"), seconds=60)
        [handoff] = world.rows(
            "select h.handoff_reason, extract(epoch from h.handoff_at - m.received_at)::float as waited"
            " from handoffs h join incoming_messages m using (conversation_id)"
        )
        assert handoff["handoff_reason"] == "model_unavailable"
        assert 8 <= handoff["waited"] < 30
        world.until(lambda: len(world.said(conversation_id)) == 2 and world.quiet())
        assert len(world.said(conversation_id, private=True)) == 1
        assert world.chatwoot.conversation(conversation_id)["status"] == "open"


def test_one_odd_conversation_stops_nobody_else(make_world: MakeWorld) -> None:
    with make_world() as world:
        odd, other = world.greeted(**_person(1)), world.greeted(**_person(2))
        world.chatwoot.faults.add(
            "rate_limited", method="POST", path=f"/conversations/{odd}/messages", times=None
        )
        world.chatwoot.customer_says(odd, "What is TDSR?")
        asked = world.chatwoot.customer_says(other, "What is TDSR?")
        world.until(lambda: world.outcome_of(f"incoming-{other}-{asked['id']}") == "answered")
        world.until(lambda: world.rows("select 1 from handoffs where conversation_id = %(id)s", id=odd), 40)
        assert _breaker(world, "chatwoot")[0] == "closed"
        world.chatwoot.faults.clear()
        world.until(lambda: len(world.said(odd)) == 2, seconds=60)


def test_the_retries_of_one_message_hold_the_next_ones_back_for_at_most_ten_seconds(
    make_world: MakeWorld,
) -> None:
    """Two retries, after 2 and 4 seconds and a fifth of jitter, besides what the attempts themselves take."""
    with make_world() as world:
        conversation_id = world.greeted(**_person(1))
        world.model.faults.add("refusal", times=2)
        world.chatwoot.customer_says(conversation_id, "What is TDSR?")
        world.until(lambda: world.rows("select 1 from procrastinate_jobs where attempts = 1"))
        began = time.monotonic()
        asked = world.chatwoot.customer_says(conversation_id, "And MSR?")
        world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}"), seconds=30)
        assert time.monotonic() - began < 10
        assert not world.rows("select 1 from unanswered_messages")


_LAST_STARTS = (
    "select j.id, max(e.at) as at from procrastinate_jobs j join procrastinate_events e on e.job_id = j.id"
    " where e.type = 'started' and j.task_name = 'incoming-message' group by j.id order by at"
)
_RUNNING = "select 1 from procrastinate_jobs where status = 'doing' and task_name = 'incoming-message'"


def _breaker(world: World, name: str) -> tuple[str, str | None]:
    [row] = world.rows("select state, reason from circuit_breakers where name = %(name)s", name=name)
    return row["state"], row["reason"]


def _looks(world: World, name: str) -> Any:
    [row] = world.rows("select looks from circuit_breakers where name = %(name)s", name=name)
    return row["looks"]


def _not_ready(world: World) -> str:
    answer = httpx.get(f"{world.web_url}/readyz")
    assert answer.status_code == 503
    return " ".join(answer.json()["wrong"])


def _person(number: int) -> dict[str, str]:
    return {"email": f"outage{number}@example.com", "phone": f"+65 8400 00{number:02d}"}
