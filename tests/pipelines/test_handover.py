"""When a person is wanted, or takes over by herself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world

Person = dict[str, str]


def test_asking_for_a_person_hands_over_without_an_answer_of_the_model(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    calls = len(world.model.calls)
    asked = world.chatwoot.customer_says(conversation_id, "Can I talk to a human please?")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "handed over")
    [row] = world.rows(
        "select * from broker_conversations where conversation_id = %(id)s", id=conversation_id
    )
    assert (row["status"], row["held_by"], row["handoff_reason"]) == (
        "handed_off",
        "person",
        "asked_for_person",
    )
    assert world.chatwoot.conversation(conversation_id)["status"] == "open"
    assert len(world.said(conversation_id)) == 2
    assert len(world.said(conversation_id, private=True)) == 1
    assert len(world.model.calls) == calls
    assert not world.rows("select * from broker_capacity_drift")


def test_the_place_is_free_again_after_a_hand_over(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    held = "select slug from ai_brokers where %(id)s = any (active_conversations)"
    assert world.rows(held, id=conversation_id)
    asked = world.chatwoot.customer_says(conversation_id, "This is a complaint. I am unhappy.")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "handed over")
    assert not world.rows(held, id=conversation_id)


def test_the_ai_is_silent_while_a_person_has_the_conversation(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.agent_says(conversation_id, "Hi, this is Daniel, I will take it from here.")
    world.until(lambda: _status(world, conversation_id) == "handed_off")
    asked = world.chatwoot.customer_says(conversation_id, "Great, thank you!")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "left to a person")
    assert len(world.said(conversation_id)) == 2


def test_a_conversation_given_back_is_answered_again_without_a_second_greeting(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.agent_says(conversation_id, "I looked into it, back to the assistant.")
    world.until(lambda: _status(world, conversation_id) == "handed_off")
    world.chatwoot.set_status(conversation_id, "open")
    world.chatwoot.set_status(conversation_id, "pending")
    world.until(lambda: _status(world, conversation_id) == "active")
    asked = world.chatwoot.customer_says(conversation_id, "And what about the valuation?")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")
    assert len(world.activities(conversation_id)) == 1
    assert len(world.said(conversation_id)) == 3


def test_a_resolved_conversation_gives_its_place_back(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.set_status(conversation_id, "resolved")
    world.until(lambda: _status(world, conversation_id) == "resolved")
    assert not world.rows(
        "select 1 from ai_brokers where %(id)s = any (active_conversations)", id=conversation_id
    )
    assert not world.rows("select * from broker_capacity_drift")


def test_a_reply_no_draft_of_which_passes_the_guard_becomes_a_hand_over(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.say_next("Your loan is guaranteed to be approved at 1.15%, I promise.", times=2)
    asked = world.chatwoot.customer_says(conversation_id, "Will my loan be approved?")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "handed over")
    assert not [text for text in world.said(conversation_id) if "1.15" in text or "guaranteed" in text]
    rejected = world.rows(
        "select verdict from ai_replies where conversation_id = %(id)s and outcome = 'rejected'",
        id=conversation_id,
    )
    assert len(rejected) == 2
    assert all(row["verdict"]["broken"] for row in rejected)


def test_a_draft_that_a_colleague_was_faster_than_is_never_sent(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.faults.add("slow", seconds=1.0)
    asked = world.chatwoot.customer_says(conversation_id, "Which documents do I need?")
    world.until(lambda: world.model.arrived > len(world.model.calls))
    world.chatwoot.agent_says(conversation_id, "I can help with that.")
    lock = f"incoming-{conversation_id}-{asked['id']}"
    world.until(lambda: world.outcome_of(lock) == "left to a person")
    assert len(world.said(conversation_id)) == 2
    assert not world.rows(
        "select 1 from outgoing_messages where conversation_id = %(id)s and kind = 'reply' and state <> 'withheld'",
        id=conversation_id,
    )


def test_a_closed_conversation_the_customer_wakes_is_the_ais_with_a_new_context(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    _answered(world, conversation_id, "My bonus is 20000 a year. Does it count?")
    world.chatwoot.resolve(conversation_id)
    world.until(lambda: _status(world, conversation_id) == "resolved")
    _answered(world, conversation_id, "I am back. Which documents do I need?")
    assert world.chatwoot.conversation(conversation_id)["status"] == "pending"
    assert _status(world, conversation_id) == "active"
    call = world.model.calls[-1]
    assert "“My bonus is 20000 a year.”" in str(call.instructions)
    assert "bonus" not in str(call.input)


def test_after_a_conversation_was_given_back_an_old_line_fetches_nobody_a_second_time(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    asked = world.chatwoot.customer_says(conversation_id, "Can I talk to a human please?")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "handed over")
    world.chatwoot.agent_says(conversation_id, "/give", private=True)
    world.until(lambda: _status(world, conversation_id) == "active")
    _answered(world, conversation_id, "Which documents do I need?")
    ours = [
        message
        for message in world.chatwoot.messages(conversation_id)
        if message["private"] and "nextnest_id" in message["content_attributes"]
    ]
    assert len(ours) == 1


def test_a_conversation_a_person_closed_stays_hers_when_the_customer_writes_again(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.agent_says(conversation_id, "Hi, this is Daniel.")
    world.until(lambda: _status(world, conversation_id) == "handed_off")
    world.chatwoot.resolve(conversation_id)
    world.until(lambda: _status(world, conversation_id) == "resolved")
    asked = world.chatwoot.customer_says(conversation_id, "One more thing")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "left to a person")


@pytest.mark.parametrize(("agent_id", "assigned"), [("2", 2), ("99", None)], ids=["known", "unknown"])
def test_a_hand_over_is_assigned_to_whom_the_settings_name_and_an_unknown_one_holds_nothing_up(
    database_url: str, tmp_path: Path, agent_id: str, assigned: int | None
) -> None:
    with running_world(database_url, tmp_path, NEXTNEST_HANDOFF_AGENT_ID=agent_id) as world:
        conversation_id = world.greeted()
        asked = world.chatwoot.customer_says(conversation_id, "Can I talk to a human please?")
        world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "handed over")
        shown = world.chatwoot.conversation(conversation_id)
        assert shown["meta"].get("assignee", {}).get("id") == assigned
        assert shown["status"] == "open"
        [row] = world.rows("select handoff_reason, taken_at from broker_conversations")
        assert row == {"handoff_reason": "asked_for_person", "taken_at": None}


def _answered(world: World, conversation_id: int, question: str) -> None:
    asked = world.chatwoot.customer_says(conversation_id, question)
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")


def _status(world: World, conversation_id: int) -> str:
    [row] = world.rows(
        "select status from broker_conversations where conversation_id = %(id)s", id=conversation_id
    )
    return str(row["status"])
