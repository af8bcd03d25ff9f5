"""What a broker knows of the time before a conversation was closed."""

from __future__ import annotations

from datetime import UTC, date, datetime

from nextnest.models import Turn
from nextnest.rules.guard import check_reply
from nextnest.rules.prompt import build_prompt, repair_prompt
from nextnest.rules.summary import summarize
from tests.rules.people import a_broker, a_lead


def said(role: str, content: str) -> Turn:
    return Turn(role=role, content=content, at=datetime(2026, 11, 23, tzinfo=UTC))


EARLIER = [
    said("broker", "Hello Tan Wei Ming, I am Rachel."),
    said("customer", "I am Tan Wei Ming, NRIC S1234567D. My bonus is 20000 a year."),
    said("broker", "Please send three payslips."),
    said("customer", "I want a human!"),
    said("person", "Daniel here: we agreed on a fixed package."),
]


def test_the_summary_says_what_it_was_about_what_was_told_and_what_was_agreed() -> None:
    summary = summarize(EARLIER, a_lead(), "asked_for_person")
    assert summary
    assert "- Loan type: refinance" in summary.text
    assert "“My bonus is 20000 a year.”" in summary.text
    assert "- We last wrote: “Please send three payslips.”" in summary.text
    assert "- A human colleague last wrote: “Daniel here: we agreed on a fixed package.”" in summary.text
    assert "(asked_for_person); that is settled" in summary.text


def test_it_names_neither_the_customer_nor_her_nric() -> None:
    summary = summarize(EARLIER, a_lead(), None)
    assert summary
    assert not [secret for secret in ("Wei Ming", "S1234567D") if secret in summary.text]


def test_where_the_customer_said_nothing_there_is_nothing_to_sum_up() -> None:
    assert summarize([], a_lead(), None) is None
    assert summarize([said("broker", "Hello")], a_lead(), None) is None


def test_the_prompt_holds_the_summary_as_data_and_none_of_the_old_lines_as_turns() -> None:
    summary = summarize(EARLIER, a_lead(), None)
    now = [said("customer", "I am back")]
    prompt = build_prompt(
        a_broker(), a_lead(), now, token_budget=500, today=date(2026, 11, 23), summary=summary
    )
    assert "before this conversation was closed" in prompt.instructions
    assert [turn.content for turn in prompt.turns] == ["I am back"]


def test_a_figure_the_customer_told_before_the_closing_may_be_used_after_it() -> None:
    summary = summarize(EARLIER, None, None)
    prompt = build_prompt(a_broker(), None, [], token_budget=500, today=date(2026, 11, 23), summary=summary)
    verdict = check_reply(
        "You mentioned a bonus of S$20,000.", lead=None, customer_texts=prompt.earlier_words
    )
    assert verdict.ok
    assert repair_prompt(prompt, "x", verdict).earlier_words == prompt.earlier_words
