"""Figures come from calculators, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nextnest.rules.mortgage import tools
from tests.pipelines.world import World

Person = dict[str, str]
QUESTION = "What is the buyer's stamp duty on a $1,200,000 condo?"
TRUE = "The buyer's stamp duty (BSD) on S$1,200,000 comes to S$32,600."
BSD = {"amount": "1200000", "use": "residential"}


def test_a_calculated_figure_is_said_and_the_calculation_is_kept_and_can_be_run_again(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.call_next("calculate_bsd", BSD)
    world.model.say_next(TRUE)
    assert _asked(world, conversation_id) == "answered"
    assert world.said(conversation_id)[1:] == [TRUE]
    [run] = world.rows("select * from tool_runs where conversation_id = %(id)s", id=conversation_id)
    assert (run["name"], run["arguments"]) == ("calculate_bsd", BSD)
    assert "bsd_residential" in run["result"]
    assert tools.run(run["name"], run["arguments"], run["day"]).as_json() == run["result"]


def test_the_same_figure_without_a_calculation_fetches_a_person(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.say_next(TRUE, times=2)
    assert _asked(world, conversation_id) == "handed over"
    assert not any("32,600" in text for text in world.said(conversation_id))


@pytest.mark.parametrize("wrong", ["S$32,500", "S$33,600", "S$326,00", "32.6 million"])
def test_a_figure_that_differs_from_the_calculation_is_never_said(
    world: World, somebody: Person, wrong: str
) -> None:
    conversation_id = world.greeted(**somebody)
    for _ in range(2):
        world.model.call_next("calculate_bsd", BSD)
        world.model.say_next(TRUE.replace("S$32,600", wrong))
    assert _asked(world, conversation_id) == "handed over"
    assert not any(wrong in text for text in world.said(conversation_id))


def test_what_the_customer_has_not_said_is_asked_for_and_never_assumed(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.call_next("calculate_bsd", {"amount": "990000", "use": "residential"})
    world.model.say_next("What is the price of the condo you have in mind?")
    assert _asked(world, conversation_id, "What is the stamp duty on a condo?") == "answered"
    assert not world.rows("select 1 from tool_runs where conversation_id = %(id)s", id=conversation_id)
    told = [item for item in _last_input(world) if item.get("type") == "function_call_output"]
    assert "Nobody has said amount" in told[0]["output"]


def test_a_model_that_never_stops_calculating_is_stopped(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.clear_journals()
    world.model.call_next("calculate_bsd", BSD, times=10_000)
    try:
        world.chatwoot.customer_says(conversation_id, "How does a lock-in period work?")
        world.until(
            lambda: world.rows("select 1 from handoffs where conversation_id = %(id)s", id=conversation_id),
            60,
        )
        assert len(world.model.calls) < 60
    finally:
        world.model.script.clear()


def test_no_model_and_a_calculation_asked_for_the_calculator_answers(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.faults.add("error_500", times=None)
    try:
        assert _asked(world, conversation_id) == "answered"
    finally:
        world.model.faults.clear()
    [answer] = world.said(conversation_id)[1:]
    assert "S$32,600" in answer
    assert "By our calculator" in answer
    [reply] = world.rows("select model from ai_replies where conversation_id = %(id)s", id=conversation_id)
    assert reply["model"] == "calculator"


def test_tools_name_nothing_but_numbers_days_and_choices() -> None:
    """Nothing a model may call can name a conversation, a person or a text."""
    allowed = {"string", "integer", "boolean", "null", "array", "object", "number"}
    for tool in tools.definitions():
        words = json.dumps(tool["parameters"])
        assert not any(word in words for word in ("conversation", "owner", "message", "email", "phone"))
        assert set(_types(tool["parameters"])) <= allowed


def _types(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [found for each in schema for found in _types(each)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("type", [])
    return [*([own] if isinstance(own, str) else own), *_types(list(schema.values()))]


def _asked(world: World, conversation_id: int, question: str = QUESTION) -> str | None:
    asked = world.chatwoot.customer_says(conversation_id, question)
    lock = f"incoming-{conversation_id}-{asked['id']}"
    return world.until(lambda: world.outcome_of(lock), seconds=40)


def _last_input(world: World) -> list[dict[str, Any]]:
    return list(world.model.calls[-1].input)
