"""Rules with dates: looked up by day, refused when their periods do not fit, marked when they grow old."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.mortgage.buyers_stamp_duty import buyers_stamp_duty
from nextnest.rules.mortgage.dated import (
    CHECKED_ON,
    RECHECK_BY,
    BadPeriods,
    Grade,
    NoRuleInForce,
    Rule,
    Series,
    registry,
    stale,
)
from nextnest.rules.mortgage.rulebook import RULES, all_rules, rule_on
from tests.rules.mortgage import questions as ask


def _rule(since: str, until: str | None) -> Rule[int]:
    end = date.fromisoformat(until) if until else None
    return Rule("some_rule", 1, date.fromisoformat(since), end, "example.sg", Grade.OFFICIAL)


@pytest.mark.parametrize(
    ("rule_id", "day", "value"),
    [
        ("tdsr", "2021-12-15", "0.60"),
        ("tdsr", "2021-12-16", "0.55"),
        ("stress_rate_residential", "2022-09-29", "0.035"),
        ("stress_rate_residential", "2022-09-30", "0.04"),
        ("stress_rate_non_residential", "2022-09-30", "0.05"),
        ("hdb_loan_ltv", "2022-09-29", "0.85"),
        ("hdb_loan_ltv", "2024-08-19", "0.80"),
        ("hdb_loan_ltv", "2024-08-20", "0.75"),
        ("ec_minimum_occupation", "2026-05-07", "5"),
        ("ec_minimum_occupation", "2026-05-08", "10"),
    ],
)
def test_a_rule_changes_on_its_day(rule_id: str, day: str, value: str) -> None:
    assert rule_on(rule_id, date.fromisoformat(day)).value == Decimal(value)


@pytest.mark.parametrize(
    ("rule_id", "day"), [("bsd_residential", date(2010, 1, 1)), ("no_such_rule", date(2026, 11, 23))]
)
def test_a_lookup_without_a_rule_names_rule_and_day(rule_id: str, day: date) -> None:
    with pytest.raises(NoRuleInForce, match=rf"{rule_id}.*{day.isoformat()}"):
        rule_on(rule_id, day)


@pytest.mark.parametrize(
    "rules",
    [
        (_rule("2020-01-01", "2021-12-31"), _rule("2021-12-31", None)),
        (_rule("2020-01-01", "2021-12-30"), _rule("2022-01-01", None)),
        (_rule("2020-01-01", None), _rule("2022-01-01", None)),
        (_rule("2022-01-01", None), _rule("2020-01-01", "2021-12-31")),
        (_rule("2022-01-01", "2021-01-01"),),
        (),
    ],
    ids=["overlap", "gap", "two open", "out of order", "ends before it begins", "none"],
)
def test_periods_that_do_not_fit_are_refused(rules: tuple[Rule[int], ...]) -> None:
    with pytest.raises(BadPeriods):
        Series("some_rule", "", str, rules)


def test_periods_that_follow_each_other_are_taken() -> None:
    series = Series("some_rule", "", str, (_rule("2020-01-01", "2021-12-31"), _rule("2022-01-01", None)))
    assert series.on(date(2021, 12, 31)) is series.rules[0]
    assert series.on(date(2022, 1, 1)) is series.rules[1]


def test_two_rules_of_one_name_are_refused() -> None:
    one = Series("some_rule", "", str, (_rule("2020-01-01", None),))
    with pytest.raises(BadPeriods, match="two rules"):
        registry([one, one])


@ask.patient
@given(st.sampled_from(all_rules()), st.integers(0, 5_000))
def test_exactly_one_value_is_in_force_on_any_day_of_a_rule(rule: Rule[object], later: int) -> None:
    day = rule.effective_from + timedelta(days=later)
    if rule.effective_to is None or day <= rule.effective_to:
        assert [one for one in RULES[rule.id].rules if one.in_force_on(day)] == [rule]


def test_a_rule_is_believed_until_its_recheck_date_and_not_a_day_longer() -> None:
    open_rules = tuple(rule for rule in all_rules() if rule.effective_to is None)
    assert stale(all_rules(), RECHECK_BY) == ()
    assert stale(all_rules(), RECHECK_BY + timedelta(days=1)) == open_rules


def test_a_value_that_has_ended_never_grows_old() -> None:
    assert not RULES["tdsr"].rules[0].stale_on(date(2099, 1, 1))


def test_a_result_on_an_old_rule_is_marked_and_asks_for_confirmation() -> None:
    fresh = buyers_stamp_duty(ask.bsd("1500000"), RECHECK_BY)
    old = buyers_stamp_duty(ask.bsd("1500000"), RECHECK_BY + timedelta(days=1))
    assert [use.stale for use in fresh.rules_used] == [False]
    assert fresh.needs_confirmation == ()
    assert [use.stale for use in old.rules_used] == [True]
    assert "bsd_residential was last checked on 22 November 2026" in old.needs_confirmation[0]
    assert old.duty == fresh.duty


def test_every_rule_has_a_source_a_grade_and_three_months_of_trust() -> None:
    for rule in all_rules():
        assert rule.source
        assert rule.grade in Grade
        assert (rule.checked_on, rule.recheck_by) == (CHECKED_ON, RECHECK_BY)
    assert timedelta(0) < RECHECK_BY - CHECKED_ON <= timedelta(days=92)
    assert {rule.grade for rule in all_rules()} == set(Grade)


def test_every_value_can_be_said_in_words() -> None:
    for series in RULES.values():
        assert all(series.says(rule.value) for rule in series.rules)
