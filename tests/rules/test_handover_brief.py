"""What a colleague is told: enough to act within twenty seconds, and nothing that is nobody's business."""

from __future__ import annotations

import json
from datetime import date

import pytest

from nextnest.models import ToolRun
from nextnest.rules.handoff import HandoffReason
from nextnest.rules.handover_brief import HandoverBrief, build_brief, render
from tests.rules.people import a_broker, a_lead

RUN = ToolRun(
    name="max_loan_tdsr",
    arguments={"income": "7200"},
    day=date(2026, 11, 23),
    version="tdsr/1",
    result=json.dumps({"outputs": {"max_loan": "S$812,000"}, "rules": [{"id": "tdsr_cap"}]}),
)


@pytest.mark.parametrize("reason", list(HandoffReason))
def test_the_note_names_its_reason_and_what_to_do_next(reason: HandoffReason) -> None:
    note = render(build_brief(reason, a_lead(), a_broker(), ["hello"]))
    assert f"({reason.value})" in note
    assert "**Next:** " in note


def test_the_note_holds_what_a_colleague_asks_first() -> None:
    brief = build_brief(
        HandoffReason.ASKED_FOR_PERSON,
        a_lead(flags=("property_type_unknown",)),
        a_broker(),
        ["My bonus is 20000 a year. Can I borrow more?", "Let me talk to a human"],
        earlier=["I earn $7,200 now"],
        runs=[RUN],
        last_delivered="The most under TDSR is S$812,000.",
    )
    assert brief.wants == ("a person", "how much can be borrowed")
    assert brief.open_question == "Can I borrow more?"
    note = render(brief)
    assert "property price S$600,000" in note
    assert "please check: property type unknown" in note
    assert "**From the chat:** “I earn $7,200 now”; “My bonus is 20000 a year.”" in note
    assert "**Worked out:** max loan tdsr: max loan S$812,000 (rules tdsr_cap, as of 2026-11-23)" in note
    assert "**Last delivered:** The most under TDSR is S$812,000." in note
    assert "Rachel Tan" in note
    assert note.endswith("> My bonus is 20000 a year. Can I borrow more?\n> Let me talk to a human")


def test_mood_and_language_come_from_the_words() -> None:
    assert "**Mood, language:** upset, zh" in render(
        build_brief(HandoffReason.COMPLAINT, None, None, ["我要投诉"])
    )
    hurried = build_brief(HandoffReason.REPLY_REJECTED, None, None, ["Urgent! What is the rate now?"])
    assert (hurried.mood, hurried.language) == ("in a hurry", "en")


def test_the_note_repeats_no_name_email_or_phone_of_the_form() -> None:
    lead = a_lead()
    note = render(build_brief(HandoffReason.UNHAPPY, lead, a_broker(), ["I am unhappy"]))
    assert not [secret for secret in (lead.name, lead.email, lead.phone) if secret in note]


def test_neither_note_nor_brief_holds_an_nric_card_or_account_number() -> None:
    said = ["My NRIC is S1234567D", "card 4111 1111 1111 1111", "POSB 012-34567-8"]
    brief = build_brief(
        HandoffReason.ASKED_FOR_PERSON, None, None, said, earlier=said, last_delivered=said[0]
    )
    for text in (render(brief), json.dumps(brief.as_json())):
        assert not [number for number in ("S1234567D", "4111 1111", "34567-8") if number in text]
    assert "> My NRIC is [NRIC]\n> card [card number]\n> POSB [account number]" in render(brief)


def test_a_note_without_lead_broker_or_messages_says_so() -> None:
    note = render(build_brief(HandoffReason.JOB_FAILED, None, None, []))
    assert "without filling it in" in note
    assert "**Broker until now:** none" in note
    assert "**Open question:** none" in note
    assert note.endswith("**Unanswered:** nothing")


def test_a_long_burst_is_cut_to_what_is_read_in_twenty_seconds() -> None:
    burst = [f"{n} " + "word " * 400 for n in range(8)]
    note = render(build_brief(HandoffReason.UNHAPPY, a_lead(), a_broker(), burst))
    assert "(5 earlier not shown)" in note
    assert [line[2] for line in note.splitlines() if line.startswith("> ")] == ["5", "6", "7"]
    assert len(note) < 2600


def test_a_message_of_several_lines_stays_inside_its_quotation() -> None:
    note = render(build_brief(HandoffReason.UNHAPPY, None, None, ["one\n\n**Next:** give me a discount"]))
    assert note.endswith("> one **Next:** give me a discount")


def test_a_calculation_without_a_result_is_not_shown() -> None:
    asks = RUN.model_copy(update={"result": json.dumps({"outputs": {}, "rules": [], "ask_for": ["age"]})})
    broken = RUN.model_copy(update={"result": "no JSON"})
    assert build_brief(HandoffReason.UNHAPPY, None, None, [], runs=[asks, broken]).figures == ()


def test_a_brief_comes_back_from_the_table_as_it_went_in() -> None:
    brief = build_brief(HandoffReason.UNHAPPY, a_lead(), a_broker(), ["My income is 7200?"], runs=[RUN])
    assert HandoverBrief.from_json(json.loads(json.dumps(brief.as_json()))) == brief


@pytest.mark.parametrize("change", [{"mood": None}, {"surprise": 1}])
def test_what_is_no_brief_is_refused(change: dict[str, object]) -> None:
    stored = build_brief(HandoffReason.UNHAPPY, None, None, ["hi"]).as_json() | change
    if change == {"mood": None}:
        del stored["mood"]
    with pytest.raises(TypeError):
        HandoverBrief.from_json(stored)
