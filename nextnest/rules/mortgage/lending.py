"""Words that several calculators of loans share: what is bought, who lends, and the rate a loan is assessed at."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from nextnest.rules.mortgage.arithmetic import HUNDRED, percent
from nextnest.rules.mortgage.calculation import Working
from nextnest.rules.mortgage.inputs import Unusable
from nextnest.rules.mortgage.loan_rules import (
    CPF_OA_RATE,
    HDB_ASSESSMENT,
    HDB_MARGIN,
    STRESS_OTHER,
    STRESS_RESIDENTIAL,
    TENURE_HDB,
    TENURE_OTHER,
)

# No bank lends for longer; the cap of each kind of property is a dated rule.
MOST_YEARS = 35
ASK_YEARS = "over how many years the loan is to be repaid"
ASK_OFFER = "the interest rate a bank has offered"
ASK_DEBTS = (
    "what is paid each month on all other debts: other property, car, student, renovation, cards and the like"
)
ASK_GUARANTEED = "what is paid each month on property loans the borrower has guaranteed for others"
CEILING = "This is a ceiling of MAS's rules. Banks decide for themselves and may lend less."


class Property(StrEnum):
    HDB_FLAT = "hdb_flat"
    EC = "executive_condominium"
    PRIVATE = "private_home"
    NON_RESIDENTIAL = "non_residential"


class Lender(StrEnum):
    BANK = "bank"
    HDB = "hdb"


def assessment_rate(working: Working, kind: Property, lender: Lender, offered: Decimal | None) -> Decimal:
    """The rate, a share of one a year, at which this loan is assessed. `offered` in percent; None: no offer yet."""
    floor = _floor(working, kind, lender)
    working.assume(
        f"Assessed at {percent(floor)} a year, the least the rules allow; the rate that is paid may be lower."
        if offered is None or offered / HUNDRED <= floor
        else f"Assessed at the offered {percent(offered / HUNDRED)} a year, which is above the least of {percent(floor)}."
    )
    return max(floor, offered / HUNDRED) if offered is not None else floor


def _floor(working: Working, kind: Property, lender: Lender) -> Decimal:
    if lender is Lender.HDB:
        return max(working.use(HDB_ASSESSMENT), working.use(CPF_OA_RATE) + working.use(HDB_MARGIN))
    return working.use(STRESS_OTHER if kind is Property.NON_RESIDENTIAL else STRESS_RESIDENTIAL)


def longest_of_a_bank(working: Working, kind: Property) -> int:
    return working.use(TENURE_HDB if kind is Property.HDB_FLAT else TENURE_OTHER)


def check_years(working: Working, kind: Property, years: int) -> None:
    """Raise Unusable when no bank may lend for so long."""
    most = longest_of_a_bank(working, kind)
    if years > most:
        raise Unusable(
            "years", f"must not be more than {most}, the longest a bank may lend for this property"
        )


def check_lender(kind: Property, lender: Lender) -> None:
    """Raise Unusable when HDB does not lend for it."""
    if lender is Lender.HDB and kind is not Property.HDB_FLAT:
        raise Unusable("lender", "must be a bank: HDB lends for HDB flats only")
