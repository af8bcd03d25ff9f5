"""What is said when a person takes over."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from nextnest.rules.handoff import HandoffReason, handoff_notice, what_happened, what_next
from nextnest.rules.language import Language, detect
from nextnest.rules.office_hours import SINGAPORE

EVERY_NOTICE = [handoff_notice(reason, language) for reason in HandoffReason for language in Language]
HUMAN = re.compile("human colleague|真人同事|rakan sekerja manusia|மனித சக ஊழிய", re.IGNORECASE)
MONDAY = datetime(2026, 11, 30, 9, tzinfo=SINGAPORE)


@pytest.mark.parametrize("notice", EVERY_NOTICE)
def test_the_customer_is_told_that_a_human_being_takes_over(notice: str) -> None:
    assert HUMAN.search(notice)


@pytest.mark.parametrize("notice", EVERY_NOTICE)
def test_no_notice_promises_a_time_or_a_call(notice: str) -> None:
    promise = (
        r"\d|\bcall|phone|soon|shortly|minute|hour|today|tomorrow|马上|尽快|今天|segera|hari ini|விரைவில்"
    )
    assert not re.search(promise, notice, re.IGNORECASE)


@pytest.mark.parametrize("reason", list(HandoffReason))
@pytest.mark.parametrize("language", list(Language))
def test_the_customer_is_told_in_her_language(reason: HandoffReason, language: Language) -> None:
    assert detect(handoff_notice(reason, language)) == language
    assert detect(handoff_notice(reason, language, MONDAY)) == language


@pytest.mark.parametrize(
    ("language", "day"),
    [
        (Language.ENGLISH, "Monday, 30/11/2026, at 09:00"),
        (Language.CHINESE, "30/11/2026（星期一）09:00"),
        (Language.MALAY, "Isnin, 30/11/2026, pukul 09:00"),
        (Language.TAMIL, "திங்கள், 30/11/2026, 09:00"),
    ],
)
def test_out_of_office_hours_she_is_told_when_the_office_opens(language: Language, day: str) -> None:
    assert day in handoff_notice(HandoffReason.ASKED_FOR_PERSON, language, MONDAY)


def test_a_failure_is_admitted() -> None:
    assert "went wrong on our side" in handoff_notice(HandoffReason.JOB_FAILED)


@pytest.mark.parametrize("reason", list(HandoffReason))
def test_every_reason_says_what_happened_and_what_to_do_next(reason: HandoffReason) -> None:
    assert what_happened(reason)
    assert what_next(reason)
