"""A case: what a customer says, and what must have happened in the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

_PATTERNS = ("must_say", "must_ask", "must_not_say")


@dataclass(frozen=True)
class Call:
    """A calculator and the arguments it got; for an expectation, those that matter."""

    name: str
    arguments: Mapping[str, Any]

    def is_met_by(self, made: Call) -> bool:
        """Whether the call that was made has this name and these arguments, whatever others it has."""
        return self.name == made.name and _within(self.arguments, made.arguments)

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items() if value is not None)
        return f"{self.name}({given})"


@dataclass(frozen=True)
class Branch:
    """What the customer says when a reply asks for something that matches `when`; once."""

    when: str
    says: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One conversation.

    `says` are the steps of the script, each one message or a burst; after each the customer waits for what comes back, and
    answers what was asked as far as `answers` knows. `lead` changes fields of the form; None writes without a form.
    The rest is what must have happened: see docs/evals.md.
    """

    id: str
    kind: str
    says: tuple[tuple[str, ...], ...]
    lead: Mapping[str, Any] | None = field(default_factory=dict)
    answers: tuple[Branch, ...] = ()
    hostile: bool = False
    pace: float = 0
    handed_over: tuple[str, ...] = ()
    tools: tuple[Call, ...] = ()
    figures: tuple[str, ...] = ()
    must_say: tuple[str, ...] = ()
    must_ask: tuple[str, ...] = ()
    must_not_say: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    language: str | None = None
    most_replies: int | None = None


def case_from(row: Mapping[str, Any], kind: str) -> Case:
    """A case from a table of its file. ValueError says what is wrong with it."""
    name = row.get("id", "a case without an id")
    unknown = set(row) - {one.name for one in fields(Case)} - {"form"}
    if unknown or not row.get("says"):
        raise ValueError(
            f"{name}: {', '.join(sorted(unknown)) or 'says'} is {'not known' if unknown else 'missing'}"
        )
    given = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items() if key != "form"
    }
    given |= {
        "kind": kind,
        "says": tuple((step,) if isinstance(step, str) else tuple(step) for step in row["says"]),
        "answers": tuple(Branch(one["when"], _texts(one["says"])) for one in row.get("answers", ())),
        "tools": tuple(Call(one["name"], one.get("arguments", {})) for one in row.get("tools", ())),
    }
    if row.get("form") is False:
        given["lead"] = None
    case = Case(**cast(Any, given))
    _check_patterns(case)
    return case


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _check_patterns(case: Case) -> None:
    for pattern in [one for name in _PATTERNS for one in getattr(case, name)] + [
        one.when for one in case.answers
    ]:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{case.id}: {pattern!r}: {error}") from None


def _within(wanted: Any, made: Any) -> bool:
    """Every field that is wanted is there with its value; lists have to be as long."""
    if isinstance(wanted, Mapping):
        return isinstance(made, Mapping) and all(
            name in made and _within(value, made[name]) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(made, list)
            and len(made) == len(wanted)
            and all(_within(one, other) for one, other in zip(wanted, made, strict=True))
        )
    return bool(wanted == made)
