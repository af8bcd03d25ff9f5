"""A person takes a conversation by any route and at any instant: the AI sends nothing after the webhook's commit.

What is already on its way to Chatwoot when she takes it still arrives: between the intent and the request nothing can be
stopped, and nobody can tell that it was not a moment earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from tests.databases import scratch_database
from tests.pipelines.world import World, running_world

_numbers = count(1)
Act = Callable[[World, int], None]

TAKE: dict[str, Act] = {
    "dashboard": lambda world, id_: _do(world.chatwoot.agent_says(id_, "Hello, Priya here.")),
    "phone": lambda world, id_: _do(world.chatwoot.agent_says_by_phone(id_, "Hello, Priya here.")),
    "assignment": lambda world, id_: world.chatwoot.assign(id_, world.chatwoot.agent),
    "label": lambda world, id_: world.chatwoot.label(id_, "vip", "person"),
    "note": lambda world, id_: _do(world.chatwoot.agent_says(id_, "/take mine", private=True)),
    "status": lambda world, id_: world.chatwoot.set_status(id_, "open"),
}
GIVE: dict[str, Act] = {
    "dashboard": lambda world, id_: _do(world.chatwoot.agent_says(id_, "/GIVE", private=True)),
    "phone": lambda world, id_: _do(world.chatwoot.agent_says(id_, "/give", private=True)),
    "assignment": lambda world, id_: world.chatwoot.assign(id_, None),
    "label": lambda world, id_: world.chatwoot.label(id_, "vip"),
    "note": lambda world, id_: _do(world.chatwoot.agent_says(id_, "/give please", private=True)),
    "status": lambda world, id_: world.chatwoot.set_status(id_, "pending"),
}


@pytest.fixture(scope="module")
def slow_world(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Human-like waits, so that there is a moment to act in."""
    with (
        scratch_database(postgres_url, migrated_template) as url,
        running_world(url, tmp_path_factory.mktemp("logs"), NEXTNEST_PACE="2") as world,
    ):
        world.execute("update ai_brokers set max_concurrent_chats = 100")
        yield world


def test_taken_before_the_customer_writes_it_is_left_to_the_person(slow_world: World) -> None:
    world, taken = slow_world, _greeted(slow_world)
    for route, id_ in taken.items():
        TAKE[route](world, id_)
    _silent(world, taken, {id_: _asks(world, id_) for id_ in taken.values()})


def test_taken_while_we_listen_for_more_it_is_left_to_the_person(slow_world: World) -> None:
    world, taken = slow_world, _greeted(slow_world)
    asked = {id_: _asks(world, id_) for id_ in taken.values()}
    for route, id_ in taken.items():
        world.until(lambda id_=id_: _started(world, id_))
        TAKE[route](world, id_)
    _silent(world, taken, asked)


def test_taken_while_the_model_works_it_is_left_to_the_person(slow_world: World) -> None:
    world, taken = slow_world, _greeted(slow_world)
    fault = world.model.faults.add("slow", seconds=8.0, times=None)
    begun = world.model.arrived
    asked = {id_: _asks(world, id_) for id_ in taken.values()}
    world.until(lambda: world.model.arrived >= begun + len(taken), seconds=60)
    for route, id_ in taken.items():
        TAKE[route](world, id_)
    world.model.faults.clear()
    assert fault
    _silent(world, taken, asked)


def test_taken_while_the_draft_waits_it_is_left_to_the_person(slow_world: World) -> None:
    world, taken = slow_world, _greeted(slow_world)
    asked = {id_: _asks(world, id_) for id_ in taken.values()}
    waiting = dict(taken)
    while waiting:
        drafted = world.until(lambda: _drafted(world, waiting), seconds=60)
        for route in drafted:
            TAKE[route](world, waiting.pop(route))
    _silent(world, taken, asked)


def test_whatever_took_a_conversation_has_a_way_of_giving_it_back(slow_world: World) -> None:
    world, taken = slow_world, _greeted(slow_world)
    for route, id_ in taken.items():
        TAKE[route](world, id_)
    world.until(lambda: all(_row(world, id_)["status"] == "handed_off" for id_ in taken.values()), 60)
    for route, id_ in taken.items():
        GIVE[route](world, id_)
    world.until(lambda: all(_row(world, id_)["status"] == "active" for id_ in taken.values()), 60)
    asked = {id_: _asks(world, id_) for id_ in taken.values()}
    world.until(lambda: all(_outcome(world, id_, asked) == "answered" for id_ in taken.values()), 90)


def _greeted(world: World) -> dict[str, int]:
    """A conversation for each route, all greeted at the same time."""
    ids = {}
    for route in TAKE:
        number = next(_numbers)
        fields = {
            "name": f"Lim {route} {number}",
            "email": f"{route}{number}@example.com",
            "phone": f"+65 8{number:07d}",
        }
        ids[route] = int(world.submit(**fields).json()["conversationId"])
    for id_ in ids.values():
        world.until(lambda id_=id_: world.outcome_of(f"new-conversation-{id_}"), seconds=60)
    return ids


def _asks(world: World, conversation_id: int) -> int:
    """A question that trails off: we listen longer."""
    return int(world.chatwoot.customer_says(conversation_id, "Which documents do I need for")["id"])


def _silent(world: World, taken: dict[str, int], asked: dict[int, int]) -> None:
    """Nobody was answered by the AI: neither by the outbox nor in Chatwoot."""
    for route, id_ in taken.items():
        world.until(lambda id_=id_: _outcome(world, id_, asked) == "left to a person", seconds=60)
        assert _row(world, id_)["held_by"] == "person", route
        late = "select 1 from outgoing_messages where conversation_id = %(id)s and kind = 'reply' and state = 'sent'"
        assert not world.rows(late, id=id_), route
        ours = [m for m in world.chatwoot.messages(id_) if "nextnest_id" in m["content_attributes"]]
        assert len([m for m in ours if m["message_type"] == 1 and not m["private"]]) == 1, route


def _outcome(world: World, conversation_id: int, asked: dict[int, int]) -> str | None:
    return world.outcome_of(f"incoming-{conversation_id}-{asked[conversation_id]}")


def _started(world: World, conversation_id: int) -> bool:
    started = "select 1 from incoming_messages where conversation_id = %(id)s and started_at is not null"
    return bool(world.rows(started, id=conversation_id))


def _drafted(world: World, waiting: dict[str, int]) -> list[str]:
    drafts = "select 1 from outgoing_messages where conversation_id = %(id)s and kind = 'reply' and state = 'planned'"
    return [route for route, id_ in waiting.items() if world.rows(drafts, id=id_)]


def _row(world: World, conversation_id: int) -> dict[str, Any]:
    [row] = world.rows(
        "select * from broker_conversations where conversation_id = %(id)s", id=conversation_id
    )
    return row


def _do(_done: object) -> None:
    """A route says nothing."""
