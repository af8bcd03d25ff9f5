"""What proves a figure: a value, and where it comes from. The guard finds for every figure of a draft one of these.

Sources: `tool:<name>#<run>`, `rule:<id>@<in force since>`, `lead:<field>`, `customer`, `today`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from nextnest.models import Lead
from nextnest.rules import dates
from nextnest.rules.figures import Figure, Kind, about_rates, figures
from nextnest.rules.mortgage.arithmetic import day_in_words
from nextnest.rules.mortgage.dated import Rule, Series
from nextnest.rules.mortgage.records import ToolResult
from nextnest.rules.mortgage.rulebook import RULES
from nextnest.rules.subjects import Subject, is_table, values_with_subjects

# Where no unit is given, an amount is at least this; an age or a number of years at most the next; a rate at most the
# last, well above any Singapore home loan of thirty years.
_SMALLEST_AMOUNT, _MOST_YEARS, _MOST_RATE = 100, 100, 20
_TIMELINE_MONTHS = {"next_3_months": (3,), "3_6_months": (3, 6)}


@dataclass(frozen=True)
class Evidence:
    """One value that may be said, in the unit of its kind (figures.Kind). With a subject: only where that is spoken of."""

    kind: Kind
    value: Decimal
    source: str
    subject: Subject | None = None

    def may_be_said_in(self, clause: str, sentence: str) -> bool:
        """Whether this is spoken of in a clause of a sentence, both normalised."""
        return self.subject is None or self.subject.is_in(clause, sentence)


def kind_to_prove(figure: Figure) -> tuple[Kind, Decimal]:
    """Kind and value of the evidence a figure needs. Without a unit it may repeat any number; with one, only what was
    meant in that unit."""
    return Kind.PLAIN if figure.kind is Kind.COUNT else figure.kind, figure.value


def of_text(text: str, source: str, subject: Subject | None = None) -> Iterator[Evidence]:
    """The figures of a text, each in every kind its writer may have meant."""
    rates = about_rates(text)
    for kind, value in dict.fromkeys(one for figure in figures(text) for one in _meanings(figure, rates)):
        yield Evidence(kind, value, source, subject)


def of_lead(lead: Lead) -> Iterator[Evidence]:
    """The figures of the form. Phone and e-mail are none."""
    for name in ("property_price", "monthly_income", "existing_commitments", "outstanding_loan"):
        yield from _both(Kind.MONEY, getattr(lead, name), f"lead:{name}")
    for income in lead.incomes:
        yield from _both(Kind.MONEY, income, "lead:incomes")
    for age in lead.ages:
        yield from _both(Kind.AGE, Decimal(age), "lead:ages")
    for months in _TIMELINE_MONTHS.get(lead.purchase_timeline or "", ()):
        yield from _both(Kind.MONTHS, Decimal(months), "lead:purchase_timeline")
    yield from _both(Kind.PERCENT, lead.current_rate, "lead:current_rate")


def of_runs(runs: Sequence[ToolResult]) -> tuple[Evidence, ...]:
    """The results of this turn's calculations, as they are displayed: any other rounding is no result. And the rules they
    rest on, each with its subject. Inputs prove nothing: it was the model that wrote those."""
    return tuple(dict.fromkeys(one for number, run in enumerate(runs, 1) for one in _of_run(run, number)))


@lru_cache(maxsize=4)
def of_day(today: date) -> tuple[Evidence, ...]:
    """What may be said on a day without any calculation: the day, and the rules in force whose recheck date is not past."""
    found = [*_of_day_alone(today, "today")]
    for series in RULES.values():
        rule = next((one for one in series.rules if one.in_force_on(today)), None)
        if rule and not rule.stale_on(today) and not is_table(rule.value):
            found += _of_rule(series, rule, used=False)
    return tuple(dict.fromkeys(found))


def _of_run(run: ToolResult, number: int) -> Iterator[Evidence]:
    source = f"tool:{run.name}#{number}"
    for text in run.outputs.values():
        yield from of_text(text, source)
    if run.outputs:
        yield from _of_day_alone(run.day, source)
    for use in run.rules:
        series = RULES.get(use.id)
        rule = (
            next((r for r in series.rules if r.effective_from == use.effective_from), None)
            if series
            else None
        )
        if series and rule:
            yield from _of_rule(series, rule, used=True)


def _of_rule(series: Series[object], rule: Rule[object], *, used: bool) -> Iterator[Evidence]:
    """Its values, and since when it is in force. When no source names that day, only a calculator that used it says so."""
    source = f"rule:{rule.id}@{rule.effective_from.isoformat()}"
    days = [rule.checked_on] if used else []
    days += [rule.effective_from] if used or not rule.in_place_by else []
    for text, subject in values_with_subjects(rule.id, rule.value, series.says(rule.value)):
        for words in (text, *map(day_in_words, days)):
            yield from of_text(words, source, subject)


def _of_day_alone(day: date, source: str) -> Iterator[Evidence]:
    """The day and its month, not the bare year: that would prove any other day's."""
    value = Decimal(day.year * 10_000 + day.month * 100 + day.day)
    yield from (Evidence(Kind.DATE, meaning, source) for meaning in dates.meanings(value))


def _meanings(figure: Figure, rates: bool) -> Iterator[tuple[Kind, Decimal]]:
    if figure.kind is Kind.DATE:
        yield from _meanings_of_date(figure)
        return
    yield figure.kind, figure.value
    yield Kind.PLAIN, figure.value if figure.kind is Kind.MONEY else figure.written
    if figure.kind is not Kind.PLAIN:
        return
    is_whole = figure.value == figure.value.to_integral_value()
    if figure.value >= _SMALLEST_AMOUNT:
        yield Kind.MONEY, figure.value
    if is_whole and figure.value <= _MOST_YEARS:
        yield Kind.MONTHS, figure.value * 12
        yield Kind.AGE, figure.value
    if figure.value <= _MOST_RATE and (rates or not is_whole):
        yield Kind.PERCENT, figure.value


def _meanings_of_date(figure: Figure) -> Iterator[tuple[Kind, Decimal]]:
    if dates.is_part_of_year(figure.value):
        yield Kind.DATE, figure.value
        return
    yield from ((Kind.DATE, value) for value in dates.meanings(figure.value))
    year = dates.year_of(figure.value)
    if year is not None:
        yield Kind.PLAIN, year


def _both(kind: Kind, value: Decimal | None, source: str) -> Iterable[Evidence]:
    return () if value is None else (Evidence(kind, value, source), Evidence(Kind.PLAIN, value, source))
