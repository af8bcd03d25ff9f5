"""Arguments of tools: the JSON schema of inputs, and inputs from what a model wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from nextnest.rules.mortgage.inputs import (
    MOST_BORROWERS,
    Choice,
    Day,
    Inputs,
    Missing,
    Money,
    Percent,
    Several,
    Unusable,
    What,
    Whole,
    YesNo,
    declared_fields,
)

K = TypeVar("K", bound=Inputs)

# How a value is written, where its type does not say it.
_FORMS: dict[type, str] = {
    Money: ', in dollars: "1500000.50"',
    Percent: ', in percent: "3.25"',
    Day: ': "2026-11-22"',
}
# Nothing an argument may say needs more digits; more would only make work.
_DECIMAL = re.compile(r"\d{1,12}(?:\.\d{1,4})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def schema(kind: type[Inputs]) -> dict[str, object]:
    """A schema for strict mode: every field required, none besides, and null for what nobody has said."""
    declared = declared_fields(kind)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in declared],
        "properties": {field.name: _schema_of(field.what, field.optional) for field in declared},
    }


def _schema_of(what: What, optional: bool) -> dict[str, object]:
    described: dict[str, str] = {
        "description": f"{what.ask}{_FORMS.get(type(what), '')}{'; may not matter' if optional else ''}"
    }
    if isinstance(what, Several):
        return {"type": ["array", "null"], "items": schema(what.kind), **described}
    if isinstance(what, Choice):
        return {"type": ["string", "null"], "enum": [*(one.value for one in what.choices), None], **described}
    if isinstance(what, Whole):
        described["description"] += f", {what.least}-{what.most}"
        return {"type": ["integer", "null"], **described}
    if isinstance(what, YesNo):
        return {"type": ["boolean", "null"], **described}
    return {"type": ["string", "null"], **described}


def read(kind: type[K], arguments: object, place: str = "") -> K:
    """Inputs of a kind. Raises Missing with everything to ask, or Unusable; what came is never repeated."""
    declared = declared_fields(kind)
    names = [field.name for field in declared]
    if not isinstance(arguments, Mapping):
        raise Unusable(place or "arguments", f"must be an object with {', '.join(names)}")
    if set(arguments) - set(names):
        raise Unusable(place or "arguments", f"must have no fields besides {', '.join(names)}")
    values: dict[str, Any] = {}
    missing: list[str] = []
    for field in declared:
        given = arguments.get(field.name)
        if given is None:
            values[field.name] = None
            missing += [] if field.optional else [field.what.ask]
            continue
        try:
            values[field.name] = _value(field.what, given, f"{place}{field.name}")
        except Missing as error:
            missing += error.fields
    if missing:
        raise Missing(tuple(dict.fromkeys(missing)))
    try:
        return kind(**values)
    except Unusable as error:
        raise Unusable(f"{place}{error.field}", error.expected) from None


def _value(what: What, given: object, place: str) -> object:
    """The value an argument stands for, its limits still unchecked."""
    if isinstance(what, Several):
        return _several(what, given, place)
    if isinstance(what, Whole | YesNo):
        return given
    if isinstance(given, str):
        if isinstance(what, Money | Percent) and _DECIMAL.fullmatch(given):
            return Decimal(given)
        if isinstance(what, Day) and _DAY.fullmatch(given):
            return _day(given, what, place)
        if isinstance(what, Choice) and given in set(what.choices):
            return what.choices(given)
    written = ", written as a string" if isinstance(what, Money | Percent | Day) else ""
    raise Unusable(place, f"must be {what.expected}{written}")


def _several(what: Several, given: object, place: str) -> tuple[Inputs, ...]:
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_BORROWERS:
        raise Unusable(place, f"must be {what.expected}")
    found: list[Inputs] = []
    missing: list[str] = []
    for number, one in enumerate(given, start=1):
        try:
            found.append(read(what.kind, one, f"{place} {number}: "))
        except Missing as error:
            missing += error.fields
    if missing:
        raise Missing(tuple(missing))
    return tuple(found)


def _day(given: str, what: Day, place: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise Unusable(place, f"must be {what.expected}") from None
