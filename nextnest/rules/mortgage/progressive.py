"""A home that is being built: what is paid at each stage, own money first, and the instalment on what is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import DOLLAR, HUNDRED, dollars, exact, up_to
from nextnest.rules.mortgage.calculation import Calculation, Shown, Working
from nextnest.rules.mortgage.duty_rules import STAGES
from nextnest.rules.mortgage.inputs import Inputs, Money, Percent, Unusable, Whole
from nextnest.rules.mortgage.instalment import instalment_for
from nextnest.rules.mortgage.lending import ASK_YEARS, MOST_YEARS
from nextnest.rules.mortgage.values import Stage

VERSION = "progressive/1"


@dataclass(frozen=True, kw_only=True)
class ProgressiveInputs(Inputs):
    price: Annotated[Decimal, Money("the price", least=DOLLAR)]
    loan: Annotated[Decimal, Money("the amount of the loan")]
    rate: Annotated[Decimal, Percent("the interest rate a year")]
    years: Annotated[int, Whole(ASK_YEARS, 1, MOST_YEARS)]


@dataclass(frozen=True)
class Payment:
    """One stage; dollars. `drawn` of the loan by then, and the `instalment` on it a month."""

    stage: str
    own: Decimal
    loan: Decimal
    drawn: Decimal
    instalment: Decimal


@dataclass(frozen=True, kw_only=True)
class Progressive(Calculation):
    payments: tuple[Payment, ...]


@exact
def progressive_payments(inputs: ProgressiveInputs, day: date) -> Progressive:
    """Every stage in order. Raises Unusable when the loan is larger than the price."""
    if inputs.loan > inputs.price:
        raise Unusable("loan", "must not be more than the price")
    working = Working(day)
    stages = working.use(STAGES)
    working.assume("Own money is used up before the loan is drawn; principal repaid meanwhile is left out.")
    working.assume("The rate stays the same, and the developer bills by the standard agreement.")
    payments = tuple(_payments(inputs, stages))
    return Progressive(
        payments=payments,
        shown=tuple(_shown(payment) for payment in payments),
        basis=working.basis(VERSION),
    )


def _payments(inputs: ProgressiveInputs, stages: Sequence[Stage]) -> Iterator[Payment]:
    own_left, drawn = inputs.price - inputs.loan, Decimal(0)
    for stage in stages:
        due = inputs.price * stage.share
        own = min(own_left, due)
        own_left, drawn = own_left - own, drawn + due - own
        instalment = instalment_for(drawn, inputs.rate / HUNDRED, inputs.years * 12)
        yield Payment(stage.name, own, due - own, drawn, instalment)


def _shown(payment: Payment) -> Shown:
    """Own money and loan are what is billed, to the cent if need be; the instalment is rounded as everywhere."""
    parts = f"own money {dollars(payment.own)}, loan {dollars(payment.loan)}"
    instalment = dollars(up_to(payment.instalment, DOLLAR))
    return Shown(payment.stage, f"{parts}; drawn {dollars(payment.drawn)}, instalment {instalment}")
