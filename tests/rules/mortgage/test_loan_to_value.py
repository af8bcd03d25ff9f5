"""Loan-to-value: tiers by age and tenure, the down payment's parts, and how long a loan may run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.mortgage.income import AgeInputs, average_age
from nextnest.rules.mortgage.inputs import Missing, Unusable
from nextnest.rules.mortgage.lending import Lender, Property
from nextnest.rules.mortgage.ltv import max_loan_ltv
from nextnest.rules.mortgage.tenure import TenureInputs, longest_tenure
from tests.rules.mortgage import questions as ask

IWAA_37 = ask.borrowers((35, 6_000), (40, 4_000))
IWAA_43_33 = ask.borrowers((60, 8_000), (30, 10_000))
LONG = {"years": 31, "borrowers": ask.borrowers((30, 10_000))}


def _age(*ages_and_incomes: tuple[int, int]) -> Decimal:
    return average_age(AgeInputs(borrowers=ask.borrowers(*ages_and_incomes)), ask.TODAY).raw


def _tenure(kind: Property, lender: Lender, *ages: int, lease: int | None = None) -> TenureInputs:
    return TenureInputs(
        kind=kind, lender=lender, borrowers=ask.borrowers(*((age, 5_000) for age in ages)), lease_left=lease
    )


@pytest.mark.parametrize(
    ("changes", "loan", "cash", "rest"),
    [
        ({"loans": 0}, 1_125_000, 75_000, 300_000),
        ({"loans": 0, **LONG}, 825_000, 150_000, 525_000),
        ({"loans": 1}, 675_000, 375_000, 450_000),
        ({"loans": 1, **LONG}, 375_000, 375_000, 750_000),
        ({"loans": 2}, 525_000, 375_000, 600_000),
        ({"loans": 2, **LONG}, 225_000, 375_000, 900_000),
        ({"loans": 5}, 525_000, 375_000, 600_000),
    ],
)
def test_the_down_payment_on_1500000(changes: dict[str, Any], loan: int, cash: int, rest: int) -> None:
    result = max_loan_ltv(ask.ltv(**changes), ask.TODAY)
    assert (result.most_loan, result.cash, result.cash_or_cpf) == (loan, cash, rest)


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ({"borrowers": IWAA_37, "years": 28}, "0.75"),
        ({"borrowers": IWAA_37, "years": 29}, "0.55"),
        ({"borrowers": ask.borrowers((30, 9_000)), "kind": Property.HDB_FLAT, "years": 25}, "0.75"),
        ({"borrowers": ask.borrowers((30, 9_000)), "kind": Property.HDB_FLAT, "years": 26}, "0.55"),
        ({"borrowers": ask.borrowers((30, 9_000)), "years": 30}, "0.75"),
        ({"borrowers": ask.borrowers((30, 9_000)), "years": 31}, "0.55"),
        ({"borrowers": ask.borrowers((50, 9_000)), "years": 35}, "0.55"),
    ],
)
def test_age_and_tenure_choose_the_tier(changes: dict[str, Any], share: str) -> None:
    assert max_loan_ltv(ask.ltv(**changes), ask.TODAY).share == Decimal(share)


def test_the_lower_of_price_and_valuation_is_lent_on_and_the_difference_is_cash() -> None:
    result = max_loan_ltv(ask.ltv(valuation=Decimal(1_450_000)), ask.TODAY)
    assert (result.base, result.most_loan) == (1_450_000, 1_087_500)
    assert result.cash == 72_500 + 50_000
    assert [line.text for line in result.shown][2:] == ["S$1,087,000", "S$123,000", "S$290,000"]


def test_a_valuation_above_the_price_does_not_help() -> None:
    assert max_loan_ltv(ask.ltv(valuation=Decimal(1_600_000)), ask.TODAY).most_loan == 1_125_000


def test_the_average_age_is_kept_exact() -> None:
    assert _age((35, 6_000), (40, 4_000)) == 37
    assert _age((45, 9_000), (30, 3_000)) == Decimal("41.25")
    assert round(_age((60, 8_000), (30, 10_000)), 20) == round(Decimal(130) / 3, 20)


def test_a_tier_that_rounding_would_change_is_for_a_person() -> None:
    """43.33 and 22 years go beyond 65; an age rounded down to 43 would not."""
    close = max_loan_ltv(ask.ltv(borrowers=IWAA_43_33, years=22), ask.TODAY)
    assert close.reduced
    assert "rounds the income-weighted average age" in close.needs_confirmation[0]


@pytest.mark.parametrize(("years", "reduced"), [(20, False), (21, False), (23, True)])
def test_a_tier_that_rounding_would_not_change_needs_nobody(years: int, reduced: bool) -> None:
    """43.33 rounded up to 44 ends with 21 years at exactly 65: the age is never rounded into the lower tier."""
    result = max_loan_ltv(ask.ltv(borrowers=IWAA_43_33, years=years), ask.TODAY)
    assert (result.reduced, result.needs_confirmation) == (reduced, ())


def test_an_exact_age_at_the_limit_needs_nobody() -> None:
    result = max_loan_ltv(ask.ltv(borrowers=IWAA_37, years=28), ask.TODAY)
    assert (result.reduced, result.needs_confirmation) == (False, ())


@pytest.mark.parametrize(
    ("name", "words"), [("loans", "housing loans"), ("years", "how many years"), ("borrowers", "who borrows")]
)
def test_a_bank_loan_asks_for_what_decides_the_tier(name: str, words: str) -> None:
    with pytest.raises(Missing, match=words):
        max_loan_ltv(ask.ltv(**{name: None}), ask.TODAY)


def test_an_hdb_loan_has_one_share_and_no_minimum_in_cash() -> None:
    asked = ask.ltv(
        600_000, kind=Property.HDB_FLAT, lender=Lender.HDB, loans=None, years=None, borrowers=None
    )
    result = max_loan_ltv(asked, ask.TODAY)
    assert (result.share, result.most_loan, result.cash) == (Decimal("0.75"), 450_000, 0)


def test_borrowers_without_any_income_have_no_average_age() -> None:
    with pytest.raises(Unusable, match="income between them"):
        _age((40, 0), (35, 0))


@ask.patient
@given(
    st.integers(100_000, 9_000_000), st.integers(100_000, 9_000_000), st.integers(0, 3), st.integers(1, 35)
)
def test_loan_cash_and_rest_add_up_to_the_price(price: int, valuation: int, loans: int, years: int) -> None:
    result = max_loan_ltv(ask.ltv(price, valuation=Decimal(valuation), loans=loans, years=years), ask.TODAY)
    assert result.most_loan + result.cash + result.cash_or_cpf == price
    assert min(result.most_loan, result.cash, result.cash_or_cpf) >= 0


@ask.patient
@given(st.lists(st.tuples(st.integers(18, 100), st.integers(1, 100_000)), min_size=1, max_size=10))
def test_the_average_age_lies_between_the_ages(people: list[tuple[int, int]]) -> None:
    # A third has no exact decimal: the last of fifty digits may be off by one.
    dust = Decimal("1e-40")
    assert min(age for age, _ in people) - dust <= _age(*people) <= max(age for age, _ in people) + dust


@pytest.mark.parametrize(
    ("inputs", "longest", "full"),
    [
        (_tenure(Property.PRIVATE, Lender.BANK, 30), 35, 30),
        (_tenure(Property.PRIVATE, Lender.BANK, 40), 35, 25),
        (_tenure(Property.HDB_FLAT, Lender.BANK, 30), 30, 25),
        (_tenure(Property.PRIVATE, Lender.BANK, 70), 35, 0),
        (_tenure(Property.HDB_FLAT, Lender.HDB, 30, lease=90), 25, 25),
        (_tenure(Property.HDB_FLAT, Lender.HDB, 45, lease=90), 20, 20),
        (_tenure(Property.HDB_FLAT, Lender.HDB, 30, lease=38), 18, 18),
        (_tenure(Property.HDB_FLAT, Lender.HDB, 30, lease=20), 0, 0),
        (_tenure(Property.HDB_FLAT, Lender.HDB, 66, lease=90), 0, 0),
    ],
)
def test_the_longest_loan(inputs: TenureInputs, longest: int, full: int) -> None:
    result = longest_tenure(inputs, ask.TODAY)
    assert (result.longest, result.for_full_ltv) == (longest, full)


def test_an_hdb_loan_asks_for_the_lease_and_goes_by_the_oldest_of_several() -> None:
    with pytest.raises(Missing, match="lease"):
        longest_tenure(_tenure(Property.HDB_FLAT, Lender.HDB, 30), ask.TODAY)
    result = longest_tenure(_tenure(Property.HDB_FLAT, Lender.HDB, 30, 50, lease=90), ask.TODAY)
    assert result.longest == 15
    assert "whose age counts" in result.needs_confirmation[0]


@ask.patient
@given(st.integers(18, 64))
def test_a_loan_of_the_longest_full_tenure_gets_the_normal_tier_and_a_year_more_does_not(age: int) -> None:
    full = longest_tenure(_tenure(Property.PRIVATE, Lender.BANK, age), ask.TODAY).for_full_ltv
    tiers = [
        max_loan_ltv(ask.ltv(borrowers=ask.borrowers((age, 5_000)), years=years), ask.TODAY).reduced
        for years in (full, full + 1)
    ]
    assert tiers == [False, True]
