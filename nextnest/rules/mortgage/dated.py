"""Rules with dates: what was in force when, who says so, and until when we may believe it.

A rule is a series of values, each in force from one day to another. A series with overlapping or gapped periods cannot be
made: importing the rule book would fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Generic, TypeVar

T = TypeVar("T")

# Every value was last compared with its source on this day.
CHECKED_ON = date(2026, 11, 22)
# Three months later: past the Budget, which is read in February and may change duties. Cooling measures come without notice
# and hold from the next midnight, so a longer trust would be too long; a shorter one would only be ignored.
RECHECK_BY = date(2027, 2, 22)


class Grade(StrEnum):
    """How good a source is, best first."""

    OFFICIAL = "official"  # MAS, MND, HDB, IRAS, CPF
    LAW_FIRM = "law firm"
    SECONDARY = "secondary"  # press, lenders, brokers
    GENERAL = "general knowledge"  # nobody has looked it up again


class NoRuleInForce(LookupError):
    """There is no value of this rule for this day."""

    def __init__(self, rule_id: str, day: date) -> None:
        super().__init__(f"No value of the rule {rule_id!r} is known for {day.isoformat()}.")
        self.rule_id, self.day = rule_id, day


class BadPeriods(ValueError):
    """The periods of a rule overlap, leave a gap, or are out of order."""


@dataclass(frozen=True)
class Rule(Generic[T]):
    """One value of a rule. Both days are inclusive; no `effective_to`: until further notice.

    `in_place_by`: no source names the first day; `effective_from` is then the earliest day a source speaks for.
    """

    id: str
    value: T
    effective_from: date
    effective_to: date | None
    source: str
    grade: Grade
    in_place_by: bool = False
    checked_on: date = CHECKED_ON
    recheck_by: date = RECHECK_BY

    def in_force_on(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def stale_on(self, today: date) -> bool:
        """Past its recheck date. A period that has ended cannot change any more and never goes stale."""
        return self.effective_to is None and today > self.recheck_by


@dataclass(frozen=True)
class Series(Generic[T]):
    """All values of one rule, oldest first. `title` says what it is; `says` puts a value into words."""

    id: str
    title: str
    says: Callable[[T], str]
    rules: tuple[Rule[T], ...]

    def __post_init__(self) -> None:
        check_periods(self.id, self.rules)

    def on(self, day: date) -> Rule[T]:
        """The value in force on a day. Raises NoRuleInForce."""
        for rule in self.rules:
            if rule.in_force_on(day):
                return rule
        raise NoRuleInForce(self.id, day)


def check_periods(rule_id: str, rules: Iterable[Rule[Any]]) -> None:
    """Raise BadPeriods unless each period begins the day after the one before ended, and only the last one is open."""
    rules = tuple(rules)
    if not rules or any(rule.id != rule_id for rule in rules):
        raise BadPeriods(f"{rule_id}: it needs periods, all of its own")
    for rule in rules:
        if rule.effective_to is not None and rule.effective_to < rule.effective_from:
            raise BadPeriods(f"{rule_id}: {rule.effective_from} ends before it begins")
    for rule, following in pairwise(rules):
        if rule.effective_to is None or rule.effective_to + timedelta(days=1) != following.effective_from:
            raise BadPeriods(f"{rule_id}: {following.effective_from} does not follow {rule.effective_to}")


def registry(series: Iterable[Series[Any]]) -> dict[str, Series[Any]]:
    """Every series by its id. Raises BadPeriods when two have the same."""
    found: dict[str, Series[Any]] = {}
    for one in series:
        if one.id in found:
            raise BadPeriods(f"{one.id}: two rules of that name")
        found[one.id] = one
    return found


def stale(rules: Iterable[Rule[Any]], today: date) -> tuple[Rule[Any], ...]:
    """Those that must be compared with their source again before they are relied on."""
    return tuple(rule for rule in rules if rule.stale_on(today))
