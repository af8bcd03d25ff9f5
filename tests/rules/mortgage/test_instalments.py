"""Instalments, refinancing and payments in stages."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.mortgage.arithmetic import cents
from nextnest.rules.mortgage.inputs import Missing, Unusable
from nextnest.rules.mortgage.instalment import (
    BalanceInputs,
    InstalmentInputs,
    LoanInputs,
    balance_after,
    factor,
    loan_from_instalment,
    monthly_instalment,
)
from nextnest.rules.mortgage.progressive import Progressive, ProgressiveInputs, progressive_payments
from nextnest.rules.mortgage.refinance import Refinance, RefinanceInputs, refinance_saving
from tests.rules.mortgage import questions as ask

RATES = st.decimals(min_value=0, max_value=20, places=2)
MONTHS = st.integers(1, 420)
LOANS = st.decimals(min_value=1_000, max_value=50_000_000, places=2)


def _loan(loan: str | Decimal, rate: str | Decimal, months: int) -> LoanInputs:
    return LoanInputs(loan=Decimal(loan), rate=Decimal(rate), months=months)


@pytest.mark.parametrize(
    ("percent", "months", "expected"),
    [
        ("4", 240, "165.0218582435"),
        ("4", 264, "175.3828932597"),
        ("4", 300, "189.4524829748"),
        ("4", 360, "209.4612404542"),
        ("4", 420, "225.8484749302"),
        ("3", 240, "180.3109144125"),
        ("3", 300, "210.8764533400"),
        ("5", 240, "151.5253130743"),
        ("5", 360, "186.2816170461"),
        ("2.6", 300, "220.4247770980"),
        ("1.8", 300, "241.4378850588"),
        ("3.2", 300, "206.3221302046"),
    ],
)
def test_the_factor(percent: str, months: int, expected: str) -> None:
    assert round(factor(Decimal(percent) / 100, months), 10) == Decimal(expected)


@pytest.mark.parametrize(
    ("loan", "rate", "months", "instalment"),
    [
        ("1000000", "4", 360, "4774.15"),
        ("1125000", "4", 360, "5370.92"),
        ("1125000", "1.8", 360, "4046.61"),
        ("300000", "2.6", 300, "1361.01"),
        ("500000", "2.6", 300, "2268.35"),
        ("600000", "3.2", 300, "2908.07"),
        ("600000", "1.8", 300, "2485.11"),
        ("500000", "0", 300, "1666.67"),
    ],
)
def test_the_instalment_to_the_cent(loan: str, rate: str, months: int, instalment: str) -> None:
    assert monthly_instalment(_loan(loan, rate, months), ask.TODAY).instalment == Decimal(instalment)


def test_an_instalment_is_shown_up_to_the_dollar_once() -> None:
    result = monthly_instalment(_loan("1000000", "4", 360), ask.TODAY)
    assert result.shown[0].text == "S$4,775"
    assert result.raw != result.instalment


def test_without_interest_nothing_is_paid_for_it() -> None:
    result = monthly_instalment(_loan("500000", "0", 300), ask.TODAY)
    assert result.shown[1].text == "S$0"


@ask.patient
@given(LOANS, RATES, MONTHS)
def test_loan_and_instalment_are_each_others_inverse(loan: Decimal, rate: Decimal, months: int) -> None:
    instalment = cents(monthly_instalment(_loan(loan, rate, months), ask.TODAY).raw)
    back = loan_from_instalment(
        InstalmentInputs(instalment=instalment, rate=rate, months=months), ask.TODAY
    ).raw
    assert abs(back - loan) <= Decimal("0.005") * factor(rate / 100, months) + Decimal("1e-30")


@ask.patient
@given(LOANS, RATES, RATES, MONTHS)
def test_a_higher_rate_never_lowers_an_instalment(
    loan: Decimal, one: Decimal, other: Decimal, months: int
) -> None:
    low, high = (
        monthly_instalment(_loan(loan, rate, months), ask.TODAY).raw for rate in sorted((one, other))
    )
    assert low <= high


def test_the_callers_context_changes_nothing() -> None:
    asked = _loan("1000000", "3.2", 300)
    usual = monthly_instalment(asked, ask.TODAY)
    with localcontext() as context:
        context.prec, context.rounding = 5, ROUND_UP
        assert monthly_instalment(asked, ask.TODAY) == usual


def test_the_balance_after_three_years() -> None:
    asked = BalanceInputs(loan=Decimal(600_000), rate=Decimal("1.8"), months=300, paid=36)
    assert balance_after(asked, ask.TODAY).balance == Decimal("541412.28")


@ask.patient
@given(LOANS, RATES, MONTHS, st.data())
def test_a_balance_falls_to_nothing_with_the_last_instalment(
    loan: Decimal, rate: Decimal, months: int, data: st.DataObject
) -> None:
    def balance(paid: int) -> Decimal:
        asked = BalanceInputs(loan=loan, rate=rate, months=months, paid=paid)
        return balance_after(asked, ask.TODAY).raw

    paid = data.draw(st.integers(0, months - 1))
    assert abs(balance(0) - loan) < Decimal("1e-30")
    assert balance(paid + 1) < balance(paid)
    assert balance(months) == 0


def test_more_instalments_than_the_loan_has_are_refused() -> None:
    with pytest.raises(Unusable, match="paid"):
        balance_after(BalanceInputs(loan=Decimal(1), rate=Decimal(1), months=12, paid=13), ask.TODAY)


def _refinance(penalty: str, costs: str, new_rate: str = "1.8") -> Refinance:
    inputs = RefinanceInputs(
        balance=Decimal(600_000),
        months=300,
        current_rate=Decimal("3.2"),
        new_rate=Decimal(new_rate),
        penalty=Decimal(penalty),
        costs=Decimal(costs),
    )
    return refinance_saving(inputs, ask.TODAY)


def test_refinancing_saves_and_breaks_even() -> None:
    result = _refinance("1.5", "2500")
    assert cents(result.saving) == Decimal("422.96")
    assert result.cost == 11_500
    assert result.break_even is not None
    assert (cents(result.break_even), result.whole_months) == (Decimal("27.19"), 28)
    assert result.shown[-2].text == "S$422"
    assert result.shown[-1].text == "28 months"


def test_without_penalty_it_breaks_even_sooner() -> None:
    result = _refinance("0", "2500")
    assert result.break_even is not None
    assert (cents(result.break_even), result.whole_months) == (Decimal("5.91"), 6)


@pytest.mark.parametrize("rate", ["3.2", "3.5"])
def test_a_rate_that_saves_nothing_never_breaks_even(rate: str) -> None:
    result = _refinance("0", "2500", rate)
    assert (result.break_even, result.whole_months) == (None, None)
    assert "saving_a_month" not in {line.name for line in result.shown}


def test_an_unknown_penalty_is_asked_for() -> None:
    with pytest.raises(Missing, match="penalty"):
        RefinanceInputs(
            balance=Decimal(1),
            months=1,
            current_rate=Decimal(1),
            new_rate=Decimal(1),
            penalty=None,  # type: ignore[arg-type]
            costs=Decimal(0),
        )


def _stages(price: int, loan: int) -> Progressive:
    inputs = ProgressiveInputs(price=Decimal(price), loan=Decimal(loan), rate=Decimal("1.8"), years=30)
    return progressive_payments(inputs, ask.TODAY)


def test_a_home_being_built_draws_own_money_first() -> None:
    payments = _stages(1_500_000, 1_125_000).payments
    assert [payment.own for payment in payments] == [75_000, 225_000, 75_000, *[0] * 7]
    loans = [0, 0, 75_000, 150_000, 75_000, 75_000, 75_000, 75_000, 375_000, 225_000]
    assert [payment.loan for payment in payments] == loans
    drawn = [75_000, 225_000, 300_000, 375_000, 450_000, 525_000, 900_000, 1_125_000]
    assert [payment.drawn for payment in payments[2:]] == drawn
    instalments = "269.77 809.32 1079.10 1348.87 1618.64 1888.42 3237.29 4046.61"
    assert " ".join(str(cents(payment.instalment)) for payment in payments[2:]) == instalments


@ask.patient
@given(st.integers(100_000, 20_000_000), st.integers(0, 100))
def test_the_stages_add_up_to_price_and_loan(price: int, share: int) -> None:
    payments = _stages(price, price * share // 100).payments
    assert sum(payment.own + payment.loan for payment in payments) == price
    assert payments[-1].drawn == price * share // 100


def test_a_loan_above_the_price_is_refused() -> None:
    with pytest.raises(Unusable, match="loan"):
        _stages(1_000_000, 1_000_001)
