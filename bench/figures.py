"""From samples to tables."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.plots import Bar, Bars, Lines


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ms(seconds: float) -> str:
    """Milliseconds, with as many digits as mean something."""
    value = seconds * 1000
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def spread(values: Sequence[float]) -> str:
    """The lowest and the highest round."""
    return f"{min(values):,.0f}-{max(values):,.0f}"


def bar(name: str, values: Sequence[float], factor: float = 1.0) -> Bar:
    """The median of the rounds with their range, times `factor` (1000 makes milliseconds of seconds)."""
    return Bar(name, median(values) * factor, min(values) * factor, max(values) * factor)


def ratio(value: float, base: float) -> str:
    return f"{value / base:.2f} x"


@dataclass(frozen=True)
class Table:
    """A table, what one must know to read it, its pictures, and the figures that targets are held against, by name."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: tuple[str, ...] = ()
    plots: Sequence[Bars | Lines] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    # Tables that belong below this one.
    more: Sequence[Table] = ()

    def __str__(self) -> str:
        whole = "\n".join([f"## {self.title}", "", self.grid, "", *self.notes])
        return "\n\n".join([whole, *map(str, self.more)])

    @property
    def grid(self) -> str:
        """Head and rows alone, as Markdown."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        rule = "|".join("-" * (width + 1) + (":" if at else "-") for at, width in enumerate(widths))
        return "\n".join([_line(self.head, widths), f"|{rule}|", *(_line(row, widths) for row in self.rows)])


def say(line: str) -> None:
    """Progress goes to stderr, so that stdout holds the tables alone."""
    print(line, file=sys.stderr, flush=True)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    aligned = [
        cell.rjust(width) if at else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(aligned)} |"
