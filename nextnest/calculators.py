"""The calculators as one answer sees them: the model calls them, and can make nothing up.

A number that neither the customer, the form nor an earlier result of this answer has given is not calculated with: the
model is told to ask. Every run is kept, to be checked against, stored and run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from nextnest.models import Lead, ToolRun
from nextnest.rules.figures import figures
from nextnest.rules.mortgage import tools
from nextnest.rules.mortgage.arithmetic import day_in_words
from nextnest.rules.mortgage.records import ToolResult

# How many homes, borrowers or stages: small counts are in the customer's words, not in her digits.
_LARGEST_COUNT = 10
_LONGEST_ARGUMENTS = 4_000


class Calculators:
    """A toolbox for one answer. `runs` are the results so far, `figures` what a reply may quote of them."""

    def __init__(self, today: date, lead: Lead | None, customer_texts: Iterable[str]) -> None:
        self.runs: list[ToolResult] = []
        self._today = today
        self._known = {*_numbers_of(lead), *_numbers_in(customer_texts), *_numbers_in([day_in_words(today)])}

    @property
    def definitions(self) -> Sequence[Mapping[str, object]]:
        return tools.definitions()

    @property
    def figures(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for run in self.runs for text in run.figures))

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """What a person must confirm of it, stale rules included."""
        return tuple(dict.fromkeys(point for run in self.runs for point in run.needs_confirmation))

    def records(self) -> list[ToolRun]:
        """The runs as they are kept."""
        return [
            ToolRun(
                name=run.name, arguments=run.inputs, day=run.day, version=run.version, result=run.as_json()
            )
            for run in self.runs
        ]

    def run(self, name: str, arguments: str) -> str:
        """Run a calculator on the JSON the model wrote; JSON. Whatever the arguments are, there is an answer."""
        given = _read(arguments)
        if unknown := [path for path, number in _numbers_given(given) if number not in self._known]:
            return _ask(unknown)
        result = tools.run(name, given, self._today)
        self.runs.append(result)
        self._known.update(_numbers_in([*result.outputs.values(), *result.raw.values()]))
        return result.for_model()


def _read(arguments: str) -> object:
    try:
        return json.loads(arguments[:_LONGEST_ARGUMENTS])
    except (ValueError, RecursionError):
        return None


def _ask(unknown: list[str]) -> str:
    problem = f"Nobody has said {', '.join(unknown)}. Never assume a figure: ask the customer, or pass null."
    return json.dumps({"problem": problem})


def _numbers_given(value: object, path: str = "") -> Iterator[tuple[str, Decimal]]:
    """Every number among the arguments that somebody must have said, by its path."""
    if isinstance(value, Mapping):
        for name, one in list(value.items())[:40]:
            yield from _numbers_given(one, f"{path} {name}".strip())
    elif isinstance(value, list):
        for one in value[:40]:
            yield from _numbers_given(one, path)
    else:
        for number in _numbers(value):
            if abs(number) > _LARGEST_COUNT:
                yield path[:60] or "the figure", number


def _numbers(value: object) -> Iterator[Decimal]:
    """A number is itself; a day is the figures it is when written out."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return
    try:
        yield Decimal(str(value)).normalize()
        return
    except InvalidOperation:
        pass
    try:
        written = day_in_words(date.fromisoformat(str(value)))
    except ValueError:
        return
    for figure in figures(written):
        yield figure.value.normalize()


def _numbers_in(texts: Iterable[str]) -> Iterator[Decimal]:
    """Each figure, as a year may be meant in months and an amount in thousands."""
    for text in texts:
        for figure in figures(text):
            yield figure.value.normalize()
            yield figure.written.normalize()


def _numbers_of(lead: Lead | None) -> Iterator[Decimal]:
    if lead is None:
        return
    amounts = [lead.property_price, lead.monthly_income, lead.existing_commitments, lead.outstanding_loan]
    for number in [*lead.incomes, *lead.ages, *amounts, lead.current_rate]:
        if number is not None:
            yield Decimal(number).normalize()
