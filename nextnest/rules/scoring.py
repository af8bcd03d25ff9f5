"""How ready a lead is, from 0 to 100, from what the form said and nothing else.

What the browser claims (`client_lead_score`), the name and the contact details take no part; an age counts only for how
long a loan may run. What was not said earns nothing, so a missing answer never helps; commitments that were left out
count as none. A complete form is worth a tenth: it shows care, not readiness.

| criterion | purchase, commercial | refinance | why, and where the steps come from |
|---|---|---|---|
| timeline | 30 | 15 | who must decide soon needs an answer now; steps of the original's urgency table, 20/15/10/5 |
| affordability | 30 | 20 | whether the wish fits MAS's limits, see `_affordability`; the surest sign of all |
| lock_in | | 20 | leaving early costs a penalty; steps of the original's urgency table, 20/15/12/8 |
| rate | | 15 | the higher the rate paid now, the more there is to save; the original's threshold of 3.5 % |
| income | 15 | 10 | room for surprises, beside the ratio; the original's steps at 15,000, 8,000 and 5,000 a month, 15/10/5 |
| employment | 15 | 10 | how easily income is proved; employed to self-employed 10 to 8 as in the original |
| completeness | 10 | 10 | a fifth for each of five facts a colleague would otherwise have to ask for |
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from nextnest.models import (
    EmploymentType,
    Lead,
    LoanType,
    LockInStatus,
    PropertyCategory,
    PropertyType,
    PurchaseTimeline,
    Score,
)

_BUYING = {"timeline": 30, "affordability": 30, "income": 15, "employment": 15, "completeness": 10}
_REFINANCING = {
    "timeline": 15,
    "affordability": 20,
    "lock_in": 20,
    "rate": 15,
    "income": 10,
    "employment": 10,
    "completeness": 10,
}

# Shares of a criterion's points in percent.
_TIMELINES = {
    PurchaseTimeline.THIS_MONTH: 100,
    PurchaseTimeline.NEXT_3_MONTHS: 75,
    PurchaseTimeline.IN_3_TO_6_MONTHS: 50,
    PurchaseTimeline.EXPLORING: 25,
}
_LOCK_INS = {
    LockInStatus.ENDING_SOON: 100,
    LockInStatus.NO_LOCK: 75,
    LockInStatus.NOT_SURE: 60,
    LockInStatus.LOCKED: 40,
}
_EMPLOYMENTS = {
    EmploymentType.EMPLOYED: 100,
    EmploymentType.SELF_EMPLOYED: 80,
    # Less than three months in the job: the payslips banks ask for are not there yet.
    EmploymentType.RECENTLY_CHANGED: 40,
    EmploymentType.NOT_WORKING: 0,
}
# More than so many dollars a month, and the share it earns; any income at all shows there is one.
_INCOMES = ((Decimal(15_000), 100), (Decimal(8_000), 67), (Decimal(5_000), 33), (Decimal(0), 10))
# More than so many percent a year. 2.6 is what HDB charges: below it little is left to save.
_RATES = ((Decimal("3.5"), 100), (Decimal("2.6"), 60), (Decimal(0), 20))
# Up to so much of the limit. Above it a larger down payment may still do, up to a third more.
_LIMIT_USED = ((Decimal("0.6"), 100), (Decimal("0.8"), 80), (Decimal("1.0"), 60), (Decimal("1.3"), 25))

# MAS, since 16 Dec 2021: all debts up to 55 % of gross income (TDSR); for an HDB flat or a new EC the instalment
# alone up to 30 % (MSR).
_TDSR = Decimal("0.55")
_MSR = Decimal("0.30")
# MAS, since 30 Sep 2022: ratios are worked out at no less than 4 %, for other than homes 5 %.
_STRESS_RATE = Decimal("0.04")
_STRESS_RATE_COMMERCIAL = Decimal("0.05")
# MAS Notice 645: self-employed income counts less 30 %.
_VARIABLE_INCOME = Decimal("0.70")
# MAS, since 6 Jul 2018: up to 75 % of the price for a first home loan, as long as it ends by 65 and within 30 years
# (25 for HDB flats). A commercial loan: the original's default of 60 %.
_LOAN_TO_VALUE = Decimal("0.75")
_LOAN_TO_VALUE_COMMERCIAL = Decimal("0.60")
_LAST_AGE = 65
_LONGEST_YEARS = 30
_LONGEST_YEARS_HDB = 25


def lead_score(lead: Lead) -> Score:
    """The points of each criterion and their sum; see the table above."""
    shares = {
        "timeline": _TIMELINES.get(lead.purchase_timeline, 0) if lead.purchase_timeline else 0,
        "affordability": _affordability(lead),
        "lock_in": _LOCK_INS.get(lead.lock_in_status, 0) if lead.lock_in_status else 0,
        "rate": _highest_step(lead.current_rate, _RATES),
        "income": _highest_step(lead.monthly_income, _INCOMES),
        "employment": _employment(lead),
        "completeness": _completeness(lead),
    }
    weights = _REFINANCING if lead.loan_type is LoanType.REFINANCE else _BUYING
    points = _points(weights, shares)
    return Score(total=sum(points.values()), points=points)


def _points(weights: Mapping[str, int], shares: Mapping[str, int]) -> dict[str, int]:
    """Whole points, halves up."""
    return {name: (weight * shares[name] + 50) // 100 for name, weight in weights.items()}


def _highest_step(amount: Decimal | None, steps: tuple[tuple[Decimal, int], ...]) -> int:
    return next((share for least, share in steps if amount is not None and amount > least), 0)


def _employment(lead: Lead) -> int:
    return 0 if _work_not_given(lead) else _EMPLOYMENTS[lead.employment_type]


def _work_not_given(lead: Lead) -> bool:
    # The form takes a missing answer for "employed" and says so.
    return "employment_not_given" in lead.flags


def _completeness(lead: Lead) -> int:
    own: tuple[object | None, ...] = (lead.property_price, lead.property_category)
    if lead.loan_type is LoanType.REFINANCE:
        own = (lead.outstanding_loan, lead.current_rate)
    known = [
        lead.property_type is not None,
        bool(lead.ages),
        bool(lead.incomes),
        *(f is not None for f in own),
    ]
    return 20 * sum(known)


def _affordability(lead: Lead) -> int:
    """How much of MAS's limits the loan would use at the stress rate; nothing while a figure for it is missing.

    A sign for matching, not advice: the customer never sees it. Refinancing one's own home need not meet the limits, yet
    banks still look at them.
    """
    loan, income = _loan(lead), _recognised_income(lead)
    if not (loan and income and lead.ages):
        return 0
    used = _share_of_limit(lead, _instalment(lead, loan), income)
    return next((share for most, share in _LIMIT_USED if used <= most), 0)


def _loan(lead: Lead) -> Decimal | None:
    """The loan in question: what is still owed, or the most a bank may lend on the price."""
    if lead.loan_type is LoanType.REFINANCE:
        return lead.outstanding_loan
    if lead.property_price is None:
        return None
    return lead.property_price * (_LOAN_TO_VALUE_COMMERCIAL if _is_commercial(lead) else _LOAN_TO_VALUE)


def _recognised_income(lead: Lead) -> Decimal | None:
    """Income from work nobody described counts as carefully as that of the self-employed."""
    variable = lead.employment_type is EmploymentType.SELF_EMPLOYED or _work_not_given(lead)
    if lead.monthly_income is None or not variable:
        return lead.monthly_income
    return lead.monthly_income * _VARIABLE_INCOME


def _instalment(lead: Lead, loan: Decimal) -> Decimal:
    """Dollars a month at the stress rate over the longest time allowed."""
    rate = (_STRESS_RATE_COMMERCIAL if _is_commercial(lead) else _STRESS_RATE) / 12
    return loan * rate / (1 - (1 + rate) ** -(12 * _years(lead)))


def _years(lead: Lead) -> int:
    longest = _LONGEST_YEARS_HDB if _is_flat(lead) else _LONGEST_YEARS
    return max(1, min(longest, _LAST_AGE - _weighted_age(lead)))


def _weighted_age(lead: Lead) -> int:
    """MAS weighs joint borrowers' ages by income, rounded up here; without an income for each the oldest counts."""
    if len(lead.ages) != len(lead.incomes) or not lead.monthly_income:
        return max(lead.ages)
    weighted = sum(age * income for age, income in zip(lead.ages, lead.incomes, strict=True))
    return math.ceil(weighted / lead.monthly_income)


def _share_of_limit(lead: Lead, instalment: Decimal, income: Decimal) -> Decimal:
    debts = instalment + (lead.existing_commitments or 0)
    by_tdsr = debts / (income * _TDSR)
    return max(by_tdsr, instalment / (income * _MSR)) if _has_msr(lead) else by_tdsr


def _has_msr(lead: Lead) -> bool:
    """A purchase of an HDB flat, or of an EC unless it is resold: that is only possible once MSR no longer applies."""
    if lead.loan_type is not LoanType.NEW_PURCHASE:
        return False
    new_ec = lead.property_type is PropertyType.EC and lead.property_category is not PropertyCategory.RESALE
    return _is_flat(lead) or new_ec


def _is_flat(lead: Lead) -> bool:
    return lead.property_type is PropertyType.HDB or lead.property_category is PropertyCategory.BTO


def _is_commercial(lead: Lead) -> bool:
    return (
        lead.loan_type is LoanType.COMMERCIAL
        or lead.property_type is PropertyType.COMMERCIAL
        or lead.property_category is PropertyCategory.COMMERCIAL
    )
