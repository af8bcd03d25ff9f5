"""The guard on the way to the customer: what proves a figure is kept, and what breaks a rule is never delivered."""

from __future__ import annotations

import pytest

from tests.pipelines.world import World

Person = dict[str, str]
BSD = {"amount": "1200000", "use": "residential"}


def test_what_proves_each_figure_of_a_reply_is_kept_with_it(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.call_next("calculate_bsd", BSD)
    world.model.say_next("On S$1.2 million the BSD is S$32,600. TDSR, by the way, is 55%.")
    world.chatwoot.customer_says(conversation_id, "What is the buyer's stamp duty on a $1,200,000 condo?")
    world.until(lambda: len(world.said(conversation_id)) == 2, 60)
    [reply] = world.rows("select verdict from ai_replies where conversation_id = %(id)s", id=conversation_id)
    proofs = dict(reply["verdict"]["proofs"])
    assert proofs["s$32,600"] == "tool:calculate_bsd#1"
    assert proofs["s$1.2 million"] == "customer"
    assert proofs["55%"] == "rule:tdsr@2021-12-16"


@pytest.mark.parametrize(
    ("question", "draft", "rule"),
    [
        (
            "How does a lock-in period work?",
            "It binds you. I have updated your record for that.",
            "claimed_action",
        ),
        ("How does a lock-in period work?", "您在锁定期内不能免费离开，请先看合同。", "wrong_language"),
        ("请问锁定期是什么意思？", "In that time leaving the bank costs you a penalty.", "wrong_language"),
        (
            "How does a lock-in period work?",
            "Read it at https://loans.example/lock-in please.",
            "foreign_link",
        ),
    ],
)
def test_what_breaks_a_rule_is_kept_with_its_id_and_never_delivered(
    world: World, somebody: Person, question: str, draft: str, rule: str
) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.say_next(draft, times=2)
    world.chatwoot.customer_says(conversation_id, question)
    world.until(
        lambda: world.rows("select 1 from handoffs where conversation_id = %(id)s", id=conversation_id), 60
    )
    assert draft not in world.said(conversation_id)
    refused = world.rows(
        "select verdict -> 'broken' as broken from ai_replies where conversation_id = %(id)s",
        id=conversation_id,
    )
    assert [reply["broken"] for reply in refused] == [[rule], [rule]]
