"""Inputs of calculators: declared once, checked wherever they are made, and never filled in for somebody.

A field is `Annotated[type, what]`, where `what` says in plain words what to ask a customer for, and its limits. None means
that it is not known. A field that takes no None is asked for at once; one that does, only when the result depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

# The limits of a lead's form (nextnest/lead_form.py), for the same reasons.
MOST_MONEY = Decimal(1_000_000_000)
MOST_RATE = Decimal(20)
MOST_BORROWERS = 10


class Missing(LookupError):
    """What must be asked before this can be worked out: `fields` in plain words, in the order to ask."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(f"Ask for {'; '.join(fields)}.")
        self.fields = fields


class Unusable(ValueError):
    """A value out of range or of the wrong kind: `field` and what was expected; what came is not repeated."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field, self.expected = field, expected


class What(Protocol):
    """What a field holds. `ask` completes "Could you tell me ...?"."""

    @property
    def ask(self) -> str: ...

    @property
    def expected(self) -> str:
        """What a usable value looks like, after "must be"."""

    def fits(self, value: Any) -> bool:
        """Whether a value (not None) is of the right type and within the limits."""


@dataclass(frozen=True)
class Money:
    """Singapore dollars, at most two decimals."""

    ask: str
    least: Decimal = Decimal(0)

    @property
    def expected(self) -> str:
        return f"dollars from {self.least} to {MOST_MONEY}, with at most two decimals"

    def fits(self, value: Any) -> bool:
        return _decimal_fits(value, self.least, MOST_MONEY, places=2)


@dataclass(frozen=True)
class Percent:
    """Percent, a year where it is a rate: 3.2 means 3.2 %."""

    ask: str
    most: Decimal = MOST_RATE

    @property
    def expected(self) -> str:
        return f"percent from 0 to {self.most}, with at most four decimals"

    def fits(self, value: Any) -> bool:
        return _decimal_fits(value, Decimal(0), self.most, places=4)


@dataclass(frozen=True)
class Whole:
    """A whole number within limits."""

    ask: str
    least: int
    most: int

    @property
    def expected(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def fits(self, value: Any) -> bool:
        return type(value) is int and self.least <= value <= self.most


@dataclass(frozen=True)
class Day:
    """A day between 1990 and 2099: before and after, no rule or plan of ours reaches."""

    ask: str
    expected = "a day such as 2026-11-22, from 1990 to 2099"

    def fits(self, value: Any) -> bool:
        return type(value) is date and 1990 <= value.year <= 2099


@dataclass(frozen=True)
class YesNo:
    ask: str
    expected = "true or false"

    def fits(self, value: Any) -> bool:
        return type(value) is bool


@dataclass(frozen=True)
class Choice:
    ask: str
    choices: type[StrEnum]

    @property
    def expected(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def fits(self, value: Any) -> bool:
        return isinstance(value, self.choices)


@dataclass(frozen=True)
class Several:
    """One to ten of the same kind."""

    ask: str
    kind: type[Inputs]
    expected = f"a list of one to {MOST_BORROWERS}"

    def fits(self, value: Any) -> bool:
        return (
            isinstance(value, tuple)
            and 1 <= len(value) <= MOST_BORROWERS
            and all(isinstance(one, self.kind) for one in value)
        )


@dataclass(frozen=True)
class Declared:
    """One field: what it holds, and whether a result may do without it."""

    name: str
    what: What
    optional: bool


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Base of all inputs. Making one raises Missing, naming every unknown field, or Unusable."""

    def __post_init__(self) -> None:
        declared = declared_fields(type(self))
        if unknown := tuple(f.what.ask for f in declared if not f.optional and getattr(self, f.name) is None):
            raise Missing(unknown)
        for field in declared:
            value = getattr(self, field.name)
            if value is not None and not field.what.fits(value):
                raise Unusable(field.name, f"must be {field.what.expected}")

    def need(self, *names: str) -> None:
        """Raise Missing for those that are not known: this result depends on them."""
        asks = {field.name: field.what.ask for field in declared_fields(type(self))}
        if unknown := tuple(asks[name] for name in names if getattr(self, name) is None):
            raise Missing(unknown)


def declared_fields(kind: type[Inputs]) -> tuple[Declared, ...]:
    """The fields of a kind of inputs, in order."""
    hints: Mapping[str, Any] = get_type_hints(kind, include_extras=True)
    return tuple(_declared(field.name, hints[field.name]) for field in fields(kind))


def _declared(name: str, hint: Any) -> Declared:
    assert get_origin(hint) is Annotated, name
    held, what = get_args(hint)
    return Declared(name, what, NoneType in get_args(held))


def _decimal_fits(value: Any, least: Decimal, most: Decimal, places: int) -> bool:
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    exponent = value.as_tuple().exponent
    return least <= value <= most and isinstance(exponent, int) and exponent >= -places
