"""How long a loan may run: by property, lender, age and lease."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import exact
from nextnest.rules.mortgage.calculation import Calculation, Working, years_shown
from nextnest.rules.mortgage.dated import Series
from nextnest.rules.mortgage.income import Borrower, weighted_age
from nextnest.rules.mortgage.inputs import Choice, Inputs, Several, Whole
from nextnest.rules.mortgage.lending import Lender, Property, check_lender, longest_of_a_bank
from nextnest.rules.mortgage.loan_rules import (
    HDB_AGE,
    HDB_LEASE,
    HDB_YEARS,
    REDUCED_AGE,
    REDUCED_YEARS_HDB,
    REDUCED_YEARS_OTHER,
)

VERSION = "tenure/1"


@dataclass(frozen=True, kw_only=True)
class TenureInputs(Inputs):
    """`lease_left` in whole years matters for an HDB loan."""

    kind: Annotated[Property, Choice("what kind of property it is", Property)]
    lender: Annotated[Lender, Choice("whether a bank or HDB is to lend", Lender)]
    borrowers: Annotated[tuple[Borrower, ...], Several("who borrows: age and income of each", Borrower)]
    lease_left: Annotated[int | None, Whole("how many years of the lease are left", 0, 999)]


@dataclass(frozen=True, kw_only=True)
class Tenure(Calculation):
    """Years; `longest` the cap, `for_full_ltv` the longest with the normal loan-to-value limit; 0: no loan."""

    longest: int
    for_full_ltv: int


@exact
def longest_tenure(inputs: TenureInputs, day: date) -> Tenure:
    """The longest loan the rules allow. Banks may want it to end earlier."""
    working = Working(day)
    check_lender(inputs.kind, inputs.lender)
    if inputs.lender is Lender.HDB:
        longest = full = _of_hdb(inputs, working)
        shown = [years_shown("longest_tenure", longest)]
    else:
        longest = longest_of_a_bank(working, inputs.kind)
        full = min(longest, _within_normal_tier(inputs, working))
        working.assume("Banks set an end of their own by age and lease, often earlier.")
        shown = [years_shown("longest_tenure", longest), years_shown("longest_for_normal_ltv", full)]
    return Tenure(longest=longest, for_full_ltv=full, shown=tuple(shown), basis=working.basis(VERSION))


def _of_hdb(inputs: TenureInputs, working: Working) -> int:
    """The shortest of three; by the oldest borrower, which is the careful reading of several."""
    inputs.need("lease_left")
    assert inputs.lease_left is not None
    oldest = max(borrower.age for borrower in inputs.borrowers)
    if len(inputs.borrowers) > 1:
        working.confirm("HDB confirms whose age counts; this goes by the oldest borrower.")
    by_age = working.use(HDB_AGE) - oldest
    by_lease = inputs.lease_left - working.use(HDB_LEASE)
    return max(min(working.use(HDB_YEARS), by_age, by_lease), 0)


def _within_normal_tier(inputs: TenureInputs, working: Working) -> int:
    years = working.use(normal_tier_years(inputs.kind))
    left = working.use(REDUCED_AGE) - weighted_age(inputs.borrowers)
    return max(min(years, int(left.to_integral_value(rounding=ROUND_FLOOR))), 0)


def normal_tier_years(kind: Property) -> Series[int]:
    """Which rule says how long a loan may be before the reduced tier applies."""
    return REDUCED_YEARS_HDB if kind is Property.HDB_FLAT else REDUCED_YEARS_OTHER
