"""Monthly instalments: a loan repaid in equal parts, interest at a twelfth of the yearly rate each month.

factor a = (1 - (1 + r)^-n) / r, or n when r is 0; loan = instalment * a.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import HUNDRED, cents, exact
from nextnest.rules.mortgage.calculation import (
    Calculation,
    Working,
    loan_shown,
    payment_shown,
)
from nextnest.rules.mortgage.inputs import Inputs, Money, Percent, Unusable, Whole

VERSION = "instalment/1"
# 35 years, the longest loan there is for any property.
MOST_MONTHS = 420
_SAME_RATE = "The rate stays the same for the whole time."
_RATE = "the interest rate a year"
_MONTHS = "over how many months the loan is to be repaid"

Months = Annotated[int, Whole(_MONTHS, 1, MOST_MONTHS)]
Rate = Annotated[Decimal, Percent(_RATE)]


@dataclass(frozen=True, kw_only=True)
class LoanInputs(Inputs):
    loan: Annotated[Decimal, Money("the amount of the loan")]
    rate: Rate
    months: Months


@dataclass(frozen=True, kw_only=True)
class InstalmentInputs(Inputs):
    instalment: Annotated[Decimal, Money("the monthly instalment")]
    rate: Rate
    months: Months


@dataclass(frozen=True, kw_only=True)
class BalanceInputs(LoanInputs):
    paid: Annotated[int, Whole("how many instalments have been paid", 0, MOST_MONTHS)]


@dataclass(frozen=True, kw_only=True)
class Instalment(Calculation):
    """`raw` in dollars a month, `instalment` to the cent, `interest` in dollars over the whole time."""

    raw: Decimal
    instalment: Decimal
    interest: Decimal


@dataclass(frozen=True, kw_only=True)
class Loan(Calculation):
    """What an instalment repays, in dollars."""

    raw: Decimal


@dataclass(frozen=True, kw_only=True)
class Balance(Calculation):
    """What is still owed, in dollars; `balance` to the cent."""

    raw: Decimal
    balance: Decimal


@exact
def monthly_instalment(inputs: LoanInputs, day: date) -> Instalment:
    """The monthly instalment of a loan."""
    working = Working(day)
    working.assume(_SAME_RATE)
    raw = instalment_for(inputs.loan, inputs.rate / HUNDRED, inputs.months)
    interest = raw * inputs.months - inputs.loan
    return Instalment(
        raw=raw,
        instalment=cents(raw),
        interest=interest,
        shown=(payment_shown("instalment", raw), payment_shown("interest_in_total", interest)),
        basis=working.basis(VERSION),
    )


@exact
def loan_from_instalment(inputs: InstalmentInputs, day: date) -> Loan:
    """The loan that a monthly instalment repays."""
    working = Working(day)
    working.assume(_SAME_RATE)
    raw = loan_for(inputs.instalment, inputs.rate / HUNDRED, inputs.months)
    return Loan(raw=raw, shown=(loan_shown("loan", raw),), basis=working.basis(VERSION))


@exact
def balance_after(inputs: BalanceInputs, day: date) -> Balance:
    """What is still owed after so many instalments. Raises Unusable when there were more than the loan has."""
    if inputs.paid > inputs.months:
        raise Unusable("paid", "must not be more than the months of the loan")
    working = Working(day)
    working.assume(_SAME_RATE)
    raw = balance_of(inputs.loan, inputs.rate / HUNDRED, inputs.months, inputs.paid)
    return Balance(
        raw=raw, balance=cents(raw), shown=(payment_shown("balance", raw),), basis=working.basis(VERSION)
    )


@exact
def factor(rate: Decimal, months: int) -> Decimal:
    """Loan for an instalment of one. `rate` is a share of one a year."""
    monthly = rate / 12
    return (1 - (1 + monthly) ** -months) / monthly if monthly else Decimal(months)


@exact
def instalment_for(loan: Decimal, rate: Decimal, months: int) -> Decimal:
    return loan / factor(rate, months)


@exact
def loan_for(instalment: Decimal, rate: Decimal, months: int) -> Decimal:
    return instalment * factor(rate, months)


@exact
def balance_of(loan: Decimal, rate: Decimal, months: int, paid: int) -> Decimal:
    """The instalments to come are worth the balance."""
    left = months - paid
    return loan_for(instalment_for(loan, rate, months), rate, left) if left else Decimal(0)
