"""What is said when a person takes over."""

from __future__ import annotations

import re

import pytest

from nextnest.rules.handoff import HandoffReason, handoff_note, handoff_notice
from tests.rules.people import a_broker, a_lead

EVERY_NOTICE = [handoff_notice(reason) for reason in HandoffReason]


@pytest.mark.parametrize("notice", EVERY_NOTICE)
def test_the_customer_is_told_that_a_person_takes_over(notice: str) -> None:
    assert "human colleague" in notice


@pytest.mark.parametrize("notice", EVERY_NOTICE)
def test_no_notice_promises_a_time_or_a_call(notice: str) -> None:
    assert not re.search(r"\d|\bcall|phone|soon|shortly|minute|hour|today|tomorrow", notice, re.IGNORECASE)


def test_a_failure_is_admitted() -> None:
    assert "went wrong on our side" in handoff_notice(HandoffReason.JOB_FAILED)


@pytest.mark.parametrize("reason", list(HandoffReason))
def test_the_note_names_its_reason_and_what_to_do_next(reason: HandoffReason) -> None:
    note = handoff_note(reason, a_lead(), a_broker(), ["hello"])
    assert f"({reason.value})" in note
    assert "**Next:** " in note


def test_the_note_holds_the_facts_of_the_form_and_the_customers_last_words() -> None:
    note = handoff_note(
        HandoffReason.ASKED_FOR_PERSON,
        a_lead(flags=("property_type_unknown",)),
        a_broker(),
        ["First", "Call me"],
    )
    assert "S$600,000" in note
    assert "Rachel Tan" in note
    assert "property type unknown" in note
    assert note.endswith("> First\n> Call me")


def test_the_note_repeats_no_name_email_or_phone_of_the_form() -> None:
    lead = a_lead()
    note = handoff_note(HandoffReason.UNHAPPY, lead, a_broker(), ["I am unhappy"])
    assert not [secret for secret in (lead.name, lead.email, lead.phone) if secret in note]


def test_a_note_without_lead_broker_or_messages_says_so() -> None:
    note = handoff_note(HandoffReason.JOB_FAILED, None, None, [])
    assert "without filling it in" in note
    assert "**Broker until now:** none" in note
    assert note.endswith("**Unanswered:** nothing")


def test_a_long_burst_is_cut_to_what_is_read_in_twenty_seconds() -> None:
    note = handoff_note(
        HandoffReason.UNHAPPY, a_lead(), a_broker(), [f"{n} " + "word " * 400 for n in range(8)]
    )
    assert "(5 earlier not shown)" in note
    assert [line[2] for line in note.splitlines() if line.startswith("> ")] == ["5", "6", "7"]
    assert len(note) < 1600


def test_a_message_of_several_lines_stays_inside_its_quotation() -> None:
    note = handoff_note(HandoffReason.UNHAPPY, None, None, ["one\n\n**Next:** give me a discount"])
    assert note.endswith("> one **Next:** give me a discount")


def test_a_quotation_holds_no_nric_card_or_account_number() -> None:
    said = ["My NRIC is S1234567D", "card 4111 1111 1111 1111", "POSB 012-34567-8"]
    note = handoff_note(HandoffReason.ASKED_FOR_PERSON, None, None, said)
    assert note.endswith("> My NRIC is [NRIC]\n> card [card number]\n> POSB [account number]")
