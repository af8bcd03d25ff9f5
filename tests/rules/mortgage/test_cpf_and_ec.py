"""CPF limits and refunds, and the terms of new executive condominiums."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.mortgage.cpf import AccruedInputs, CpfInputs, Title, cpf_accrued_interest, cpf_limits
from nextnest.rules.mortgage.executive_condo import EcInputs, ec_terms
from nextnest.rules.mortgage.inputs import Missing
from tests.rules.mortgage import questions as ask

FREEHOLD = CpfInputs(
    price=Decimal(800_000),
    valuation=Decimal(780_000),
    title=Title.FREEHOLD,
    lease_left=None,
    youngest_age=None,
    second_home=False,
)
LEASEHOLD = replace(FREEHOLD, title=Title.LEASEHOLD, lease_left=70, youngest_age=30)


def test_the_limits_go_by_the_lower_of_price_and_valuation() -> None:
    result = cpf_limits(FREEHOLD, ask.TODAY)
    assert (result.valuation_limit, result.withdrawal_limit) == (780_000, 936_000)


def test_a_second_home_ends_at_the_valuation_limit() -> None:
    result = cpf_limits(replace(FREEHOLD, second_home=True), ask.TODAY)
    assert result.withdrawal_limit == 780_000
    assert "Basic Retirement Sum" in result.needs_confirmation[0]


def test_a_leasehold_home_asks_for_lease_and_age() -> None:
    with pytest.raises(Missing) as raised:
        cpf_limits(replace(FREEHOLD, title=Title.LEASEHOLD), ask.TODAY)
    assert raised.value.fields == ("how many years of the lease are left", "the age of the youngest buyer")


@pytest.mark.parametrize(("lease", "short"), [(64, True), (65, False)])
def test_a_lease_that_ends_before_the_youngest_is_95_is_for_cpf_to_work_out(lease: int, short: bool) -> None:
    result = cpf_limits(replace(LEASEHOLD, lease_left=lease), ask.TODAY)
    assert any("lease is short" in sentence for sentence in result.needs_confirmation) is short
    assert result.withdrawal_limit == 936_000


@pytest.mark.parametrize(("lease", "limit"), [(20, 0), (21, 936_000)])
def test_twenty_years_of_lease_are_too_few_for_any_cpf(lease: int, limit: int) -> None:
    assert cpf_limits(replace(LEASEHOLD, lease_left=lease), ask.TODAY).withdrawal_limit == limit


@pytest.mark.parametrize(
    ("used", "years", "refund"),
    [(100_000, 10, "128008.45"), (200_000, 5, "226281.64"), (50_000, 0, "50000.00")],
)
def test_accrued_interest_compounds_yearly(used: int, years: int, refund: str) -> None:
    result = cpf_accrued_interest(AccruedInputs(used=Decimal(used), years=years), ask.TODAY)
    assert result.refund == Decimal(refund)
    assert result.interest == Decimal(refund) - used


def test_accrued_interest_is_an_estimate_and_says_so() -> None:
    result = cpf_accrued_interest(AccruedInputs(used=Decimal(100_000), years=10), ask.TODAY)
    assert "estimate" in result.needs_confirmation[0]
    assert [line.text for line in result.shown] == ["S$129,000", "S$29,000"]


@ask.patient
@given(st.integers(1, 5_000_000), st.integers(0, 59))
def test_the_refund_grows_with_time(used: int, years: int) -> None:
    now, later = (
        cpf_accrued_interest(AccruedInputs(used=Decimal(used), years=one), ask.TODAY).raw
        for one in (years, years + 1)
    )
    assert used <= now < later


@pytest.mark.parametrize(("bought", "terms"), [("2026-05-07", (5, 10)), ("2026-05-08", (10, 15))])
def test_the_terms_of_a_new_ec_change_on_8_may_2026_and_the_project_is_asked(
    bought: str, terms: tuple[int, int]
) -> None:
    result = ec_terms(EcInputs(bought_on=date.fromisoformat(bought)), ask.TODAY)
    assert (result.minimum_occupation, result.privatised) == terms
    assert "Which project is it?" in result.needs_confirmation[0]


def test_after_the_change_the_earlier_terms_are_named_too() -> None:
    result = ec_terms(EcInputs(bought_on=date(2026, 11, 1)), ask.TODAY)
    assert (result.earlier_minimum_occupation, result.earlier_privatised) == (5, 10)
