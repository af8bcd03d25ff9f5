"""Chatwoot does what we ask and then does not say so: nothing is doubled, nothing is missing."""

from __future__ import annotations

import pytest

from tests.pipelines.world import World

Person = dict[str, str]


@pytest.mark.parametrize(
    "fault", ["error_500_after", "error_500_before", "drop_after", "drop_before", "hang_after"]
)
def test_a_greeting_whose_answer_was_lost_is_there_once(world: World, somebody: Person, fault: str) -> None:
    world.chatwoot.faults.add(fault, method="POST", path="/messages$", times=2)
    conversation_id = world.greeted(**somebody)
    world.until(lambda: len(world.said(conversation_id)) == 1 and world.quiet(), seconds=40)
    world.chatwoot.faults.clear()
    assert len(world.activities(conversation_id)) == 1
    states = world.rows(
        "select distinct state from outgoing_messages where conversation_id = %(id)s", id=conversation_id
    )
    assert [row["state"] for row in states] == ["sent"]


@pytest.mark.parametrize("fault", ["error_500_after", "drop_after", "hang_after"])
def test_a_reply_whose_answer_was_lost_is_there_once(world: World, somebody: Person, fault: str) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add(fault, method="POST", path="/messages$", times=1)
    asked = world.chatwoot.customer_says(conversation_id, "What is a lock-in period?")
    world.until(
        lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered", seconds=40
    )
    world.chatwoot.faults.clear()
    assert len(world.said(conversation_id)) == 2


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
