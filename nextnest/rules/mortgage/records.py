"""What a run of a tool leaves: for the model to read, for the guard to check against, and to be kept and run again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal

from nextnest.rules.mortgage.arithmetic import day_in_words
from nextnest.rules.mortgage.calculation import Calculation, RuleUse

# What an argument can look like. Anything else a model wrote is not kept: it may be personal, or not even text.
_ARGUMENT = re.compile(r"\d{1,12}(?:\.\d{1,4})?|\d{4}-\d{2}-\d{2}|[a-z_]{1,60}", re.ASCII)
_NOT_KEPT = "?"
_LARGEST_KEPT, _MOST_KEPT, _DEEPEST = 10**6, 40, 4
# Fields of every calculation, which have places of their own in the record.
_COMMON = {"shown", "basis"}


@dataclass(frozen=True)
class ToolResult:
    """One run on `day`. Exactly one of three: `outputs`, or `ask_for` (what to ask the customer), or a `problem`.

    `outputs` are shown values by name, `raw` the exact ones. `figures` are texts whose amounts, percentages, years and
    dates a reply may repeat; inputs are not among them, since it was the model that wrote those.
    """

    name: str
    day: date
    version: str
    inputs: object
    outputs: Mapping[str, str]
    raw: Mapping[str, str]
    figures: tuple[str, ...]
    rules: tuple[RuleUse, ...]
    assumptions: tuple[str, ...]
    needs_confirmation: tuple[str, ...]
    ask_for: tuple[str, ...]
    problem: str | None

    @property
    def is_stale(self) -> bool:
        """Whether a rule it rests on is past its recheck date: the broker says that she will confirm."""
        return any(rule.stale for rule in self.rules)

    def as_json(self) -> str:
        """The whole record; the same inputs, day and versions give the same bytes."""
        return _canonical(asdict(self))

    def for_model(self) -> str:
        """What the model gets back."""
        if self.problem is not None:
            return _canonical({"problem": self.problem})
        if self.ask_for:
            return _canonical({"ask_the_customer": self.ask_for})
        return _canonical(
            {
                "as_of": day_in_words(self.day),
                "results": self.outputs,
                "assumptions": self.assumptions,
                "a_person_must_confirm": self.needs_confirmation,
                "rules": [_in_words(rule) for rule in self.rules],
            }
        )


def of_calculation(name: str, day: date, inputs: object, result: Calculation) -> ToolResult:
    """The record of a run that came to a result."""
    outputs = {line.name: line.text for line in result.shown}
    texts = dict.fromkeys([*outputs.values(), *_of_rules(result.rules_used), day_in_words(day)])
    return ToolResult(
        name=name,
        day=day,
        version=result.version,
        inputs=kept(inputs),
        outputs=outputs,
        raw=dict(_flat(result, "")),
        figures=tuple(text for text in texts if any(character.isdigit() for character in text)),
        rules=result.rules_used,
        assumptions=result.assumptions,
        needs_confirmation=result.needs_confirmation,
        ask_for=(),
        problem=None,
    )


def unanswered(
    name: str,
    day: date,
    version: str,
    inputs: object,
    *,
    ask_for: tuple[str, ...] = (),
    problem: str | None = None,
) -> ToolResult:
    """The record of a run that came to none."""
    return ToolResult(name, day, version, kept(inputs), {}, {}, (), (), (), (), ask_for, problem)


def kept(given: object, depth: int = 0) -> object:
    """Arguments as they are kept: usable ones unchanged, anything odd as a question mark."""
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, int):
        return given if abs(given) <= _LARGEST_KEPT else _NOT_KEPT
    if isinstance(given, str):
        return given if _ARGUMENT.fullmatch(given) else _NOT_KEPT
    if depth < _DEEPEST and isinstance(given, Mapping):
        items = list(given.items())[:_MOST_KEPT]
        return {
            str(kept(key) if isinstance(key, str) else _NOT_KEPT): kept(value, depth + 1)
            for key, value in items
        }
    if depth < _DEEPEST and isinstance(given, list | tuple):
        return [kept(one, depth + 1) for one in given[:_MOST_KEPT]]
    return _NOT_KEPT


def _in_words(rule: RuleUse) -> str:
    since = "in place by" if rule.in_place_by else "in force since"
    from_day, checked = day_in_words(rule.effective_from), day_in_words(rule.checked_on)
    return f"{rule.id}: {rule.value}, {since} {from_day}, checked on {checked}"


def _of_rules(rules: tuple[RuleUse, ...]) -> Iterator[str]:
    for rule in rules:
        yield rule.value
        yield day_in_words(rule.effective_from)
        yield day_in_words(rule.checked_on)


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every exact value of a result by its path, such as payments.2.own."""
    if value is None:
        return
    if is_dataclass(value):
        for field in fields(value):
            if path or field.name not in _COMMON:
                yield from _flat(getattr(value, field.name), f"{path}.{field.name}" if path else field.name)
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _flat(one, f"{path}.{number}")
    else:
        yield path, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _canonical(record: Mapping[str, object]) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), default=_text)
