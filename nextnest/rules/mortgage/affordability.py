"""The largest loan for a home under all limits at once: value, debts, and instalments where they are limited, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from nextnest.rules.mortgage.arithmetic import exact
from nextnest.rules.mortgage.calculation import Calculation, Shown, Working, funds_shown, loan_shown
from nextnest.rules.mortgage.inputs import Inputs, Money, Percent, YesNo, declared_fields
from nextnest.rules.mortgage.lending import ASK_GUARANTEED, ASK_OFFER, Lender
from nextnest.rules.mortgage.ltv import LtvInputs, max_loan_ltv
from nextnest.rules.mortgage.msr import MsrInputs, max_loan_msr
from nextnest.rules.mortgage.tdsr import Purpose, TdsrInputs, max_loan_tdsr

VERSION = "affordability/1"


@dataclass(frozen=True, kw_only=True)
class AffordabilityInputs(LtvInputs):
    """`income` counts for the ratios; the borrowers' own incomes weigh their ages."""

    income: Annotated[Decimal, Money("the gross monthly income that counts, of all borrowers together")]
    property_debts: Annotated[Decimal, Money("what is paid each month on other property loans")]
    other_debts: Annotated[
        Decimal, Money("what is paid each month on car, student and renovation loans, cards and the like")
    ]
    guaranteed: Annotated[Decimal, Money(ASK_GUARANTEED)]
    within_occupation_period: Annotated[
        bool | None, YesNo("whether the EC is new or still within its minimum occupation period")
    ]
    offered_rate: Annotated[Decimal | None, Percent(ASK_OFFER)]


@dataclass(frozen=True, kw_only=True)
class Affordability(Calculation):
    """Dollars; `binding` names the limit that is reached first: ltv, tdsr or msr. None: that limit does not apply."""

    most_loan: Decimal
    binding: str
    by_ltv: Decimal
    by_tdsr: Decimal | None
    by_msr: Decimal | None
    down_payment: Decimal
    minimum_cash: Decimal


@exact
def affordability(inputs: AffordabilityInputs, day: date) -> Affordability:
    """The smallest of the loans that the limits allow for a purchase, and what is to be paid beside it."""
    inputs.need("years")
    ltv = max_loan_ltv(LtvInputs(**_common(inputs, LtvInputs)), day)
    msr = max_loan_msr(MsrInputs(**_common(inputs, MsrInputs)), day)
    tdsr = max_loan_tdsr(_for_tdsr(inputs), day) if inputs.lender is Lender.BANK else None
    loans = {"ltv": ltv.most_loan, "tdsr": tdsr.most_loan if tdsr else None, "msr": msr.most_loan}
    binding = min(
        (name for name, loan in loans.items() if loan is not None), key=lambda name: loans[name] or 0
    )
    most = loans[binding] or Decimal(0)
    working = Working(day)
    for part in filter(None, (ltv, msr, tdsr)):
        working.take_over(part.basis)
    return Affordability(
        most_loan=most,
        binding=binding,
        by_ltv=ltv.most_loan,
        by_tdsr=loans["tdsr"],
        by_msr=msr.most_loan,
        down_payment=inputs.price - most,
        minimum_cash=ltv.cash,
        shown=tuple(_shown(loans, binding, most, inputs.price - most, ltv.cash)),
        basis=working.basis(VERSION),
    )


def _common(inputs: AffordabilityInputs, kind: type[Inputs]) -> dict[str, Any]:
    """What the inputs of one limit have in common with ours."""
    return {field.name: getattr(inputs, field.name) for field in declared_fields(kind)}


def _for_tdsr(inputs: AffordabilityInputs) -> TdsrInputs:
    assert inputs.years is not None
    return TdsrInputs(
        income=inputs.income,
        other_debts=inputs.other_debts + inputs.property_debts,
        guaranteed=inputs.guaranteed,
        kind=inputs.kind,
        purpose=Purpose.PURCHASE,
        first_granted_on=None,
        years=inputs.years,
        offered_rate=inputs.offered_rate,
    )


def _shown(
    loans: dict[str, Decimal | None], binding: str, most: Decimal, down_payment: Decimal, cash: Decimal
) -> Iterator[Shown]:
    yield loan_shown("largest_loan", most)
    yield Shown("limited_by", binding.upper())
    for name, loan in loans.items():
        if loan is not None:
            yield loan_shown(f"largest_loan_by_{name}", loan)
    yield funds_shown("down_payment", down_payment)
    yield funds_shown("of_that_in_cash_at_least", cash)
