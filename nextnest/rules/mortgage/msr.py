"""Mortgage servicing ratio (MSR): for HDB flats, and for ECs within their minimum occupation period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import exact
from nextnest.rules.mortgage.calculation import Calculation, Working, loan_shown, room_shown, yes_no
from nextnest.rules.mortgage.inputs import Choice, Inputs, Money, Percent, Unusable, Whole, YesNo
from nextnest.rules.mortgage.instalment import loan_for
from nextnest.rules.mortgage.lending import (
    ASK_GUARANTEED,
    ASK_OFFER,
    ASK_YEARS,
    CEILING,
    MOST_YEARS,
    Lender,
    Property,
    assessment_rate,
    check_lender,
    check_years,
)
from nextnest.rules.mortgage.loan_rules import HDB_YEARS, MSR
from nextnest.rules.mortgage.tdsr import guaranteed_share

VERSION = "msr/1"


@dataclass(frozen=True, kw_only=True)
class MsrInputs(Inputs):
    """`within_occupation_period` matters for an EC; `offered_rate` None: no offer yet."""

    income: Annotated[Decimal, Money("the gross monthly income that counts, of all borrowers together")]
    property_debts: Annotated[Decimal, Money("what is paid each month on other property loans")]
    guaranteed: Annotated[Decimal, Money(ASK_GUARANTEED)]
    kind: Annotated[Property, Choice("what kind of property it is", Property)]
    within_occupation_period: Annotated[
        bool | None, YesNo("whether the EC is new or still within its minimum occupation period")
    ]
    lender: Annotated[Lender, Choice("whether a bank or HDB is to lend", Lender)]
    years: Annotated[int, Whole(ASK_YEARS, 1, MOST_YEARS)]
    offered_rate: Annotated[Decimal | None, Percent(ASK_OFFER)]


@dataclass(frozen=True, kw_only=True)
class Msr(Calculation):
    """Dollars; all None when the limit does not apply to this property."""

    applies: bool
    limit: Decimal | None
    most_instalment: Decimal | None
    most_loan: Decimal | None


@exact
def max_loan_msr(inputs: MsrInputs, day: date) -> Msr:
    """The largest loan within the limit, if there is one."""
    working = Working(day)
    check_lender(inputs.kind, inputs.lender)
    if not _applies(inputs):
        return Msr(
            applies=False,
            limit=None,
            most_instalment=None,
            most_loan=None,
            shown=(yes_no("limit_applies", False),),
            basis=working.basis(VERSION),
        )
    working.assume(CEILING)
    _check_years(inputs, working)
    rate = assessment_rate(working, inputs.kind, inputs.lender, inputs.offered_rate)
    limit = inputs.income * working.use(MSR)
    room = max(limit - inputs.property_debts - guaranteed_share(working, inputs.guaranteed), Decimal(0))
    loan = loan_for(room, rate, inputs.years * 12)
    return Msr(
        applies=True,
        limit=limit,
        most_instalment=room,
        most_loan=loan,
        shown=(
            room_shown("limit_for_property_loans_a_month", limit),
            room_shown("left_for_this_instalment", room),
            loan_shown("largest_loan", loan),
        ),
        basis=working.basis(VERSION),
    )


def _applies(inputs: MsrInputs) -> bool:
    if inputs.kind is Property.EC:
        inputs.need("within_occupation_period")
        return bool(inputs.within_occupation_period)
    return inputs.kind is Property.HDB_FLAT


def _check_years(inputs: MsrInputs, working: Working) -> None:
    if inputs.lender is Lender.BANK:
        return check_years(working, inputs.kind, inputs.years)
    if inputs.years > (most := working.use(HDB_YEARS)):
        raise Unusable("years", f"must not be more than {most}, the longest HDB lends")
    return None
