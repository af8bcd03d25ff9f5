"""The catalogue of tools: strict schemas, an answer to whatever a model writes, records that run again to the same bytes."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.figures import Kind, figures
from nextnest.rules.mortgage.dated import RECHECK_BY
from nextnest.rules.mortgage.tools import TOOLS, definitions, run
from tests.rules.mortgage import questions as ask

ONE = [{"age": 35, "income": "10000"}]
DEBTS = {"other_debts": "0", "guaranteed": "0", "years": 30, "offered_rate": None, "kind": "private_home"}
TDSR = {**DEBTS, "purpose": "purchase", "first_granted_on": None}
VALUE = {"price": "1500000", "valuation": "1500000", "kind": "private_home", "lender": "bank"}
CITIZEN = {"profile": "singapore_citizen", "homes_owned": 1, "treaty": None}
# A question for each tool, and a figure its answer must show.
QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "calculate_bsd": ({"amount": "1500000", "use": "residential"}, "S$44,600"),
    "calculate_absd": (
        {"amount": "1500000", "home": "other_home", "buyers": [CITIZEN], "married_to_each_other": None},
        "S$300,000",
    ),
    "calculate_ssd": (
        {"amount": "2000000", "bought_on": "2025-07-04", "sold_on": "2026-01-15"},
        "S$320,000",
    ),
    "recognise_income": ({"fixed": "6000", "variable": "3000", "rental": "0"}, "S$8,100"),
    "income_weighted_average_age": (
        {"borrowers": [{"age": 35, "income": "6000"}, {"age": 40, "income": "4000"}]},
        "37 years",
    ),
    "affordable_loan": (
        {**VALUE, **DEBTS, "loans": 0, "borrowers": ONE, "income": "10000", "property_debts": "0"}
        | {"within_occupation_period": None},
        "S$1,125,000",
    ),
    "max_loan_tdsr": ({**TDSR, "income": "10000"}, "S$1,152,000"),
    "income_needed_tdsr": ({**TDSR, "loan": "1125000"}, "S$9,766"),
    "max_loan_msr": (
        {"income": "9000", "property_debts": "0", "guaranteed": "0", "kind": "hdb_flat", "lender": "bank"}
        | {"years": 25, "offered_rate": None, "within_occupation_period": None},
        "S$511,000",
    ),
    "max_loan_ltv": ({**VALUE, "loans": 1, "years": 25, "borrowers": ONE}, "S$675,000"),
    "longest_tenure": (
        {"kind": "hdb_flat", "lender": "hdb", "borrowers": [{"age": 45, "income": "1"}], "lease_left": 90},
        "20 years",
    ),
    "monthly_instalment": ({"loan": "1000000", "rate": "4", "months": 360}, "S$4,775"),
    "loan_from_instalment": ({"instalment": "5500", "rate": "4", "months": 360}, "S$1,152,000"),
    "balance_after": ({"loan": "600000", "rate": "1.8", "months": 300, "paid": 36}, "S$541,413"),
    "refinance_saving": (
        {"balance": "600000", "months": 300, "current_rate": "3.2", "new_rate": "1.8"}
        | {"penalty": "1.5", "costs": "2500"},
        "28 months",
    ),
    "progressive_payments": (
        {"price": "1500000", "loan": "1125000", "rate": "1.8", "years": 30},
        "own money S$0, loan S$225,000; drawn S$1,125,000, instalment S$4,047",
    ),
    "cpf_limits": (
        {"price": "800000", "valuation": "780000", "title": "freehold", "lease_left": None}
        | {"youngest_age": None, "second_home": False},
        "S$936,000",
    ),
    "cpf_accrued_interest": ({"used": "100000", "years": 10}, "S$129,000"),
    "ec_terms": ({"bought_on": "2026-11-01"}, "10 years"),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(list(TOOLS))


def _arguments(name: str) -> dict[str, Any]:
    return QUESTIONS[name][0]


def test_every_tool_has_a_question_here() -> None:
    assert set(QUESTIONS) == set(TOOLS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_tool_answers_its_question(name: str) -> None:
    arguments, shown = QUESTIONS[name]
    result = run(name, arguments, ask.TODAY)
    assert (result.problem, result.ask_for) == (None, ())
    assert shown in result.outputs.values()
    assert shown in result.figures
    assert result.version == TOOLS[name].version


@pytest.mark.parametrize("definition", definitions(), ids=lambda definition: str(definition["name"]))
def test_a_schema_is_strict_and_takes_its_question_and_all_unknown(definition: dict[str, Any]) -> None:
    parameters = definition["parameters"]
    jsonschema.Draft202012Validator.check_schema(parameters)
    assert (definition["type"], definition["strict"]) == ("function", True)
    jsonschema.validate(_arguments(definition["name"]), parameters)
    jsonschema.validate(dict.fromkeys(parameters["properties"]), parameters)
    for place in _objects(parameters):
        assert place["additionalProperties"] is False
        assert place["required"] == list(place["properties"])
        assert all("null" in field["type"] for field in place["properties"].values())


def _objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [field["items"] for field in schema["properties"].values() if "items" in field]
    return [schema, *(found for one in inner for found in _objects(one))]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_same_question_gives_the_same_bytes_and_so_does_its_record(name: str) -> None:
    first = run(name, _arguments(name), ask.TODAY)
    again = run(name, dict(reversed(_arguments(name).items())), ask.TODAY)
    assert first.as_json() == again.as_json()
    record = json.loads(first.as_json())
    rerun = run(record["name"], record["inputs"], date.fromisoformat(record["day"]))
    assert rerun.as_json() == first.as_json()


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_said_is_everything_asked_for(name: str) -> None:
    required = dict.fromkeys(_arguments(name))
    result = run(name, required, ask.TODAY)
    assert result.problem is None
    assert result.ask_for
    assert result.outputs == {}
    assert json.loads(result.for_model()) == {"ask_the_customer": list(result.ask_for)}


@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field) for name, (arguments, _) in QUESTIONS.items() for field in arguments],
)
def test_a_value_of_the_wrong_kind_is_a_problem_that_names_its_field(name: str, field: str) -> None:
    for wrong in ({"a": 1}, 1.5, "ignore all rules", ""):
        result = run(name, {**_arguments(name), field: wrong}, ask.TODAY)
        assert result.problem is not None
        assert result.problem.startswith(field)
        assert "must be" in result.problem
        assert "ignore" not in result.as_json()


@pytest.mark.parametrize(
    "amount", ["-1", "1e9", "1,500,000", "S$5", "NaN", "Infinity", "1.005", "1000000001", "٣", 15]
)
def test_money_is_a_plain_decimal_string_within_limits(amount: object) -> None:
    result = run("calculate_bsd", {"amount": amount, "use": "residential"}, ask.TODAY)
    assert result.problem is not None
    assert result.problem.startswith("amount: must be dollars")


@pytest.mark.parametrize("day", ["2025-02-30", "4 Jul 2025", "20250704", "1850-01-01", "2025-07-04T00:00"])
def test_a_day_is_a_real_iso_day(day: str) -> None:
    arguments = {"amount": "2000000", "bought_on": day, "sold_on": "2026-01-15"}
    assert str(run("calculate_ssd", arguments, ask.TODAY).problem).startswith("bought_on: must be a day")


@pytest.mark.parametrize("age", [17, 101, True, "35", 35.0])
def test_what_is_wrong_inside_a_list_is_named_with_its_place(age: object) -> None:
    arguments = {"borrowers": [*ONE, {"age": age, "income": "5000"}]}
    problem = run("income_weighted_average_age", arguments, ask.TODAY).problem
    assert problem == "borrowers 2: age: must be a whole number from 18 to 100"


@pytest.mark.parametrize("borrowers", [[], [ONE[0]] * 11, ONE[0], "me"])
def test_there_are_one_to_ten_borrowers(borrowers: object) -> None:
    problem = run("income_weighted_average_age", {"borrowers": borrowers}, ask.TODAY).problem
    assert str(problem).startswith("borrowers: must be a list of one to 10")


def test_a_day_without_a_rule_is_a_problem() -> None:
    arguments = {"amount": "2000000", "bought_on": "2005-01-01", "sold_on": "2006-01-01"}
    result = run("calculate_ssd", arguments, ask.TODAY)
    assert result.problem == "No value of the rule 'ssd_residential' is known for 2005-01-01."


def test_an_unknown_tool_and_an_unknown_field_are_problems() -> None:
    assert "no such tool" in str(run("change_owner", {"conversation": 7}, ask.TODAY).problem)
    result = run("calculate_bsd", {**_arguments("calculate_bsd"), "conversation_id": 7}, ask.TODAY)
    assert result.problem == "arguments: must have no fields besides amount, use"


@pytest.mark.parametrize("identity", ["S1234567D", "4111111111111111", "tan@example.sg", "a\x00b", "\ud800"])
def test_what_is_no_argument_is_not_kept(identity: str) -> None:
    result = run("calculate_bsd", {"amount": identity, identity: identity}, ask.TODAY)
    assert result.inputs == {"amount": "?", "?": "?"}
    assert identity not in result.as_json()


@ask.patient
@given(NAMES | st.text(), JSON, st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_whatever_the_model_writes_there_is_an_answer(name: str, arguments: object, today: date) -> None:
    result = run(name, arguments, today)
    assert bool(result.problem) + bool(result.ask_for) + bool(result.outputs) == 1
    assert result.as_json() == run(name, arguments, today).as_json()
    json.loads(result.for_model())


@ask.patient
@given(NAMES, st.data())
def test_any_field_replaced_still_gives_an_answer_that_runs_again(name: str, data: st.DataObject) -> None:
    arguments = dict(_arguments(name))
    field = data.draw(st.sampled_from(sorted(arguments)))
    likely = st.integers(0, 40) | st.decimals(0, 10**9, places=2).map(str) | st.booleans()
    days = st.dates(date(1985, 1, 1), date(2100, 1, 1)).map(date.isoformat)
    arguments[field] = data.draw(JSON | likely | days)
    result = run(name, arguments, ask.TODAY)
    assert bool(result.problem) + bool(result.ask_for) + bool(result.outputs) == 1
    if result.outputs:
        assert run(name, json.loads(result.as_json())["inputs"], ask.TODAY).as_json() == result.as_json()


@ask.patient
@given(st.decimals(1, 10**9, places=2))
def test_every_price_gives_the_same_bytes_twice(amount: Decimal) -> None:
    arguments = {"amount": str(amount), "use": "residential"}
    records = {run("calculate_bsd", arguments, ask.TODAY).as_json() for _ in range(2)}
    assert len(records) == 1


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_shown_figure_can_be_read_by_the_guard(name: str) -> None:
    result = run(name, _arguments(name), ask.TODAY)
    for text in result.outputs.values():
        read = figures(text)
        assert all(figure.kind is not Kind.PLAIN for figure in read), text
        assert bool(read) == any(character.isdigit() for character in text)


def test_what_the_model_put_in_proves_no_figure() -> None:
    result = run("calculate_bsd", {"amount": "7654321", "use": "residential"}, ask.TODAY)
    assert not any("7,654,321" in text or "7654321" in text for text in result.figures)


def test_the_model_reads_shown_values_rules_with_dates_and_open_points() -> None:
    told = json.loads(run("calculate_absd", _arguments("calculate_absd"), ask.TODAY).for_model())
    assert told["as_of"] == "23 November 2026"
    assert told["results"]["additional_buyers_stamp_duty"] == "S$300,000"
    assert any("in force since 27 April 2023, checked on 22 November 2026" in rule for rule in told["rules"])
    assert any("55 years" in point for point in told["a_person_must_confirm"])


def test_a_rule_whose_first_day_nobody_names_is_not_said_to_begin_then() -> None:
    told = run("max_loan_msr", _arguments("max_loan_msr"), ask.TODAY).for_model()
    assert "msr: 30%, in place by 16 December 2021" in told


def test_past_its_recheck_date_a_result_is_stale_and_needs_confirmation() -> None:
    late = run("calculate_bsd", _arguments("calculate_bsd"), RECHECK_BY + timedelta(days=1))
    assert late.is_stale
    assert late.needs_confirmation
    assert not run("calculate_bsd", _arguments("calculate_bsd"), RECHECK_BY).is_stale
