"""TDSR and MSR, recognised income, and all limits together."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.mortgage.affordability import affordability
from nextnest.rules.mortgage.income import IncomeInputs, recognised_income
from nextnest.rules.mortgage.inputs import Missing, Unusable
from nextnest.rules.mortgage.instalment import loan_for
from nextnest.rules.mortgage.lending import Lender, Property
from nextnest.rules.mortgage.msr import max_loan_msr
from nextnest.rules.mortgage.tdsr import IncomeNeededInputs, Purpose, income_needed, max_loan_tdsr
from tests.rules.mortgage import questions as ask

INCOMES = st.decimals(min_value=0, max_value=200_000, places=2)


def _floor(amount: Decimal | None) -> int:
    assert amount is not None
    return int(amount.to_integral_value(rounding=ROUND_FLOOR))


def _shown(result: Any) -> dict[str, str]:
    return {line.name: line.text for line in result.shown}


def _recognised(fixed: int, variable: int, rental: int) -> Decimal:
    inputs = IncomeInputs(fixed=Decimal(fixed), variable=Decimal(variable), rental=Decimal(rental))
    return recognised_income(inputs, ask.TODAY).raw


@pytest.mark.parametrize(
    ("income", "changes", "instalment", "cents", "whole"),
    [
        ("10000", {}, "5500", "1152036.82", 1_152_036),
        ("10000", {"other_debts": Decimal(1_200)}, "4300", "900683.33", 900_683),
        ("15000", {}, "8250", "1728055.23", 1_728_055),
        ("8000", {"years": 25}, "4400", "833590.93", 833_590),
        ("20000", {"other_debts": Decimal(3_500), "years": 25}, "7500", "1420893.62", 1_420_893),
        ("12000", {"kind": Property.NON_RESIDENTIAL, "years": 20}, "6600", "1000067.07", 1_000_067),
        ("8100", {"other_debts": Decimal(800)}, "3655", "765580.83", 765_580),
        ("7730", {"other_debts": Decimal(450), "years": 25}, "3801.50", None, 720_203),
    ],
)
def test_the_largest_loan_by_tdsr(
    income: str, changes: dict[str, Any], instalment: str, cents: str | None, whole: int
) -> None:
    result = max_loan_tdsr(ask.tdsr(income, **changes), ask.TODAY)
    assert result.most_instalment == Decimal(instalment)
    assert _floor(result.most_loan) == whole
    assert cents is None or round(result.most_loan, 2) == Decimal(cents)


def test_a_loan_is_shown_down_to_the_thousand() -> None:
    result = max_loan_tdsr(ask.tdsr("10000"), ask.TODAY)
    assert _shown(result)["largest_loan"] == "S$1,152,000"
    assert [use.id for use in result.rules_used] == [
        "longest_tenure_other",
        "stress_rate_residential",
        "tdsr",
    ]


def test_an_investments_loan_from_before_keeps_its_limit() -> None:
    asked = {"purpose": Purpose.REFINANCE_INVESTMENT}
    with pytest.raises(Missing, match="first granted"):
        max_loan_tdsr(ask.tdsr("10000", **asked), ask.TODAY)
    old, new = (
        max_loan_tdsr(ask.tdsr("10000", **asked, first_granted_on=day), ask.TODAY)
        for day in (date(2021, 12, 15), date(2021, 12, 16))
    )
    assert (_floor(old.most_loan), old.most_instalment) == (1_256_767, 6_000)
    assert new.most_instalment == 5_500


def test_refinancing_the_home_one_lives_in_says_that_the_limit_may_not_bind() -> None:
    asked = ask.tdsr("10000", purpose=Purpose.REFINANCE_OWN_HOME)
    assert "need not meet the limit" in max_loan_tdsr(asked, ask.TODAY).needs_confirmation[0]


def test_debts_above_the_limit_leave_no_loan_and_never_a_negative_one() -> None:
    result = max_loan_tdsr(ask.tdsr("4000", other_debts=Decimal(2_500)), ask.TODAY)
    assert (result.most_instalment, result.most_loan) == (0, 0)


@ask.patient
@given(INCOMES, INCOMES, st.integers(1, 35))
def test_tdsr_is_never_negative_and_never_falls_with_income(low: Decimal, debts: Decimal, years: int) -> None:
    loans = [
        max_loan_tdsr(ask.tdsr(income, other_debts=debts, years=years), ask.TODAY).most_loan
        for income in (low, low + 100)
    ]
    assert 0 <= loans[0] <= loans[1]


def test_the_stress_rate_is_for_the_new_loan_alone() -> None:
    """An instalment of S$1,200 paid on another loan costs exactly S$1,200 of room, at whatever rate it was lent."""
    without, with_debt = (
        max_loan_tdsr(ask.tdsr("10000", other_debts=Decimal(debts)), ask.TODAY) for debts in (0, 1_200)
    )
    assert without.most_instalment - with_debt.most_instalment == 1_200


def test_a_guarantee_counts_with_a_fifth_of_its_monthly_obligation() -> None:
    result = max_loan_tdsr(ask.tdsr("10000", guaranteed=Decimal(2_000)), ask.TODAY)
    assert (result.debts, result.most_instalment) == (400, 5_100)


def test_an_offer_above_the_floor_is_what_is_assessed() -> None:
    floor, offered = (
        max_loan_tdsr(ask.tdsr("10000", offered_rate=rate), ask.TODAY)
        for rate in (Decimal("1.8"), Decimal("4.5"))
    )
    assert _floor(floor.most_loan) == 1_152_036
    assert offered.most_loan < floor.most_loan
    assert any("4.5%" in sentence for sentence in offered.assumptions)


def test_no_result_promises_a_loan() -> None:
    assert "Banks decide for themselves" in max_loan_tdsr(ask.tdsr("10000"), ask.TODAY).assumptions[0]


@pytest.mark.parametrize(("kind", "years"), [(Property.HDB_FLAT, 31), (Property.HDB_FLAT, 35)])
def test_a_loan_longer_than_banks_may_lend_is_refused(kind: Property, years: int) -> None:
    with pytest.raises(Unusable, match="30"):
        max_loan_tdsr(ask.tdsr("10000", kind=kind, years=years), ask.TODAY)


def test_the_income_needed_is_exact_and_shown_upwards() -> None:
    result = income_needed(_income_needed(1_125_000), ask.TODAY)
    assert round(result.instalment, 2) == Decimal("5370.92")
    assert Decimal("9765.31") < result.income < Decimal("9765.32")
    assert _shown(result)["income_needed"] == "S$9,766"


@ask.patient
@given(st.integers(1_000, 5_000_000))
def test_the_income_needed_just_carries_the_loan(loan: int) -> None:
    income = income_needed(_income_needed(loan), ask.TODAY).income
    carried = max_loan_tdsr(ask.tdsr(round(income, 2) + Decimal("0.01")), ask.TODAY).most_loan
    short = max_loan_tdsr(ask.tdsr(round(income, 2) - Decimal("0.01")), ask.TODAY).most_loan
    assert short < loan <= carried


def _income_needed(loan: int) -> IncomeNeededInputs:
    return IncomeNeededInputs(
        loan=Decimal(loan),
        other_debts=Decimal(0),
        guaranteed=Decimal(0),
        kind=Property.PRIVATE,
        purpose=Purpose.PURCHASE,
        first_granted_on=None,
        years=30,
        offered_rate=None,
    )


def test_variable_and_rental_income_count_seven_tenths() -> None:
    assert _recognised(6_000, 3_000, 0) == 8_100
    assert _recognised(5_000, 2_400, 1_500) == 7_730
    assert _recognised(5_000, 0, 0) == 5_000


@pytest.mark.parametrize(
    ("income", "changes", "whole"),
    [
        (9_000, {}, 511_521),
        (8_000, {"years": 30}, 502_706),
        (8_000, {"lender": Lender.HDB}, 506_103),
        (6_000, {"lender": Lender.HDB}, 379_577),
        (14_000, {"lender": Lender.HDB}, 885_681),
        (16_000, {"kind": Property.EC, "within_occupation_period": True, "years": 30}, 1_005_413),
    ],
)
def test_the_largest_loan_by_msr(income: int, changes: dict[str, Any], whole: int) -> None:
    assert _floor(max_loan_msr(ask.msr(income, **changes), ask.TODAY).most_loan) == whole


@pytest.mark.parametrize(
    ("income", "lender", "cents"), [(9_000, Lender.BANK, "511521.70"), (8_000, Lender.HDB, "506103.49")]
)
def test_msr_is_right_to_the_cent(income: int, lender: Lender, cents: str) -> None:
    loan = max_loan_msr(ask.msr(income, lender=lender), ask.TODAY).most_loan
    assert loan is not None
    assert round(loan, 2) == Decimal(cents)


def test_other_property_loans_count_for_msr() -> None:
    result = max_loan_msr(ask.msr(9_000, property_debts=Decimal(700), guaranteed=Decimal(1_000)), ask.TODAY)
    assert result.most_instalment == 1_800


def test_msr_asks_whether_an_ec_is_within_its_occupation_period() -> None:
    with pytest.raises(Missing, match="minimum occupation period"):
        max_loan_msr(ask.msr(16_000, kind=Property.EC), ask.TODAY)
    free = max_loan_msr(ask.msr(16_000, kind=Property.EC, within_occupation_period=False), ask.TODAY)
    assert (free.applies, free.most_loan) == (False, None)


def test_msr_does_not_limit_private_homes() -> None:
    assert not max_loan_msr(ask.msr(16_000, kind=Property.PRIVATE), ask.TODAY).applies


@pytest.mark.parametrize("kind", [Property.EC, Property.PRIVATE])
def test_hdb_lends_for_flats_only(kind: Property) -> None:
    with pytest.raises(Unusable, match="HDB flats only"):
        max_loan_msr(ask.msr(8_000, kind=kind, lender=Lender.HDB), ask.TODAY)


def test_hdb_lends_for_twenty_five_years_at_most() -> None:
    with pytest.raises(Unusable, match="25"):
        max_loan_msr(ask.msr(8_000, lender=Lender.HDB, years=26), ask.TODAY)


def test_a_condominium_is_limited_by_its_value_when_income_suffices() -> None:
    result = affordability(ask.purchase(), ask.TODAY)
    assert (result.most_loan, result.binding) == (1_125_000, "ltv")
    assert (_floor(result.by_tdsr), result.by_msr) == (1_152_036, None)
    assert (result.down_payment, result.minimum_cash) == (375_000, 75_000)


def test_a_flat_through_a_bank_is_limited_by_whichever_ratio_is_lower() -> None:
    flat = ask.purchase(
        price=Decimal(700_000),
        valuation=Decimal(700_000),
        kind=Property.HDB_FLAT,
        years=25,
        income=Decimal(8_000),
        borrowers=ask.borrowers((35, 8_000)),
        other_debts=Decimal(2_500),
    )
    result = affordability(flat, ask.TODAY)
    assert (_floor(result.by_msr), _floor(result.by_tdsr)) == (454_685, 359_959)
    assert (_floor(result.most_loan), result.binding) == (359_959, "tdsr")


def test_another_property_loan_counts_for_both_ratios() -> None:
    flat = {"kind": Property.HDB_FLAT, "years": 25, "income": Decimal(8_000)}
    free, bound = (
        affordability(ask.purchase(property_debts=Decimal(debts), **flat), ask.TODAY) for debts in (0, 500)
    )
    for before, after in ((free.by_tdsr, bound.by_tdsr), (free.by_msr, bound.by_msr)):
        assert before is not None
        assert after is not None
        assert round(before - after, 10) == round(loan_for(Decimal(500), Decimal("0.04"), 300), 10)


def test_an_hdb_loan_is_not_measured_by_tdsr() -> None:
    flat = ask.purchase(kind=Property.HDB_FLAT, lender=Lender.HDB, years=25, income=Decimal(8_000))
    result = affordability(flat, ask.TODAY)
    assert result.by_tdsr is None
    assert (_floor(result.most_loan), result.binding) == (506_103, "msr")


@ask.patient
@given(INCOMES, st.integers(100_000, 5_000_000))
def test_together_never_lends_more_than_each_limit(income: Decimal, price: int) -> None:
    asked = ask.purchase(price=Decimal(price), valuation=Decimal(price), income=income)
    result = affordability(asked, ask.TODAY)
    assert result.by_tdsr is not None
    assert result.most_loan == min(result.by_ltv, result.by_tdsr)
    assert result.most_loan + result.down_payment == price
