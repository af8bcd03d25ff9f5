"""CPF for a home: how much may be used, and what must be refunded on a sale, as an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import cents, exact
from nextnest.rules.mortgage.calculation import Calculation, Working, funds_shown, room_shown
from nextnest.rules.mortgage.duty_rules import (
    CPF_INTEREST,
    CPF_LEASE_AGE,
    CPF_LEASE_NONE,
    CPF_SECOND_HOME,
    CPF_WITHDRAWAL,
)
from nextnest.rules.mortgage.inputs import Choice, Inputs, Money, Whole, YesNo
from nextnest.rules.mortgage.loan_rules import CPF_OA_RATE

VERSION = "cpf-limits/1"
INTEREST_VERSION = "cpf-interest/1"


class Title(StrEnum):
    FREEHOLD = "freehold"
    LEASEHOLD = "leasehold"


@dataclass(frozen=True, kw_only=True)
class CpfInputs(Inputs):
    """`lease_left` and `youngest_age` in whole years matter for a leasehold home."""

    price: Annotated[Decimal, Money("the price")]
    valuation: Annotated[Decimal, Money("the valuation, or whether to take the price for it")]
    title: Annotated[Title, Choice("whether the home is freehold or leasehold", Title)]
    lease_left: Annotated[int | None, Whole("how many years of the lease are left", 0, 999)]
    youngest_age: Annotated[int | None, Whole("the age of the youngest buyer", 18, 100)]
    second_home: Annotated[bool, YesNo("whether CPF is already used for another home")]


@dataclass(frozen=True, kw_only=True)
class CpfLimits(Calculation):
    """Dollars; both 0 when the lease is too short for any CPF."""

    valuation_limit: Decimal
    withdrawal_limit: Decimal


@dataclass(frozen=True, kw_only=True)
class AccruedInputs(Inputs):
    used: Annotated[Decimal, Money("how much CPF was used for the home")]
    years: Annotated[int, Whole("how many whole years ago it was used", 0, 60)]


@dataclass(frozen=True, kw_only=True)
class Accrued(Calculation):
    """Dollars; `refund` is what was used with its interest, `interest` that alone, both to the cent."""

    raw: Decimal
    refund: Decimal
    interest: Decimal


@exact
def cpf_limits(inputs: CpfInputs, day: date) -> CpfLimits:
    """The most CPF that may be used, before what a member has and must keep."""
    working = Working(day)
    valuation = Decimal(0) if _lease_too_short(inputs, working) else min(inputs.price, inputs.valuation)
    most = valuation * working.use(CPF_SECOND_HOME if inputs.second_home else CPF_WITHDRAWAL)
    if inputs.second_home:
        working.confirm(
            "For a second home the Basic Retirement Sum is set aside first: CPF's statement says how much."
        )
    else:
        working.confirm(
            "Beyond the valuation limit the Basic Retirement Sum must be set aside: CPF's statement decides."
        )
    return CpfLimits(
        valuation_limit=valuation,
        withdrawal_limit=most,
        shown=(room_shown("valuation_limit", valuation), room_shown("withdrawal_limit", most)),
        basis=working.basis(VERSION),
    )


def _lease_too_short(inputs: CpfInputs, working: Working) -> bool:
    """Whether no CPF may be used at all; a lease that is short for the youngest buyer means less, by CPF's own sum."""
    if inputs.title is Title.FREEHOLD:
        return False
    inputs.need("lease_left", "youngest_age")
    assert inputs.lease_left is not None
    assert inputs.youngest_age is not None
    if inputs.lease_left <= working.use(CPF_LEASE_NONE):
        return True
    if inputs.youngest_age + inputs.lease_left < working.use(CPF_LEASE_AGE):
        working.confirm(
            "The lease is short for the youngest buyer: less CPF may be used, and CPF says how much."
        )
    return False


@exact
def cpf_accrued_interest(inputs: AccruedInputs, day: date) -> Accrued:
    """An estimate of the refund on a sale, for one sum used at one time."""
    working = Working(day)
    working.use(CPF_INTEREST)
    raw = inputs.used * (1 + working.use(CPF_OA_RATE)) ** inputs.years
    working.assume("One sum, whole years, and the same rate for all of them.")
    working.confirm(
        "This is an estimate: sources disagree on the compounding, and the CPF statement has the exact sum."
    )
    return Accrued(
        raw=raw,
        refund=cents(raw),
        interest=cents(raw - inputs.used),
        shown=(funds_shown("refund_to_cpf", raw), funds_shown("of_that_interest", raw - inputs.used)),
        basis=working.basis(INTEREST_VERSION),
    )
