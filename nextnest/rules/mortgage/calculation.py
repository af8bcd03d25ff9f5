"""What every calculator shares: the rules it looked up, what it took for granted, and how its results are shown.

Raw values are kept as they are. Shown values are rounded once, and always to the careful side: what can be borrowed down to
S$1,000, what must be brought up to S$1,000, what is paid each month up to the dollar, what is saved or left down to the
dollar. Duties are whole dollars by law.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from nextnest.rules.mortgage.arithmetic import DOLLAR, THOUSAND, day_in_words, dollars, down_to, plain, up_to
from nextnest.rules.mortgage.dated import Rule, Series

T = TypeVar("T")


@dataclass(frozen=True)
class RuleUse:
    """One value of a rule that a result rests on, as dated.Rule has it. `value` is in words that may be quoted."""

    id: str
    value: str
    effective_from: date
    in_place_by: bool
    source: str
    grade: str
    checked_on: date
    recheck_by: date
    stale: bool


@dataclass(frozen=True)
class Shown:
    """One line of a result as a customer may read it."""

    name: str
    text: str


@dataclass(frozen=True)
class Basis:
    """What a result rests on. `version` names the formula: another version may give another result."""

    rules_used: tuple[RuleUse, ...]
    assumptions: tuple[str, ...]
    needs_confirmation: tuple[str, ...]
    version: str


@dataclass(frozen=True, kw_only=True)
class Calculation:
    """A result: the fields of each kind are raw values, `shown` is what may be said."""

    shown: tuple[Shown, ...]
    basis: Basis

    @property
    def rules_used(self) -> tuple[RuleUse, ...]:
        return self.basis.rules_used

    @property
    def assumptions(self) -> tuple[str, ...]:
        return self.basis.assumptions

    @property
    def needs_confirmation(self) -> tuple[str, ...]:
        """Sentences about what a person must confirm; empty when the result can be given as it is."""
        return self.basis.needs_confirmation

    @property
    def version(self) -> str:
        return self.basis.version


class Working:
    """The notes of one calculation: rules looked up on its day, assumptions, open points. Each is kept once, in order."""

    def __init__(self, day: date) -> None:
        self.day = day
        self._uses: dict[tuple[str, date], RuleUse] = {}
        self._assumptions: dict[str, None] = {}
        self._confirmations: dict[str, None] = {}

    def use(self, series: Series[T], on: date | None = None) -> T:
        """The value in force on the day of the calculation, or on another. Raises NoRuleInForce."""
        rule = series.on(on or self.day)
        self._uses[rule.id, rule.effective_from] = _use(rule, series.says(rule.value), self.day)
        return rule.value

    def assume(self, sentence: str) -> None:
        self._assumptions[sentence] = None

    def confirm(self, sentence: str) -> None:
        self._confirmations[sentence] = None

    def take_over(self, basis: Basis) -> None:
        """Everything another calculation rests on."""
        self._uses.update({(use.id, use.effective_from): use for use in basis.rules_used})
        self._assumptions.update(dict.fromkeys(basis.assumptions))
        self._confirmations.update(dict.fromkeys(basis.needs_confirmation))

    def basis(self, version: str) -> Basis:
        uses = tuple(self._uses.values())
        for use in uses:
            if use.stale:
                self.confirm(
                    f"The rule {use.id} was last checked on {day_in_words(use.checked_on)} and must be checked again."
                )
        return Basis(uses, tuple(self._assumptions), tuple(self._confirmations), version)


def _use(rule: Rule[T], words: str, day: date) -> RuleUse:
    return RuleUse(
        rule.id,
        words,
        rule.effective_from,
        rule.in_place_by,
        rule.source,
        rule.grade.value,
        rule.checked_on,
        rule.recheck_by,
        rule.stale_on(day),
    )


def loan_shown(name: str, amount: Decimal) -> Shown:
    """What can be borrowed, down to S$1,000."""
    return Shown(name, dollars(down_to(amount, THOUSAND)))


def funds_shown(name: str, amount: Decimal) -> Shown:
    """What must be brought, up to S$1,000."""
    return Shown(name, dollars(up_to(amount, THOUSAND)))


def payment_shown(name: str, amount: Decimal) -> Shown:
    """What is paid each month, or must be earned for it, up to the dollar."""
    return Shown(name, dollars(up_to(amount, DOLLAR)))


def room_shown(name: str, amount: Decimal) -> Shown:
    """What is left, saved or allowed, down to the dollar."""
    return Shown(name, dollars(down_to(amount, DOLLAR)))


def years_shown(name: str, years: Decimal | int) -> Shown:
    return Shown(name, "1 year" if years == 1 else f"{plain(Decimal(years))} years")


def yes_no(name: str, answer: bool) -> Shown:
    return Shown(name, "yes" if answer else "no")
