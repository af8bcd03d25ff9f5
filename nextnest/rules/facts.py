"""What the form said about a lead, as short lines for a colleague's note and for the model: nothing that identifies."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from nextnest.models import Lead


def lead_facts(lead: Lead) -> dict[str, str]:
    """Name of the fact to its value, only what was given; no name, e-mail, phone or session."""
    return dict(_facts(lead))


def _facts(lead: Lead) -> Iterator[tuple[str, str]]:
    yield "loan_type", lead.loan_type
    for name in ("property_category", "property_type"):
        if value := getattr(lead, name):
            yield name, str(value)
    yield from _amounts({"property_price": lead.property_price, "monthly_income": lead.monthly_income})
    if lead.ages:
        yield "applicants_ages", ", ".join(str(age) for age in lead.ages)
    yield "employment", lead.employment_type
    yield from _amounts({"monthly_commitments": lead.existing_commitments})
    for name in ("purchase_timeline", "lock_in_status"):
        if value := getattr(lead, name):
            yield name, str(value)
    if lead.current_rate is not None:
        yield "current_rate", f"{lead.current_rate.normalize():f}%"
    yield from _amounts({"outstanding_loan": lead.outstanding_loan})


def _amounts(amounts: dict[str, Decimal | None]) -> Iterator[tuple[str, str]]:
    for name, amount in amounts.items():
        if amount is not None:
            yield name, dollars(amount)


def dollars(amount: Decimal) -> str:
    """Such as S$1,500,000 or S$7,200.50."""
    return f"S${amount:,.0f}" if amount == amount.to_integral_value() else f"S${amount:,.2f}"
