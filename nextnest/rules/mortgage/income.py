"""Recognised income, and the income-weighted average age (IWAA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import exact
from nextnest.rules.mortgage.calculation import Calculation, Shown, Working, room_shown
from nextnest.rules.mortgage.inputs import Inputs, Money, Several, Unusable, Whole
from nextnest.rules.mortgage.loan_rules import RENTAL_INCOME, VARIABLE_INCOME

VERSION = "income/1"
AGE_VERSION = "iwaa/1"
# Nobody signs for a loan younger than 18; the upper end is the form's (nextnest/lead_form.py).
_AGES = (18, 100)


@dataclass(frozen=True, kw_only=True)
class IncomeInputs(Inputs):
    """Monthly dollars before tax. Zero is an answer, too."""

    fixed: Annotated[Decimal, Money("the fixed monthly income")]
    variable: Annotated[
        Decimal, Money("the monthly average of bonus, commission, allowances and self-employed income")
    ]
    rental: Annotated[Decimal, Money("the monthly rental income")]


@dataclass(frozen=True, kw_only=True)
class RecognisedIncome(Calculation):
    raw: Decimal


@dataclass(frozen=True, kw_only=True)
class Borrower(Inputs):
    age: Annotated[int, Whole("each borrower's age", *_AGES)]
    income: Annotated[Decimal, Money("each borrower's gross monthly income")]


@dataclass(frozen=True, kw_only=True)
class AgeInputs(Inputs):
    borrowers: Annotated[tuple[Borrower, ...], Several("who borrows: age and income of each", Borrower)]


@dataclass(frozen=True, kw_only=True)
class AverageAge(Calculation):
    """Years, exact; `rounded_up` is what some banks use."""

    raw: Decimal
    rounded_up: int


@exact
def recognised_income(inputs: IncomeInputs, day: date) -> RecognisedIncome:
    """The monthly income that counts for TDSR and MSR."""
    working = Working(day)
    raw = inputs.fixed
    if inputs.variable:
        raw += inputs.variable * working.use(VARIABLE_INCOME)
        working.assume("Banks may count less of variable income than MAS allows.")
    if inputs.rental:
        raw += inputs.rental * working.use(RENTAL_INCOME)
        working.assume("The tenancy is documented and has some six months to run; banks differ.")
    return RecognisedIncome(
        raw=raw, shown=(room_shown("recognised_income", raw),), basis=working.basis(VERSION)
    )


@exact
def average_age(inputs: AgeInputs, day: date) -> AverageAge:
    """The borrowers' age, each weighed by income. Raises Unusable when nobody has any."""
    working = Working(day)
    raw = weighted_age(inputs.borrowers)
    rounded_up = int(raw.to_integral_value(rounding=ROUND_CEILING))
    if raw != rounded_up:
        working.assume("MAS does not say how to round: kept exact here, some banks round up.")
    return AverageAge(
        raw=raw,
        rounded_up=rounded_up,
        shown=(Shown("income_weighted_average_age", f"{raw.quantize(Decimal('0.01')).normalize():f} years"),),
        basis=working.basis(AGE_VERSION),
    )


@exact
def weighted_age(borrowers: Sequence[Borrower]) -> Decimal:
    """Sum of age times income over sum of income. Raises Unusable when all incomes are zero."""
    total = sum((borrower.income for borrower in borrowers), Decimal(0))
    if not total:
        raise Unusable("borrowers", "must have an income between them")
    return sum((borrower.age * borrower.income for borrower in borrowers), Decimal(0)) / total
