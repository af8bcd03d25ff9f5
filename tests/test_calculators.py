"""Calculators in the model's hands: nothing is made up, everything is kept."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from nextnest.calculators import Calculators
from nextnest.models import Lead
from nextnest.rules.mortgage import tools
from tests.rules.people import a_lead

TODAY = date(2026, 11, 23)


def calculators(*said: str, of: Lead | None = None, today: date = TODAY) -> Calculators:
    return Calculators(today, of, said)


def bsd(work: Calculators, amount: str) -> dict[str, object]:
    answer = json.loads(work.run("calculate_bsd", json.dumps({"amount": amount, "use": "residential"})))
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize(
    "said", ["a $1.2m condo", "1,200,000 dollars", "1.2 mil", "一百二十万", "120万", "1.2 juta"]
)
def test_a_figure_the_customer_has_said_is_calculated_with(said: str) -> None:
    work = calculators(f"What is the stamp duty on {said}?")
    assert bsd(work, "1200000")["results"] == {"buyers_stamp_duty": "S$32,600"}
    assert "S$32,600" in work.figures


def test_a_figure_of_the_form_is_calculated_with() -> None:
    work = calculators(of=a_lead(property_price=Decimal(600_000)))
    assert bsd(work, "600000")["results"] == {"buyers_stamp_duty": "S$12,600"}


@pytest.mark.parametrize("made_up", ["1300000", "120000", "12000000"])
def test_a_figure_nobody_has_said_is_not_calculated_with(made_up: str) -> None:
    work = calculators("What is the stamp duty on a $1.2m condo?")
    answer = bsd(work, made_up)
    assert "Nobody has said amount" in str(answer["problem"])
    assert work.runs == []
    assert work.figures == ()


def test_what_one_calculation_gave_the_next_one_may_use() -> None:
    work = calculators("I can pay 4,774.15 a month at 4% over 30 years.")
    again = {"rate": "4", "months": 360}
    answer = json.loads(work.run("loan_from_instalment", json.dumps({"instalment": "4774.15", **again})))
    loan = answer["results"]["loan"].removeprefix("S$").replace(",", "")
    answer = json.loads(work.run("monthly_instalment", json.dumps({"loan": loan, **again})))
    assert answer["results"]["instalment"] in work.figures


def test_a_day_nobody_has_said_is_not_calculated_with() -> None:
    work = calculators("I bought it on 4 Jul 2025 for 2,000,000. What if I sell on 5 Jul 2026?")
    given = {"amount": "2000000", "bought_on": "2025-07-04", "sold_on": "2026-07-05"}
    assert "results" in json.loads(work.run("calculate_ssd", json.dumps(given)))
    made_up = given | {"bought_on": "2024-07-01"}
    assert "Nobody has said bought_on" in work.run("calculate_ssd", json.dumps(made_up))


@pytest.mark.parametrize(
    "arguments", ["", "not json", "[]", "null", '{"amount": {"a": [1e400]}}', "[" * 5000]
)
def test_whatever_the_model_writes_there_is_an_answer(arguments: str) -> None:
    assert "problem" in json.loads(calculators().run("calculate_bsd", arguments))


def test_a_calculator_that_does_not_exist_is_an_answer_too() -> None:
    assert "no such tool" in json.loads(calculators().run("transfer_conversation", "{}"))["problem"]


def test_a_run_can_be_run_again_to_the_same_bytes() -> None:
    work = calculators("stamp duty on 1.2m, and the instalment on 500k at 2.6% over 25 years")
    bsd(work, "1200000")
    work.run("monthly_instalment", json.dumps({"loan": "500000", "rate": "2.6", "months": 300}))
    for record in work.records():
        stored = json.loads(json.dumps(record.arguments))
        assert tools.run(record.name, stored, record.day).as_json() == record.result


def test_a_rule_past_its_recheck_date_must_be_confirmed_by_a_person() -> None:
    fresh, later = calculators("1.2m"), calculators("1.2m", today=date(2027, 6, 1))
    bsd(fresh, "1200000")
    bsd(later, "1200000")
    assert fresh.unconfirmed == ()
    assert any("bsd_residential" in point for point in later.unconfirmed)
