"""Shapes of rules' values, each able to say itself in words, and how a series of them is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from nextnest.rules.mortgage.arithmetic import dollars, percent
from nextnest.rules.mortgage.dated import Grade, Rule, Series
from nextnest.rules.mortgage.sources import Source

T = TypeVar("T")


@dataclass(frozen=True)
class Bands:
    """A duty by bands: (upper end, share of what lies in the band); no end for the last."""

    bands: tuple[tuple[Decimal | None, Decimal], ...]

    def __str__(self) -> str:
        words = [
            f"{percent(share)} {f'up to {dollars(end)}' if end else 'above'}" for end, share in self.bands
        ]
        return ", ".join(words)


class Profile(StrEnum):
    """Who buys, as ABSD sees it."""

    CITIZEN = "singapore_citizen"
    RESIDENT = "permanent_resident"
    FOREIGNER = "foreigner"
    ENTITY = "entity_or_trustee"
    DEVELOPER = "housing_developer"


@dataclass(frozen=True)
class AbsdTable:
    """Shares by profile for the first, the second, and the third or later home."""

    shares: tuple[tuple[Profile, tuple[Decimal, Decimal, Decimal]], ...]

    def share(self, profile: Profile, home: int) -> Decimal:
        """`home` counts from 1; 3 and more are one."""
        return dict(self.shares)[profile][min(home, 3) - 1]

    def __str__(self) -> str:
        return "; ".join(
            f"{profile.value.replace('_', ' ')} {' / '.join(percent(share) for share in shares)}"
            for profile, shares in self.shares
        )


@dataclass(frozen=True)
class LtvTier:
    """What may be borrowed with so many housing loans outstanding, and what of the rest must be cash."""

    loans: int
    normal: Decimal
    reduced: Decimal
    cash: Decimal
    cash_reduced: Decimal

    def __str__(self) -> str:
        loans = f"{self.loans} or more" if self.loans == 2 else str(self.loans)
        shares = f"{percent(self.normal)} or {percent(self.reduced)}"
        return f"with {loans} outstanding {shares}, cash at least {percent(self.cash)} or {percent(self.cash_reduced)}"


@dataclass(frozen=True)
class Stage:
    """A payment under the standard agreement for a home that is being built."""

    name: str
    share: Decimal

    def __str__(self) -> str:
        return f"{self.name} {percent(self.share)}"


@dataclass(frozen=True)
class Period(Generic[T]):
    value: T
    since: str
    source: Source
    until: str | None = None
    in_place_by: bool = False
    grade: Grade | None = None


def series(rule_id: str, title: str, says: Callable[[T], str], *periods: Period[T]) -> Series[T]:
    return Series(
        rule_id,
        title,
        says,
        tuple(
            Rule(
                rule_id,
                period.value,
                date.fromisoformat(period.since),
                date.fromisoformat(period.until) if period.until else None,
                period.source.address,
                period.grade or period.source.grade,
                period.in_place_by,
            )
            for period in periods
        ),
    )


def years(value: int) -> str:
    return f"{value} years"


def age(value: int) -> str:
    return f"age {value}"


def months(value: int) -> str:
    return f"{value} months"


def each(values: tuple[Any, ...]) -> str:
    return "; ".join(str(value) for value in values)


def by_year_held(shares: tuple[Decimal, ...]) -> str:
    return "; ".join(f"sold in year {year}: {percent(share)}" for year, share in enumerate(shares, start=1))
