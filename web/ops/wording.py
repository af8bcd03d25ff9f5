"""Short words about what happened: spans, lists without gaps, texts that open on demand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from web.ops.show import span

Facts = dict[str, Any]


@dataclass(frozen=True)
class Detail:
    """A text that opens on demand."""

    label: str
    text: str
    personal: bool = False


def reason(reason: str | None) -> str:
    """The name of a reason as words."""
    return (reason or "").replace("_", " ")


def after(words: str, seconds: float | None, end: str = "") -> str | None:
    """ "taken in after 12 ms"; None without a span. A clock that was set back shows as no time."""
    return None if seconds is None else f"{words} {span(max(0.0, float(seconds)))} {end}".rstrip()


def some(*facts: str | None) -> tuple[str, ...]:
    """Those that say something."""
    return tuple(fact for fact in facts if fact)


def details(*details: Detail | None) -> tuple[Detail, ...]:
    """Those that hold something."""
    return tuple(detail for detail in details if detail and detail.text)


def joined(*parts: str) -> str:
    """The parts that are there, with commas."""
    return ", ".join(part for part in parts if part)


def pretty(value: object) -> str:
    """Data as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)
