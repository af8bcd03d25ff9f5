"""The console over a conversation that really took place: web, worker and the two stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.databases import scratch_database
from tests.pipelines.world import World, running_world
from tests.web.ops.conftest import OPERATOR_PASSWORD, VIEWER_PASSWORD
from tests.web.ops.signing import Person

_numbers = count(1)
WRONG = "The buyer's stamp duty on S$1,200,000 comes to S$44,444."
RIGHT = "The buyer's stamp duty (BSD) on S$1,200,000 comes to S$32,600."


@pytest.fixture(scope="module")
def world(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with (
        scratch_database(postgres_url, migrated_template) as url,
        running_world(
            url,
            tmp_path_factory.mktemp("logs"),
            NEXTNEST_OPS_PASSWORD=OPERATOR_PASSWORD,
            NEXTNEST_OPS_VIEWER_PASSWORD=VIEWER_PASSWORD,
        ) as running,
    ):
        yield running


@pytest.fixture
def aisha(world: World) -> Iterator[Person]:
    with Person(world.web_url, OPERATOR_PASSWORD) as person:
        yield person


def test_the_whole_story_of_a_conversation_is_on_one_page(world: World, aisha: Person) -> None:
    number = _greeted(world)
    world.model.say_next(WRONG)
    world.model.call_next("calculate_bsd", {"amount": "1200000", "use": "residential"})
    world.model.say_next(RIGHT)
    _says(world, number, "What is the buyer's stamp duty on a $1,200,000 condo?", "answered")
    _says(world, number, "I want to talk to a real person please", "handed over")
    world.until(lambda: "handed_off" in _state(world, number))
    world.chatwoot.agent_says(number, "Hello, Priya here. What can I do for you?")
    page = world.until(lambda: _having(aisha.page(f"/ops/conversations/{number}"), "Priya here"))
    story = page.split("Arrival")[1]
    for told in (
        "Lead received",
        "Points of the score",
        "the browser claimed 97; not used",
        "Conversation known on the queue",
        "new-conversation deferred",
        "new-conversation started",
        "Broker matched",
        "Attributes",
        "Line in the chat",
        "Greeting",
        "new-conversation: greeted",
        "The customer wrote",
        "What is the buyer's stamp duty on a $1,200,000 condo?",
        "by webhook",
        "sandbox-model ● answered",
        "▲ rejected the guard stopped it",
        "Why the guard stopped it",
        "Calculated calculate_bsd",
        "rule bsd_residential",
        "● used the guard let it pass",
        "Where each figure comes from",
        RIGHT,
        "incoming-message: answered",
        "Handed over asked for person",
        "What the colleague is told",
        "Notice: a person is coming",
        "incoming-message: handed over",
        "People at work",
        "Hello, Priya here.",
    ):
        assert told in story, told
    assert WRONG not in story
    _in_order(
        story,
        "Lead received",
        "Broker matched",
        "Greeting",
        "by webhook",
        "Calculated",
        "Handed over",
        "Priya",
    )


def test_a_viewer_reads_the_same_story_without_words_and_figures(world: World) -> None:
    number = _greeted(world)
    _says(world, number, "My mother Rosalind earns 7654 a month", "answered")
    with Person(world.web_url, VIEWER_PASSWORD, "Ben") as ben:
        page = ben.page(f"/ops/conversations/{number}")
    assert "incoming-message: answered" in page
    for personal in ("Rosalind", "7654", "Customer number", "@example.com", "7200"):
        assert personal not in page, personal


def test_taken_over_the_ai_falls_silent_and_chatwoot_is_told(world: World, aisha: Person) -> None:
    number = _greeted(world)
    page = aisha.act(f"/ops/conversations/{number}/take-over")
    assert "A person has it now and the AI is silent" in page
    assert _row(world, number)["held_by"] == "person"
    world.until(lambda: _state(world, number) == "handed_off")
    assert not world.rows("select 1 from ai_brokers where %(id)s = any (active_conversations)", id=number)
    world.until(lambda: world.chatwoot.conversation(number)["status"] == "open")
    note = "Console: Aisha took this conversation over. The AI is silent now."
    world.until(lambda: note in world.said(number, private=True))
    _says(world, number, "Is anybody there?", "left to a person")
    assert _actions(world, number) == ["take-over"]
    world.until(world.quiet)
    assert _row(world, number)["held_by"] == "person"


def test_given_back_the_ai_answers_again_and_chatwoot_is_told(world: World, aisha: Person) -> None:
    number = _greeted(world)
    aisha.act(f"/ops/conversations/{number}/take-over")
    world.until(lambda: world.chatwoot.conversation(number)["status"] == "open")
    world.until(lambda: _state(world, number) == "handed_off")
    page = aisha.act(f"/ops/conversations/{number}/give-back")
    assert "The AI goes on with it" in page
    world.until(lambda: _state(world, number) == "active")
    world.until(lambda: world.chatwoot.conversation(number)["status"] == "pending")
    _says(world, number, "So what is a TDSR?", "answered")
    world.until(lambda: len(world.said(number, private=True)) == 2)
    assert _actions(world, number) == ["take-over", "give-back"]


def test_taken_and_given_back_at_once_it_ends_with_the_ai_everywhere(world: World, aisha: Person) -> None:
    number = _greeted(world)
    aisha.act(f"/ops/conversations/{number}/take-over")
    aisha.act(f"/ops/conversations/{number}/give-back")
    world.until(world.quiet)
    world.until(
        lambda: (
            (_state(world, number), world.chatwoot.conversation(number)["status"]) == ("active", "pending")
        )
    )
    _says(world, number, "So what is a TDSR?", "answered")


def test_closed_its_place_goes_to_the_next_in_line(world: World, aisha: Person) -> None:
    number = _greeted(world)
    world.execute("update ai_brokers set max_concurrent_chats = current_workload")
    try:
        waiting = int(_submit(world)["conversationId"])
        world.until(lambda: _state(world, waiting) == "waiting")
        page = aisha.act(f"/ops/conversations/{number}/close")
        assert "It is being closed" in page
        world.until(lambda: _state(world, number) == "resolved")
        world.until(lambda: _state(world, waiting) == "active")
    finally:
        world.execute("update ai_brokers set max_concurrent_chats = 5 + current_workload")
    world.until(lambda: world.chatwoot.conversation(number)["status"] == "resolved")
    world.until(world.quiet)
    assert _state(world, number) == "resolved"
    assert world.rows("select * from broker_capacity_drift") == []
    assert _actions(world, number) == ["close-conversation"]


def test_a_failed_attempt_is_told_with_where_its_error_came_from(world: World, aisha: Person) -> None:
    number = _greeted(world)
    world.chatwoot.faults.add("error_500_before", method="POST", path="/messages$", times=1)
    _says(world, number, "So what is a TDSR?", "answered")
    page = aisha.page(f"/ops/conversations/{number}")
    assert "incoming-message: attempt 1 failed" in page
    assert "ChatwootUnavailable" in page
    assert "Where the error came from" in page
    _in_order(page, "attempt 1 failed", "will be tried again", "incoming-message: answered")


def test_run_again_answers_what_lost_its_job(world: World, aisha: Person) -> None:
    number = _greeted(world)
    world.execute("insert into incoming_messages values (%(id)s, 900000, 'What is LTV?', 'sweep')", id=number)
    page = aisha.act(f"/ops/conversations/{number}/run-again")
    assert "A new incoming-message job waits for a worker" in page
    world.until(lambda: world.outcome_of(f"incoming-{number}-900000") == "answered")
    assert _actions(world, number) == ["run-again"]


def _submit(world: World) -> dict[str, Any]:
    person = next(_numbers)
    fields = {
        "name": f"Customer number {person}",
        "email": f"customer{person}@example.com",
        "phone": f"+65 8{person:07d}",
    }
    return dict(world.submit(**fields).json())


def _greeted(world: World) -> int:
    number = int(_submit(world)["conversationId"])
    world.until(lambda: world.outcome_of(f"new-conversation-{number}"), 60)
    return number


def _says(world: World, number: int, text: str, outcome: str) -> None:
    message = world.chatwoot.customer_says(number, text)["id"]
    world.until(lambda: world.outcome_of(f"incoming-{number}-{message}") == outcome, 60)


def _row(world: World, number: int) -> dict[str, Any]:
    return world.rows("select * from broker_conversations where conversation_id = %(id)s", id=number)[0]


def _state(world: World, number: int) -> str:
    return str(_row(world, number)["status"])


def _actions(world: World, number: int) -> list[str]:
    rows = world.rows(
        "select action, operator, role from operator_actions where conversation_id = %(id)s order by id",
        id=number,
    )
    assert {(row["operator"], row["role"]) for row in rows} == {("Aisha", "operator")}
    return [row["action"] for row in rows]


def _having(page: str, words: str) -> str | None:
    return page if words in page else None


def _in_order(text: str, *parts: str) -> None:
    places = [text.index(part) for part in parts]
    assert places == sorted(places), dict(zip(parts, places, strict=True))
