"""How ready a lead is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.models import (
    EmploymentType,
    Lead,
    LoanType,
    LockInStatus,
    PropertyCategory,
    PropertyType,
    PurchaseTimeline,
)
from nextnest.rules.scoring import lead_score
from tests.rules.seed import lead

_MONEY = st.none() | st.decimals(0, 1_000_000_000, places=2)
_ANY_LEAD = st.builds(
    lead,
    loan_type=st.sampled_from(LoanType),
    property_category=st.none() | st.sampled_from(PropertyCategory),
    property_type=st.none() | st.sampled_from(PropertyType),
    property_price=_MONEY,
    ages=st.lists(st.integers(0, 120), max_size=3).map(tuple),
    incomes=st.lists(st.decimals(0, 9_999_999, places=2), max_size=3).map(tuple),
    employment_type=st.sampled_from(EmploymentType),
    existing_commitments=_MONEY,
    purchase_timeline=st.none() | st.sampled_from(PurchaseTimeline),
    lock_in_status=st.none() | st.sampled_from(LockInStatus),
    current_rate=st.none() | st.decimals(0, 20, places=2),
    outstanding_loan=_MONEY,
)

_FLAT = lead(
    property_category="resale",
    property_type="hdb",
    property_price=500_000,
    ages=(35,),
    incomes=(9_000,),
    purchase_timeline="next_3_months",
)
_REFINANCING = lead(
    loan_type="refinance",
    property_type="private",
    property_price=1_500_000,
    ages=(42,),
    incomes=(12_000,),
    purchase_timeline="next_3_months",
    lock_in_status="ending_soon",
    current_rate=Decimal("3.8"),
    outstanding_loan=700_000,
)


def _total(base: Lead, **changes: Any) -> int:
    return lead_score(Lead.model_validate(base.model_dump() | changes)).total


def _points(base: Lead, name: str, **changes: Any) -> int:
    return lead_score(Lead.model_validate(base.model_dump() | changes)).points[name]


@given(_ANY_LEAD)
def test_any_lead_gets_whole_points_from_0_to_100_that_add_up(one: Lead) -> None:
    score = lead_score(one)
    assert 0 <= score.total <= 100
    assert sum(score.points.values()) == score.total
    assert all(points >= 0 for points in score.points.values())


@given(_ANY_LEAD, st.integers(), st.text(min_size=1))
def test_the_browsers_score_and_the_person_change_nothing(one: Lead, claimed: int, text: str) -> None:
    changed = {"client_lead_score": claimed, "name": text, "email": text, "phone": text, "session_id": text}
    assert lead_score(one.model_copy(update=changed)) == lead_score(one)


@given(
    _ANY_LEAD,
    st.sampled_from(
        [
            {"property_price": None},
            {"ages": ()},
            {"incomes": ()},
            {"purchase_timeline": None},
            {"lock_in_status": None},
            {"current_rate": None},
            {"outstanding_loan": None},
            {"flags": ("employment_not_given",), "employment_type": EmploymentType.EMPLOYED},
        ]
    ),
)
def test_leaving_an_answer_out_never_helps(one: Lead, left_out: dict[str, Any]) -> None:
    assert lead_score(one.model_copy(update=left_out)).total <= lead_score(one).total


def test_a_lead_with_nothing_but_contact_details_scores_for_its_work_alone() -> None:
    assert lead_score(lead()).points == {
        "timeline": 0,
        "affordability": 0,
        "income": 0,
        "employment": 15,
        "completeness": 0,
    }


@pytest.mark.parametrize("loan_type", LoanType)
def test_the_best_answers_to_everything_make_exactly_100(loan_type: LoanType) -> None:
    assert (
        _total(
            _REFINANCING,
            loan_type=loan_type,
            property_category="resale",
            incomes=(30_000,),
            purchase_timeline="this_month",
        )
        == 100
    )


@pytest.mark.parametrize("base", [_FLAT, _REFINANCING], ids=["purchase", "refinance"])
def test_the_sooner_the_higher(base: Lead) -> None:
    soonest_first = [_total(base, purchase_timeline=when) for when in (*PurchaseTimeline, None)]
    assert soonest_first == sorted(soonest_first, reverse=True)
    assert len(set(soonest_first)) == len(soonest_first)


def test_the_lock_in_counts_in_the_order_of_who_can_move() -> None:
    ending, free, unsure, locked, unsaid = (
        _total(_REFINANCING, lock_in_status=status)
        for status in ("ending_soon", "no_lock", "not_sure", "locked", None)
    )
    assert ending > free > unsure > locked > unsaid


@pytest.mark.parametrize(
    ("rate", "points"), [("4.2", 15), ("3.5", 9), ("2.7", 9), ("2.6", 3), ("1.4", 3), ("0", 0), (None, 0)]
)
def test_the_more_he_pays_now_the_more_there_is_to_save(rate: str | None, points: int) -> None:
    assert _points(_REFINANCING, "rate", current_rate=rate) == points


@pytest.mark.parametrize(
    ("incomes", "points"),
    [
        ((15_001,), 15),
        ((15_000,), 10),
        ((4_500, 4_500), 10),
        ((8_000,), 5),
        ((5_000,), 2),
        ((0,), 0),
        ((), 0),
    ],
)
def test_joint_income_counts_in_the_originals_steps(incomes: tuple[int, ...], points: int) -> None:
    assert _points(_FLAT, "income", incomes=incomes) == points


@pytest.mark.parametrize(
    ("employment", "points"),
    [("employed", 15), ("self-employed", 12), ("recently-changed", 6), ("not-working", 0)],
)
def test_income_that_is_easier_to_prove_counts_more(employment: str, points: int) -> None:
    assert _points(_FLAT, "employment", employment_type=employment) == points


def test_an_employment_that_was_assumed_earns_nothing() -> None:
    assert _points(_FLAT, "employment", flags=("employment_not_given",)) == 0


# Worked by hand: 75 % of the price over 25 years at 4 % costs 5.2784 a month for each 1,000 borrowed;
# MSR lets 30 % of 9,000, that is 2,700, be spent: a loan of 511,519, a price of 682,025 at the full limit.
@pytest.mark.parametrize(
    ("price", "points"),
    [(409_000, 30), (410_000, 24), (545_000, 24), (546_000, 18), (682_000, 18), (682_100, 8), (887_000, 0)],
)
def test_a_flat_is_measured_against_msr(price: int, points: int) -> None:
    assert _points(_FLAT, "affordability", property_price=price) == points


# 30 years at 4 % cost 4.7742 a month for each 1,000; TDSR lets 55 % of 9,000, that is 4,950, go into debts.
@pytest.mark.parametrize(
    ("price", "commitments", "points"),
    [
        (1_382_000, None, 18),
        (1_383_000, None, 8),
        (1_382_000, 100, 8),
        (500_000, None, 30),
        (500_000, 1_500, 24),
    ],
)
def test_a_private_home_is_measured_against_tdsr_with_other_debts(
    price: int, commitments: int | None, points: int
) -> None:
    changes = {"property_type": "private", "property_price": price, "existing_commitments": commitments}
    assert _points(_FLAT, "affordability", **changes) == points


# 60 % of the price over 30 years at 5 % cost 5.3682 a month for each 1,000; the same 4,950 carry a price of 1,536,830.
@pytest.mark.parametrize(("price", "points"), [(1_536_000, 18), (1_537_000, 8)])
def test_a_commercial_property_is_measured_at_its_own_rate_and_share(price: int, points: int) -> None:
    changes = {"loan_type": "commercial", "property_type": "commercial", "property_price": price}
    assert _points(_FLAT, "affordability", **changes) == points


def test_msr_binds_a_new_ec_and_not_a_resold_one() -> None:
    ec = {"property_type": "ec", "property_price": 900_000}
    new = _points(_FLAT, "affordability", property_category="new_launch", **ec)
    assert new < _points(_FLAT, "affordability", property_category="resale", **ec)


def test_self_employed_income_is_counted_less_thirty_percent() -> None:
    as_employed = _points(_FLAT, "affordability", incomes=(Decimal("6300"),))
    assert _points(_FLAT, "affordability", employment_type="self-employed") == as_employed
    assert as_employed < _points(_FLAT, "affordability")


def test_saying_nothing_about_work_is_no_way_around_the_thirty_percent() -> None:
    unsaid = _points(_FLAT, "affordability", flags=("employment_not_given",))
    assert unsaid == _points(_FLAT, "affordability", employment_type="self-employed")


def test_age_counts_only_for_how_long_a_loan_may_run() -> None:
    """Until 40 a flat's loan may run its 25 years before 65, whatever the age."""
    assert _total(_FLAT, ages=(21,)) == _total(_FLAT, ages=(40,))
    assert _points(_FLAT, "affordability", ages=(55,)) < _points(_FLAT, "affordability", ages=(40,))
    assert _points(_FLAT, "affordability", ages=(80,)) == 0


@pytest.mark.parametrize(
    ("ages", "incomes", "points"),
    [
        ((40,), (9_000,), 18),
        ((41,), (9_000,), 8),
        ((40, 41), (5_000, 4_000), 8),
        ((39, 41), (5_000, 4_000), 18),
    ],
)
def test_the_loan_ends_by_65_and_a_joint_age_is_rounded_up(
    ages: tuple[int, ...], incomes: tuple[int, ...], points: int
) -> None:
    """The price is at the full limit for 25 years, so a year less goes over it."""
    assert _points(_FLAT, "affordability", property_price=682_000, ages=ages, incomes=incomes) == points


def test_joint_ages_are_weighed_by_income() -> None:
    young_earner = _points(_FLAT, "affordability", ages=(35, 60), incomes=(8_500, 500))
    assert young_earner > _points(_FLAT, "affordability", ages=(35, 60), incomes=(500, 8_500))
