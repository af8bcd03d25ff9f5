"""Loan-to-value (LTV): what may be lent on a home, and how the rest is paid.

The reduced tier applies to a long loan, or to one that runs past 65 counted from the income-weighted average age as it is,
not rounded: where rounding would change the tier, the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import exact, percent
from nextnest.rules.mortgage.calculation import Calculation, Shown, Working, funds_shown, loan_shown, yes_no
from nextnest.rules.mortgage.income import Borrower, weighted_age
from nextnest.rules.mortgage.inputs import Choice, Inputs, Money, Several, Unusable, Whole
from nextnest.rules.mortgage.lending import (
    ASK_YEARS,
    MOST_YEARS,
    Lender,
    Property,
    check_lender,
    check_years,
)
from nextnest.rules.mortgage.loan_rules import HDB_LTV, LTV, REDUCED_AGE
from nextnest.rules.mortgage.tenure import normal_tier_years

VERSION = "ltv/1"
_MOST_LOANS = 99


@dataclass(frozen=True, kw_only=True)
class LtvInputs(Inputs):
    """Without a valuation yet, the customer says whether to take the price for it."""

    price: Annotated[Decimal, Money("the price")]
    valuation: Annotated[Decimal, Money("the valuation, or whether to take the price for it")]
    kind: Annotated[Property, Choice("what kind of property it is", Property)]
    lender: Annotated[Lender, Choice("whether a bank or HDB is to lend", Lender)]
    loans: Annotated[int | None, Whole("how many housing loans are outstanding", 0, _MOST_LOANS)]
    years: Annotated[int | None, Whole(ASK_YEARS, 1, MOST_YEARS)]
    borrowers: Annotated[
        tuple[Borrower, ...] | None, Several("who borrows: age and income of each", Borrower)
    ]


@dataclass(frozen=True, kw_only=True)
class Ltv(Calculation):
    """Dollars. `share` of `base` may be lent; `cash` at least must be cash, `cash_or_cpf` is the rest."""

    base: Decimal
    share: Decimal
    reduced: bool
    most_loan: Decimal
    cash: Decimal
    cash_or_cpf: Decimal


@dataclass(frozen=True)
class _Tier:
    share: Decimal
    cash: Decimal
    reduced: bool


@exact
def max_loan_ltv(inputs: LtvInputs, day: date) -> Ltv:
    """The largest loan by value, and the down payment that goes with it; duties come on top."""
    working = Working(day)
    check_lender(inputs.kind, inputs.lender)
    if inputs.kind is Property.NON_RESIDENTIAL:
        raise Unusable("kind", "must be a home: banks set their own limits for other property")
    tier = _of_hdb(working) if inputs.lender is Lender.HDB else _of_bank(inputs, working)
    base = min(inputs.price, inputs.valuation)
    if inputs.price > inputs.valuation:
        working.assume("What the price is above the valuation is paid in cash.")
    working.assume("Stamp duties and fees come on top.")
    loan = base * tier.share
    cash = base * tier.cash + inputs.price - base
    rest = inputs.price - loan - cash
    return Ltv(
        base=base,
        share=tier.share,
        reduced=tier.reduced,
        most_loan=loan,
        cash=cash,
        cash_or_cpf=rest,
        shown=(
            Shown("loan_to_value_limit", percent(tier.share)),
            yes_no("reduced_tier", tier.reduced),
            loan_shown("largest_loan", loan),
            funds_shown("minimum_cash", cash),
            funds_shown("cash_or_cpf", rest),
        ),
        basis=working.basis(VERSION),
    )


def _of_hdb(working: Working) -> _Tier:
    working.assume("An HDB loan asks for no minimum in cash.")
    working.confirm("HDB decides on eligibility and amount (HFE letter).")
    return _Tier(working.use(HDB_LTV), Decimal(0), reduced=False)


def _of_bank(inputs: LtvInputs, working: Working) -> _Tier:
    inputs.need("loans", "years", "borrowers")
    assert inputs.loans is not None
    tiers = working.use(LTV)
    tier = tiers[min(inputs.loans, len(tiers) - 1)]
    reduced = _is_reduced(inputs, working)
    return _Tier(
        tier.reduced if reduced else tier.normal, tier.cash_reduced if reduced else tier.cash, reduced
    )


def _is_reduced(inputs: LtvInputs, working: Working) -> bool:
    assert inputs.years is not None
    assert inputs.borrowers is not None
    check_years(working, inputs.kind, inputs.years)
    longest, last = working.use(normal_tier_years(inputs.kind)), working.use(REDUCED_AGE)
    age = weighted_age(inputs.borrowers)
    if inputs.years > longest:
        return True
    # Rounded up, an age within the limit stays within it, for years and limit are whole; rounded down it may come back.
    if age + inputs.years > last >= age.to_integral_value(rounding=ROUND_FLOOR) + inputs.years:
        working.confirm(
            "A bank that rounds the income-weighted average age down would lend more: a person must confirm the tier."
        )
    return age + inputs.years > last
