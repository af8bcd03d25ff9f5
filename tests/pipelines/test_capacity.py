"""Places: never over, never lost, and whoever waits is served in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world


@pytest.fixture
def small_world(database_url: str, tmp_path: Path) -> object:
    """Two workers and three places in all."""
    with running_world(database_url, tmp_path, workers=2) as world:
        world.execute("update ai_brokers set max_concurrent_chats = 1")
        world.execute("update ai_brokers set is_active = false where slug in ('michelle-chen', 'grace-lim')")
        yield world


def test_nobody_free_a_lead_waits_in_order_is_told_once_and_is_served_when_a_place_frees(
    small_world: World,
) -> None:
    world = small_world
    with ThreadPoolExecutor(8) as pool:
        ids = [a.json()["conversationId"] for a in pool.map(lambda n: world.submit(**_person(n)), range(8))]
    world.until(
        lambda: len(world.rows("select 1 from job_outcomes where task_name = 'new-conversation'")) == 8
    )
    assert not world.rows("select * from broker_capacity_drift")
    assert not world.rows("select 1 from ai_brokers where current_workload > max_concurrent_chats")
    waiting = [row["conversation_id"] for row in world.rows("select * from waiting_leads order by position")]
    assert len(waiting) == 5
    assert {len(world.said(conversation_id)) for conversation_id in ids} == {1}

    for conversation_id in [id_ for id_ in ids if id_ not in waiting]:
        world.chatwoot.set_status(conversation_id, "resolved")
    world.until(lambda: len(world.rows("select 1 from waiting_leads")) == 2)
    served = [id_ for id_ in waiting if len(_sent(world, id_, "greeting")) == 1 or _active(world, id_)]
    assert served == waiting[:3]
    world.until(lambda: all(len(world.said(id_)) == 2 for id_ in served))
    assert all(len(_sent(world, id_, "waiting_notice")) == 1 for id_ in waiting)
    assert not world.rows("select * from broker_capacity_drift")


def test_what_was_asked_while_waiting_is_answered_once_a_broker_is_there(small_world: World) -> None:
    world = small_world
    ids = [world.submit(**_person(n)).json()["conversationId"] for n in range(4)]
    world.until(
        lambda: len(world.rows("select 1 from job_outcomes where task_name = 'new-conversation'")) == 4
    )
    [waiting] = [row["conversation_id"] for row in world.rows("select conversation_id from waiting_leads")]
    asked = world.chatwoot.customer_says(waiting, "Hello? What is TDSR?")
    lock = f"incoming-{waiting}-{asked['id']}"
    world.until(lambda: world.outcome_of(lock) == "waiting for a broker")
    [unanswered] = world.rows(
        "select reason from unanswered_messages where conversation_id = %(id)s", id=waiting
    )
    assert unanswered["reason"] == "waiting for a broker"
    world.chatwoot.set_status(next(id_ for id_ in ids if id_ != waiting), "resolved")
    world.until(lambda: world.outcome_of(lock) == "answered")
    assert [row["kind"] for row in _sent(world, waiting)] == [
        "waiting_notice",
        "attributes",
        "activity",
        "greeting",
        "reply",
    ]


def test_more_room_serves_the_waiting_without_anybody_leaving(small_world: World) -> None:
    world = small_world
    for n in range(4):
        world.submit(**_person(n))
    world.until(lambda: len(world.rows("select 1 from waiting_leads")) == 1)
    world.execute("update ai_brokers set max_concurrent_chats = 2 where slug = 'rachel-tan'")
    world.until(lambda: not world.rows("select 1 from waiting_leads"), seconds=40)
    assert not world.rows("select * from broker_capacity_drift")


def _person(number: int) -> dict[str, str]:
    return {
        "email": f"waiting{number}@example.com",
        "phone": f"+65 900000{number:02d}",
        "name": f"Ng Number {number}",
    }


def _active(world: World, conversation_id: int) -> bool:
    return bool(
        world.rows(
            "select 1 from broker_conversations where conversation_id = %(id)s and status = 'active'",
            id=conversation_id,
        )
    )


def _sent(world: World, conversation_id: int, kind: str | None = None) -> list[dict[str, object]]:
    return world.rows(
        "select kind from outgoing_messages where conversation_id = %(id)s and state = 'sent'"
        " and kind = coalesce(%(kind)s, kind) order by sent_at",
        id=conversation_id,
        kind=kind,
    )
