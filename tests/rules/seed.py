"""The five brokers as the migration seeds them, and leads to try the rules on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from nextnest.models import Broker, Lead, Persona

_FILE = Path(__file__).resolve().parents[2] / "migrations" / "20261122000200_seed_brokers.sql"
_ROW = re.compile(
    r"\('(?P<slug>[^']+)', '(?P<name>[^']+)', '(?P<personality_type>[^']+)', '(?P<title>[^']+)',"
    r" \$persona\$(?P<persona>.+?)\$persona\$, (?P<max_concurrent_chats>\d+)\)",
    re.DOTALL,
)


def seeded_brokers() -> list[Broker]:
    """All of them idle and available, in the file's order."""
    rows = [match.groupdict() for match in _ROW.finditer(_FILE.read_text())]
    return [_broker(row) for row in rows]


def broker(slug: str, /, **changes: Any) -> Broker:
    """One seeded broker with some fields changed."""
    [found] = [one for one in seeded_brokers() if one.slug == slug]
    return found.model_copy(update=changes)


def lead(**fields: Any) -> Lead:
    """A home buyer who gave only what the form insists on, and `fields`."""
    person = {"name": "Aisha Rahman", "email": "aisha@example.com", "phone": "+6591234567"}
    return Lead.model_validate(person | {"loan_type": "new_purchase"} | fields)


def _broker(row: dict[str, str]) -> Broker:
    persona = Persona.model_validate_json(row["persona"])
    idle = {"current_workload": 0, "is_active": True, "is_available": True}
    return Broker.model_validate(row | idle | {"id": uuid5(NAMESPACE_DNS, row["slug"]), "persona": persona})
