"""Refinancing: what a lower rate saves each month, and when that has paid for the change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import HUNDRED, exact, up_to
from nextnest.rules.mortgage.calculation import (
    Calculation,
    Shown,
    Working,
    payment_shown,
    room_shown,
    yes_no,
)
from nextnest.rules.mortgage.inputs import Inputs, Money, Percent, Whole
from nextnest.rules.mortgage.instalment import MOST_MONTHS, instalment_for

VERSION = "refinance/1"


@dataclass(frozen=True, kw_only=True)
class RefinanceInputs(Inputs):
    """Zero is an answer for penalty and costs, and must be given as one."""

    balance: Annotated[Decimal, Money("what is still owed on the loan")]
    months: Annotated[int, Whole("how many months the loan has left", 1, MOST_MONTHS)]
    current_rate: Annotated[Decimal, Percent("the interest rate paid now")]
    new_rate: Annotated[Decimal, Percent("the interest rate offered")]
    penalty: Annotated[Decimal, Percent("the penalty for leaving now, in percent of what is owed; none is 0")]
    costs: Annotated[Decimal, Money("legal fees, valuation and anything to be given back, less subsidies")]


@dataclass(frozen=True, kw_only=True)
class Refinance(Calculation):
    """Dollars. `saving` a month may be negative; then there is no `break_even` (months, exact)."""

    now: Decimal
    then: Decimal
    saving: Decimal
    cost: Decimal
    break_even: Decimal | None
    whole_months: int | None


@exact
def refinance_saving(inputs: RefinanceInputs, day: date) -> Refinance:
    """Both instalments over the same months, and after how many of them the saving has paid for the change."""
    working = Working(day)
    working.assume("Both rates stay the same, and the loan keeps its end.")
    working.confirm("Penalty, costs and subsidies are in the bank's letters: a person confirms them.")
    now = instalment_for(inputs.balance, inputs.current_rate / HUNDRED, inputs.months)
    then = instalment_for(inputs.balance, inputs.new_rate / HUNDRED, inputs.months)
    saving, cost = now - then, inputs.balance * inputs.penalty / HUNDRED + inputs.costs
    break_even = cost / saving if saving > 0 else None
    whole_months = None if break_even is None else int(up_to(break_even, Decimal(1)))
    return Refinance(
        now=now,
        then=then,
        saving=saving,
        cost=cost,
        break_even=break_even,
        whole_months=whole_months,
        shown=_shown(now, then, saving, cost, whole_months),
        basis=working.basis(VERSION),
    )


def _shown(
    now: Decimal, then: Decimal, saving: Decimal, cost: Decimal, months: int | None
) -> tuple[Shown, ...]:
    lines = [payment_shown("instalment_now", now), payment_shown("instalment_then", then)]
    lines += [payment_shown("cost_of_the_change", cost), yes_no("saves", months is not None)]
    if months is not None:
        lines += [room_shown("saving_a_month", saving), Shown("paid_for_after", f"{months} months")]
    return tuple(lines)
