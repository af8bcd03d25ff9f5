"""Chatwoot does what we ask and then does not say so: nothing is doubled, nothing is missing, nothing is sent blind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import scratch_database
from tests.pipelines.lost import PAIRS, Pair, bring_together
from tests.pipelines.world import World, running_world

Person = dict[str, str]
# What is set and makes no message.
SETTINGS = frozenset({"attributes", "status"})


@pytest.fixture(scope="module")
def world(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """After every kind of effect has met every lost answer."""
    logs: Path = tmp_path_factory.mktemp("logs")
    with (
        scratch_database(postgres_url, migrated_template) as database_url,
        running_world(database_url, logs, workers=0) as running,
    ):
        bring_together(running)
        yield running


@pytest.fixture(autouse=True)
def no_fault_is_left_over(world: World) -> Iterator[None]:
    yield
    world.chatwoot.faults.clear()


def effects(world: World, conversation_id: int) -> list[dict[str, Any]]:
    return world.rows(
        "select id::text, kind, state, attempts, chatwoot_message_id from outgoing_messages"
        " where conversation_id = %(id)s order by planned_at, position",
        id=conversation_id,
    )


def struck(world: World, pair: Pair) -> bool:
    """Whether the fault was really met in this conversation."""
    return any(
        request.fault == pair.fault and f"/conversations/{pair.conversation_id}/" in request.path
        for request in world.chatwoot.requests
    )


@pytest.mark.parametrize("pair", PAIRS.values(), ids=[f"{kind}-{fault}" for kind, fault in PAIRS])
def test_an_effect_whose_answer_was_lost_is_there_once(world: World, pair: Pair) -> None:
    assert struck(world, pair)
    rows = effects(world, pair.conversation_id)
    [row] = [row for row in rows if row["kind"] == pair.kind]
    assert row["state"] == "sent"
    assert {r["kind"] for r in rows if r["state"] != "sent"} == not_wanted(pair)
    messages = world.chatwoot.messages(pair.conversation_id)
    carried = Counter(message["content_attributes"].get("nextnest_id") for message in messages)
    wanted = {r["id"]: r["chatwoot_message_id"] for r in rows if r["chatwoot_message_id"]}
    assert len(wanted) == len([r for r in rows if r["state"] == "sent" and r["kind"] not in SETTINGS])
    assert {one: count for one, count in carried.items() if one} == dict.fromkeys(wanted, 1)
    for message in messages:
        if effect_id := message["content_attributes"].get("nextnest_id"):
            assert wanted[effect_id] == message["id"]


def not_wanted(pair: Pair) -> set[str]:
    """A lead whose attributes were refused for good is how a failure notice comes about; its broker never arrives."""
    return {"attributes", "activity", "greeting"} if pair.kind == "failure_notice" else set()


@pytest.mark.parametrize("pair", [pair for pair in PAIRS.values() if pair.kind in SETTINGS], ids=str)
def test_what_was_set_is_what_chatwoot_holds(world: World, pair: Pair) -> None:
    conversation = world.chatwoot.conversation(pair.conversation_id)
    if pair.kind == "status":
        assert conversation["status"] == "open"
    else:
        assert conversation["custom_attributes"]["ai_status"] == "bot_active"
        assert "nextnest_lead_id" in conversation["custom_attributes"]


def test_nothing_is_left_unsettled(world: World) -> None:
    assert world.rows("select * from unsettled_effects") == []
    assert world.rows("select * from broker_capacity_drift") == []


@pytest.mark.parametrize("kind", ["greeting", "reply"])
def test_what_cannot_be_read_back_stays_unknown_in_sight_and_unsent_until_it_can(
    world: World, somebody: Person, kind: str
) -> None:
    reading = "/conversations/[0-9]+/messages$"
    if kind == "reply":
        conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("error_500_before", method="GET", path=reading, times=None)
    world.chatwoot.faults.add("drop_before", method="POST", path=reading, contains='"private":false')
    if kind == "reply":
        world.chatwoot.customer_says(conversation_id, "What is a lock-in period?")
    else:
        conversation_id = int(world.submit(**somebody).json()["conversationId"])
    view = "select kind, state, attempts, last_error, since from unsettled_effects where conversation_id = %(id)s"
    unknown = f"{view} and state = 'unknown'"
    world.until(lambda: tried_again(world, conversation_id) and world.rows(unknown, id=conversation_id))
    [row] = world.rows(view, id=conversation_id)
    assert (row["kind"], row["state"], row["attempts"]) == (kind, "unknown", 1)
    assert row["last_error"]
    assert row["since"]
    already = 1 if kind == "reply" else 0
    assert len(world.said(conversation_id)) == already
    world.chatwoot.faults.clear()
    world.until(lambda: world.quiet() and not world.rows(view, id=conversation_id), seconds=60)
    assert len(world.said(conversation_id)) == already + 1
    states = {row["kind"]: row["state"] for row in effects(world, conversation_id)}
    assert states[kind] == "sent"


def tried_again(world: World, conversation_id: int) -> bool:
    """The job has been through at least one attempt that could not read the conversation."""
    return bool(
        world.rows(
            "select 1 from procrastinate_jobs where lock = 'conversation-' || %(id)s and attempts > 0",
            id=conversation_id,
        )
    )


@pytest.mark.parametrize("line", ["joined", "Hi Lim"])
def test_a_message_chatwoot_never_takes_keeps_nobody_from_fetching_a_person(
    world: World, somebody: Person, line: str
) -> None:
    world.chatwoot.faults.add(
        "unprocessable_422", method="POST", path="/messages$", contains=line, times=None
    )
    conversation_id = int(world.submit(**somebody).json()["conversationId"])
    world.until(lambda: world.chatwoot.conversation(conversation_id)["status"] == "open", seconds=60)
    assert len(world.said(conversation_id, private=True)) == 1
    assert len(world.said(conversation_id)) == 1
    world.until(world.quiet)
    assert world.rows("select * from unsettled_effects") == []


def test_a_rate_limit_is_waited_out(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("rate_limited", method="POST", path="/messages$", times=1)
    asked = world.chatwoot.customer_says(conversation_id, "What is a lock-in period?")
    world.until(
        lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered", seconds=40
    )
    assert len(world.said(conversation_id)) == 2


def test_a_lead_is_kept_while_chatwoot_is_away_and_opened_when_it_is_back(
    world: World, somebody: Person
) -> None:
    world.chatwoot.faults.add("error_500_before", method="GET", path="/contacts/search", times=4)
    answer = world.submit(**somebody)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["pending"] is True
    assert body["phoneFallback"]
    lead_id = body["leadId"]
    state = "select state, conversation_id from leads where id = %(id)s"
    world.until(lambda: world.rows(state, id=lead_id)[0]["state"] == "opened", seconds=60)
    world.chatwoot.faults.clear()
    conversation_id = world.rows(state, id=lead_id)[0]["conversation_id"]
    world.until(lambda: world.outcome_of(f"new-conversation-{conversation_id}") == "greeted")
    assert len(world.said(conversation_id)) == 1


def test_a_conversation_whose_creation_was_not_answered_is_found_again(
    world: World, somebody: Person
) -> None:
    world.chatwoot.faults.add("drop_after", method="POST", path="/conversations$", times=1)
    answer = world.submit(**somebody)
    assert answer.status_code == 202, answer.text
    lead_id = answer.json()["leadId"]
    world.until(
        lambda: world.rows("select 1 from leads where id = %(id)s and state = 'opened'", id=lead_id),
        seconds=60,
    )
    mine = [c for c in world.chatwoot.conversations() if c["meta"]["sender"]["email"] == somebody["email"]]
    assert len(mine) == 1
