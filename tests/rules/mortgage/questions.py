"""Inputs of calculators as the tests ask them: what a test is not about has an answer here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import settings

from nextnest.rules.mortgage.additional_stamp_duty import AbsdInputs, Buyer, Home, Treaty
from nextnest.rules.mortgage.affordability import AffordabilityInputs
from nextnest.rules.mortgage.buyers_stamp_duty import BsdInputs, Use
from nextnest.rules.mortgage.income import Borrower
from nextnest.rules.mortgage.lending import Lender, Property
from nextnest.rules.mortgage.ltv import LtvInputs
from nextnest.rules.mortgage.msr import MsrInputs
from nextnest.rules.mortgage.sellers_stamp_duty import SsdInputs
from nextnest.rules.mortgage.tdsr import Purpose, TdsrInputs
from nextnest.rules.mortgage.values import Profile

TODAY = date(2026, 11, 23)
# How long an example takes says more about the machine than about the rule.
patient = settings(deadline=None)


def bsd(amount: str, use: Use = Use.RESIDENTIAL) -> BsdInputs:
    return BsdInputs(amount=Decimal(amount), use=use)


def buyer(profile: Profile, owned: int | None = 0, treaty: Treaty | None = Treaty.NONE) -> Buyer:
    return Buyer(profile=profile, homes_owned=owned, treaty=treaty)


def absd(amount: int, *buyers: Buyer, home: Home = Home.OTHER, married: bool | None = None) -> AbsdInputs:
    return AbsdInputs(amount=Decimal(amount), home=home, buyers=buyers, married_to_each_other=married)


def ssd(bought: str, sold: str, amount: int = 2_000_000) -> SsdInputs:
    return SsdInputs(
        amount=Decimal(amount), bought_on=date.fromisoformat(bought), sold_on=date.fromisoformat(sold)
    )


def borrowers(*ages_and_incomes: tuple[int, int]) -> tuple[Borrower, ...]:
    return tuple(Borrower(age=age, income=Decimal(income)) for age, income in ages_and_incomes)


def tdsr(income: str | Decimal, **changes: Any) -> TdsrInputs:
    asked = TdsrInputs(
        income=Decimal(income),
        other_debts=Decimal(0),
        guaranteed=Decimal(0),
        kind=Property.PRIVATE,
        purpose=Purpose.PURCHASE,
        first_granted_on=None,
        years=30,
        offered_rate=None,
    )
    return replace(asked, **changes)


def msr(income: int, **changes: Any) -> MsrInputs:
    asked = MsrInputs(
        income=Decimal(income),
        property_debts=Decimal(0),
        guaranteed=Decimal(0),
        kind=Property.HDB_FLAT,
        within_occupation_period=None,
        lender=Lender.BANK,
        years=25,
        offered_rate=None,
    )
    return replace(asked, **changes)


def ltv(price: int = 1_500_000, **changes: Any) -> LtvInputs:
    asked = LtvInputs(
        price=Decimal(price),
        valuation=Decimal(price),
        kind=Property.PRIVATE,
        lender=Lender.BANK,
        loans=0,
        years=25,
        borrowers=borrowers((35, 10_000)),
    )
    return replace(asked, **changes)


def purchase(**changes: Any) -> AffordabilityInputs:
    asked = AffordabilityInputs(
        price=Decimal(1_500_000),
        valuation=Decimal(1_500_000),
        kind=Property.PRIVATE,
        lender=Lender.BANK,
        loans=0,
        years=30,
        borrowers=borrowers((35, 10_000)),
        income=Decimal(10_000),
        property_debts=Decimal(0),
        other_debts=Decimal(0),
        guaranteed=Decimal(0),
        within_occupation_period=None,
        offered_rate=None,
    )
    return replace(asked, **changes)
