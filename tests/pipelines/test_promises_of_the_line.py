"""Those who wait: the line is in the database and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from nextnest import deferring
from tests.pipelines.world import World, running_world


@pytest.fixture
def one_place(database_url: str, tmp_path: Path) -> Iterator[World]:
    """One broker with one place."""
    with running_world(database_url, tmp_path) as world:
        world.execute("update ai_brokers set max_concurrent_chats = 1, is_active = slug = 'rachel-tan'")
        yield world


def test_the_line_survives_the_end_of_every_worker(one_place: World) -> None:
    world = one_place
    first, second, third = (_arrived(world, number) for number in range(3))
    world.workers[0].kill()
    world.workers[0].wait()
    world.start_worker()
    assert _line(world) == [second, third]
    world.chatwoot.resolve(first)
    world.until(lambda: len(world.said(second)) == 2 and world.quiet(), seconds=40)
    assert _line(world) == [third]
    assert len(world.said(third)) == 1


def test_with_every_broker_paused_a_lead_waits_and_gets_no_made_up_broker(one_place: World) -> None:
    world = one_place
    world.execute("update ai_brokers set is_active = false")
    conversation_id = _arrived(world, 0)
    assert _line(world) == [conversation_id]
    assert "broker_name" not in world.chatwoot.conversation(conversation_id)["custom_attributes"]
    assert not world.rows("select 1 from job_outcomes where outcome = 'failed'")
    world.execute("update ai_brokers set is_active = true where slug = 'grace-lim'")
    world.until(lambda: len(world.activities(conversation_id)) == 1 and world.quiet(), seconds=40)
    assert "Grace Lim" in world.activities(conversation_id)[0]


def test_a_customer_of_a_paused_broker_with_a_limit_below_her_load_is_answered(one_place: World) -> None:
    world = one_place
    conversation_id = _arrived(world, 0)
    world.execute("update ai_brokers set is_active = false, max_concurrent_chats = 0")
    asked = world.chatwoot.customer_says(conversation_id, "What is a lock-in period?")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")
    assert not world.rows("select * from broker_capacity_drift")


def test_twelve_customers_come_and_go_through_one_place_and_nothing_has_to_be_reset(
    one_place: World,
) -> None:
    world = one_place
    for number in range(12):
        conversation_id = _arrived(world, number)
        assert len(world.activities(conversation_id)) == 1, f"customer {number} had to wait"
        world.chatwoot.resolve(conversation_id)
        world.until(lambda: not world.rows("select 1 from ai_brokers where current_workload > 0"))
    assert not world.rows("select * from broker_capacity_drift")


def test_what_was_asked_before_a_conversation_was_closed_takes_no_place_afterwards(one_place: World) -> None:
    world = one_place
    first, second = (_arrived(world, number) for number in range(2))
    asked = world.chatwoot.customer_says(second, "How long does it take?")
    lock = f"incoming-{second}-{asked['id']}"
    world.until(lambda: world.outcome_of(lock) == "waiting for a broker")
    for conversation_id in (second, first):
        world.chatwoot.resolve(conversation_id)
    world.until(lambda: not world.rows("select 1 from broker_conversations where status <> 'resolved'"))
    with psycopg.connect(world.database_url, options="-c search_path=nextnest") as conn:
        deferring.incoming_message(second, asked["id"]).defer_sync(conn)
    world.until(lambda: world.outcome_of(lock) == "closed before it was answered")
    assert not world.rows("select 1 from ai_brokers where current_workload > 0")
    assert not world.rows("select 1 from unanswered_messages")


def test_who_asks_for_a_person_in_line_gets_one_at_once(one_place: World) -> None:
    world = one_place
    first, second, third = (_arrived(world, number) for number in range(3))
    asked = world.chatwoot.customer_says(second, "Can I talk to a human please?")
    world.until(lambda: world.outcome_of(f"incoming-{second}-{asked['id']}") == "handed over")
    assert _line(world) == [third]
    assert world.chatwoot.conversation(second)["status"] == "open"
    assert not world.rows("select 1 from unanswered_messages")
    world.chatwoot.resolve(first)
    world.until(lambda: len(world.activities(third)) == 1 and world.quiet())
    assert world.activities(second) == []


def _arrived(world: World, number: int) -> int:
    """Greeted or put in line; the conversation's id."""
    person = {"email": f"line{number}@example.com", "phone": f"+65 950000{number:02d}"}
    return world.greeted(**person, name=f"Teo Number {number}")


def _line(world: World) -> list[int]:
    rows = world.rows("select conversation_id from waiting_leads order by position")
    return [row["conversation_id"] for row in rows]
