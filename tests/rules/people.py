"""A lead and a broker for tests, with any field changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from nextnest.models import Broker, Lead, Persona, PersonalityType, ResponseStyle


def a_lead(**changes: Any) -> Lead:
    """A couple refinancing a flat."""
    fields: dict[str, Any] = {
        "name": "Tan Wei Ming",
        "email": "weiming@example.com",
        "phone": "+6591234567",
        "loan_type": "refinance",
        "property_type": "hdb",
        "property_price": Decimal(600_000),
        "incomes": (Decimal(7_200), Decimal(4_000)),
        "ages": (34,),
        "current_rate": Decimal("3.10"),
        "outstanding_loan": Decimal(410_000),
        "lock_in_status": "ending_soon",
    }
    return Lead(**fields | changes)


def a_broker(**changes: Any) -> Broker:
    """Rachel Tan, who is free."""
    style = ResponseStyle(tone="modern, approachable", pacing="moderate", focus="smart financing")
    persona = Persona(
        score_from=60,
        score_to=74,
        approach="educational_consultative",
        urgency_level="medium",
        response_style=style,
        greeting="Hi $name",
    )
    fields: dict[str, Any] = {
        "id": UUID(int=3),
        "slug": "rachel-tan",
        "name": "Rachel Tan",
        "personality_type": PersonalityType.BALANCED,
        "title": "Millennial Mortgage Specialist",
        "persona": persona,
        "max_concurrent_chats": 10,
        "current_workload": 0,
        "is_active": True,
        "is_available": True,
    }
    return Broker(**fields | changes)
