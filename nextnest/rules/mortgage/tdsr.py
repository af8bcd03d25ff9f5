"""Total debt servicing ratio (TDSR): the largest loan it allows, and the income a loan needs.

The stress rate is for the loan that is asked for alone; other debts count at what is really paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import exact
from nextnest.rules.mortgage.calculation import Calculation, Working, loan_shown, payment_shown, room_shown
from nextnest.rules.mortgage.inputs import Choice, Day, Inputs, Money, Percent, Whole
from nextnest.rules.mortgage.instalment import instalment_for, loan_for
from nextnest.rules.mortgage.lending import (
    ASK_DEBTS,
    ASK_GUARANTEED,
    ASK_OFFER,
    ASK_YEARS,
    CEILING,
    MOST_YEARS,
    Lender,
    Property,
    assessment_rate,
    check_years,
)
from nextnest.rules.mortgage.loan_rules import GUARANTOR, TDSR

VERSION = "tdsr/1"
INCOME_VERSION = "tdsr-income/1"


class Purpose(StrEnum):
    PURCHASE = "purchase"
    REFINANCE_OWN_HOME = "refinance_home_lived_in"
    REFINANCE_INVESTMENT = "refinance_investment"


@dataclass(frozen=True, kw_only=True)
class _TdsrInputs(Inputs):
    """`first_granted_on` matters when an investment is refinanced; `offered_rate` None: no offer yet."""

    other_debts: Annotated[Decimal, Money(ASK_DEBTS)]
    guaranteed: Annotated[Decimal, Money(ASK_GUARANTEED)]
    kind: Annotated[Property, Choice("what kind of property it is", Property)]
    purpose: Annotated[Purpose, Choice("whether this is a purchase or refinancing", Purpose)]
    first_granted_on: Annotated[date | None, Day("when the loan that is refinanced was first granted")]
    years: Annotated[int, Whole(ASK_YEARS, 1, MOST_YEARS)]
    offered_rate: Annotated[Decimal | None, Percent(ASK_OFFER)]


@dataclass(frozen=True, kw_only=True)
class TdsrInputs(_TdsrInputs):
    income: Annotated[Decimal, Money("the gross monthly income that counts, of all borrowers together")]


@dataclass(frozen=True, kw_only=True)
class IncomeNeededInputs(_TdsrInputs):
    loan: Annotated[Decimal, Money("the amount of the loan")]


@dataclass(frozen=True, kw_only=True)
class Tdsr(Calculation):
    """Dollars; `limit` for all debts a month, `most_instalment` what of it is left, `most_loan` before rounding."""

    limit: Decimal
    debts: Decimal
    most_instalment: Decimal
    most_loan: Decimal


@dataclass(frozen=True, kw_only=True)
class IncomeNeeded(Calculation):
    """Dollars a month; compare incomes with `income` as it is, a rounded one may fall short by less than a cent."""

    instalment: Decimal
    income: Decimal


@exact
def max_loan_tdsr(inputs: TdsrInputs, day: date) -> Tdsr:
    """The largest loan within the limit; nothing when other debts use it up."""
    working = Working(day)
    rate = _rate(inputs, working)
    limit = inputs.income * _share(inputs, working)
    debts = _debts(inputs, working)
    room = max(limit - debts, Decimal(0))
    loan = loan_for(room, rate, inputs.years * 12)
    return Tdsr(
        limit=limit,
        debts=debts,
        most_instalment=room,
        most_loan=loan,
        shown=(
            room_shown("limit_for_all_debts_a_month", limit),
            room_shown("left_for_this_instalment", room),
            loan_shown("largest_loan", loan),
        ),
        basis=working.basis(VERSION),
    )


@exact
def income_needed(inputs: IncomeNeededInputs, day: date) -> IncomeNeeded:
    """The gross monthly income at which a loan is just within the limit."""
    working = Working(day)
    instalment = instalment_for(inputs.loan, _rate(inputs, working), inputs.years * 12)
    income = (instalment + _debts(inputs, working)) / _share(inputs, working)
    return IncomeNeeded(
        instalment=instalment,
        income=income,
        shown=(
            payment_shown("instalment_at_the_assessed_rate", instalment),
            payment_shown("income_needed", income),
        ),
        basis=working.basis(INCOME_VERSION),
    )


def _rate(inputs: _TdsrInputs, working: Working) -> Decimal:
    working.assume(CEILING)
    check_years(working, inputs.kind, inputs.years)
    return assessment_rate(working, inputs.kind, Lender.BANK, inputs.offered_rate)


def _share(inputs: _TdsrInputs, working: Working) -> Decimal:
    """A loan on an investment keeps the limit of the day it was first granted."""
    if inputs.purpose is Purpose.PURCHASE:
        return working.use(TDSR)
    if inputs.purpose is Purpose.REFINANCE_OWN_HOME:
        working.confirm(
            "Refinancing the home one lives in need not meet the limit, subject to the bank's checks: a person confirms."
        )
        return working.use(TDSR)
    inputs.need("first_granted_on")
    working.confirm(
        "Refinancing an investment may go beyond the limit with a plan to repay: a person confirms."
    )
    return working.use(TDSR, inputs.first_granted_on)


def _debts(inputs: _TdsrInputs, working: Working) -> Decimal:
    """Other debts as they are paid; of what the borrower guarantees, a share of the monthly obligation."""
    return inputs.other_debts + guaranteed_share(working, inputs.guaranteed)


def guaranteed_share(working: Working, guaranteed: Decimal) -> Decimal:
    """What of guaranteed property loans' instalments counts, in dollars a month."""
    return guaranteed * working.use(GUARANTOR) if guaranteed else Decimal(0)
