"""One chart: what it is called, its series, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from web.ops.show import money, number, span

Value = float | None
Kind = Literal["line", "bars", "stacked", "ranked"]
Unit = Literal["count", "seconds", "dollars"]
Write = Callable[[Any], str]


@dataclass(frozen=True)
class Series:
    """One line or one colour of bars; a value per label, None where there is none."""

    name: str
    values: Sequence[Value]


@dataclass(frozen=True)
class Chart:
    """A drawing and its numbers. `write` says how a value is written; `unit` is what the axis counts."""

    name: str
    title: str
    kind: Kind
    unit: Unit
    labels: Sequence[str]
    series: Sequence[Series]
    first: str = "Time"
    note: str = ""
    nothing: str = "Nothing in this period."

    @property
    def is_empty(self) -> bool:
        return not any(value for one in self.series for value in one.values)

    @property
    def rows(self) -> list[list[str]]:
        """The table: a label and its values, as they are written everywhere. Newest first, as tables of the console are."""
        rows = [
            [label, *(self.write(one.values[index]) for one in self.series)]
            for index, label in enumerate(self.labels)
        ]
        return rows if self.kind == "ranked" else rows[::-1]

    def write(self, value: Any) -> str:
        write: dict[str, Write] = {"count": number, "seconds": span, "dollars": money}
        return write[self.unit](value)

    def drawn(self) -> dict[str, object]:
        """What the browser draws from."""
        series = [{"name": one.name, "values": list(one.values)} for one in self.series]
        return {
            "name": self.name,
            "kind": self.kind,
            "unit": self.unit,
            "labels": list(self.labels),
            "series": series,
        }
