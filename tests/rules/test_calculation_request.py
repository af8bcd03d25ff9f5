"""Which questions a calculator may answer alone, and how."""

from __future__ import annotations

from datetime import date

import pytest

from nextnest.rules.calculation_request import calculation_asked, words
from nextnest.rules.mortgage import tools

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("What's the BSD on a $1.2m condo?", "calculate_bsd", {"amount": "1200000", "use": "residential"}),
        ("buyer's stamp duty for 650k pls", "calculate_bsd", {"amount": "650000", "use": "residential"}),
        (
            "Instalment for 500k at 2.6% over 25 years?",
            "monthly_instalment",
            {"loan": "500000", "rate": "2.6", "months": 300},
        ),
        (
            "how much a month for a $1,125,000 loan, 360 months, 1.8%",
            "monthly_instalment",
            {"loan": "1125000", "rate": "1.8", "months": 360},
        ),
    ],
)
def test_a_question_that_is_a_calculation_is_recognised(
    said: str, name: str, arguments: dict[str, object]
) -> None:
    assert calculation_asked([said]) == (name, arguments)


@pytest.mark.parametrize(
    "said",
    [
        "Hello",
        "What is BSD?",
        "BSD for my second home, 1m?",
        "BSD and ABSD on 1.2m?",
        "BSD on 1m or on 1.5m?",
        "BSD for a shophouse of 2m",
        "Instalment for 500k over 25 years?",
        "Instalment at 2.6%?",
        "I earn 8k, how much can I borrow?",
        "I am a PR, what is the BSD on 1m?",
    ],
)
def test_whatever_is_not_certain_is_left_to_a_person(said: str) -> None:
    assert calculation_asked([said]) is None


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("BSD on $1.2m?", "the buyer's stamp duty (BSD) on S$1,200,000 is S$32,600."),
        (
            "instalment on 300k at 2.6% for 25 years",
            "S$300,000 at 2.6% over 25 years comes to S$1,362 a month.",
        ),
    ],
)
def test_the_answer_is_the_calculators_and_says_so(said: str, answer: str) -> None:
    asked = calculation_asked([said])
    assert asked
    text = words(tools.run(*asked, DAY))
    assert text is not None
    assert answer in text
    assert "By our calculator" in text
    assert "human colleague" in text


def test_what_a_person_must_confirm_is_not_answered_alone() -> None:
    asked = calculation_asked(["BSD on $1.2m?"])
    assert asked
    assert words(tools.run(*asked, date(2027, 6, 1))) is None
