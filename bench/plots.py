"""Small pictures of tables as SVG: lines over time, and bars with their range. Light ground, dark ink, no colour needed.

Lines differ by dashes and marks and carry their names at their ends; bars carry their values. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

# Pixels. Wide enough for a page of documentation, whose text is some 800 wide.
WIDTH = 760
FONT = "font-family='system-ui, sans-serif' font-size='13'"
INK, FAINT, SHADE = "#1f2328", "#d0d7de", "#eef1f4"
# Each line its own: ink, dashes, and the mark at its end.
STROKES = (("#1f2328", ""), ("#0550ae", "7 4"), ("#953800", "2 3"), ("#116329", "10 3 2 3"))
TICKS = 5
Scale = Callable[[float], float]
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One line's name and its points, in the units of the axes."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Span:
    """A stretch of the x axis that is shaded, such as while something was held."""

    begin: float
    end: float
    name: str


@dataclass(frozen=True)
class Bar:
    """One bar: its value and the lowest and the highest round."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Lines:
    """A plot of lines. `logarithmic` is for y values that span more than two powers of ten; they must then be above 0."""

    name: str
    title: str
    x: str
    y: str
    lines: Sequence[Line]
    spans: Sequence[Span] = ()
    logarithmic: bool = False

    def svg(self) -> str:
        """The picture's whole text."""
        left, right, top, bottom = 70, WIDTH - 130, 60, 290
        points = [point for line in self.lines for point in line.points]
        across = _linear((min(x for x, _ in points), max(x for x, _ in points)), (left, right))
        ticks = _ticks([y for _, y in points], logarithmic=self.logarithmic)
        up = _scale(ticks, (bottom, top), logarithmic=self.logarithmic)
        body = [_shade(span, across, top, bottom) for span in self.spans]
        body += [_level(tick, up(tick), left, right) for tick in ticks]
        body += [_below(tick, across(tick), bottom) for tick in _nice_between([x for x, _ in points])]
        body += [_drawn(line, number, across, up) for number, line in enumerate(self.lines)]
        body += _names(self.lines, up, right)
        body += [_text((left + right) / 2, bottom + 40, self.x, "middle"), _text(left - 56, top - 12, self.y)]
        return _picture(self.title, 346, body)


@dataclass(frozen=True)
class Bars:
    """A plot of bars that lie, one below the other, with a whisker from the lowest to the highest round."""

    name: str
    title: str
    unit: str
    bars: Sequence[Bar]
    logarithmic: bool = False

    def svg(self) -> str:
        """The picture's whole text."""
        left = 20 + 7 * max(len(bar.name) for bar in self.bars)
        right, top = WIDTH - 90, 44
        bottom = top + 34 * len(self.bars)
        reach = [value for bar in self.bars for value in (bar.value, bar.high)]
        ticks = _ticks(reach, logarithmic=self.logarithmic)
        across = _scale(ticks, (left, right), logarithmic=self.logarithmic)
        body = [_upright(tick, across(tick), top, bottom) for tick in ticks]
        body += [_bar(bar, across, left, top + 34 * number) for number, bar in enumerate(self.bars)]
        body.append(_text((left + right) / 2, bottom + 40, self.unit, "middle"))
        return _picture(self.title, bottom + 56, body)


def plain(value: float) -> str:
    """A number as an axis says it: thousands apart, no digits that say nothing."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _picture(title: str, height: int, body: Sequence[str]) -> str:
    size = f"viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}'"
    head = f"<svg xmlns='http://www.w3.org/2000/svg' role='img' {size} {FONT}>"
    ground = f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>"
    heading = f"<text x='14' y='22' font-weight='600' fill='{INK}'>{escape(title)}</text>"
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, heading, *body, "</svg>", ""])


def _drawn(line: Line, number: int, across: Scale, up: Scale) -> str:
    ink, dashes = STROKES[number % len(STROKES)]
    points = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line.points)
    return f"<polyline points='{points}' fill='none' stroke='{ink}' stroke-width='1.8' stroke-dasharray='{dashes}'/>"


def _names(lines: Sequence[Line], up: Scale, right: float) -> list[str]:
    """Each line's name where it ends, with its stroke before it, none upon another."""
    placed: list[str] = []
    free_from = 0.0
    for number, line in sorted(enumerate(lines), key=lambda pair: up(pair[1].points[-1][1])):
        y = max(up(line.points[-1][1]), free_from)
        ink, dashes = STROKES[number % len(STROKES)]
        placed.append(
            f"<line x1='{right + 4}' x2='{right + 26}' y1='{y:.1f}' y2='{y:.1f}' stroke='{ink}' stroke-width='1.8'"
            f" stroke-dasharray='{dashes}'/>"
        )
        placed.append(_text(right + 30, y + 4, line.name))
        free_from = y + 17
    return placed


def _bar(bar: Bar, across: Scale, left: float, y: float) -> str:
    low, high, end = across(bar.low), across(bar.high), across(bar.value)
    middle = y + 17
    return (
        _text(left - 8, middle + 4, bar.name, "end")
        + f"<rect x='{left}' y='{y + 7}' width='{max(end - left, 1):.1f}' height='20' fill='#8fa3b8' stroke='{INK}'/>"
        + f"<path d='M{low:.1f} {middle}H{high:.1f}M{low:.1f} {y + 12}v10M{high:.1f} {y + 12}v10' stroke='{INK}'"
        + " stroke-width='1.6' fill='none'/>"
        + _text(max(end, high) + 8, middle + 4, plain(bar.value))
    )


def _shade(span: Span, across: Scale, top: float, bottom: float) -> str:
    begin, end = across(span.begin), across(span.end)
    return (
        f"<rect x='{begin:.1f}' y='{top}' width='{end - begin:.1f}' height='{bottom - top}' fill='{SHADE}'/>"
        + _text((begin + end) / 2, top + 14, span.name, "middle")
    )


def _level(value: float, y: float, left: float, right: float) -> str:
    line = f"<line x1='{left}' x2='{right}' y1='{y:.1f}' y2='{y:.1f}' stroke='{FAINT}'/>"
    return line + _text(left - 8, y + 4, plain(value), "end")


def _upright(value: float, x: float, top: float, bottom: float) -> str:
    line = f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{top}' y2='{bottom}' stroke='{FAINT}'/>"
    return line + _text(x, bottom + 18, plain(value), "middle")


def _below(value: float, x: float, bottom: float) -> str:
    line = f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{bottom}' y2='{bottom + 5}' stroke='{INK}'/>"
    return line + _text(x, bottom + 20, plain(value), "middle")


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{INK}'>{escape(text)}</text>"


def _scale(ticks: Sequence[float], pixels: tuple[float, float], *, logarithmic: bool) -> Scale:
    if not logarithmic:
        return _linear((ticks[0], ticks[-1]), pixels)
    exponent = _linear((math.log10(ticks[0]), math.log10(ticks[-1])), pixels)
    return lambda value: exponent(math.log10(max(value, ticks[0])))


def _linear(values: tuple[float, float], pixels: tuple[float, float]) -> Scale:
    (low, high), (begin, end) = values, pixels
    width = (high - low) or 1.0
    return lambda value: begin + (value - low) / width * (end - begin)


def _ticks(values: Sequence[float], *, logarithmic: bool) -> list[float]:
    """From at or below the lowest value (0 unless logarithmic) to at or above the highest."""
    if logarithmic:
        exponents = [math.log10(value) for value in values]
        low, high = math.floor(min(exponents)), math.ceil(max(exponents))
        return [10.0**exponent for exponent in range(low, max(high, low + 1) + 1)]
    step = _nice_step(max(values, default=1.0) or 1.0)
    return (
        [step * number for number in range(math.ceil(max(values) / step) + 1)] if max(values) else [0.0, 1.0]
    )


def _nice_between(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    step = _nice_step(high - low or 1.0)
    return [step * number for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _nice_step(width: float) -> float:
    """One, two or five of a power of ten, so that some TICKS of them fill the width."""
    power = 10.0 ** math.floor(math.log10(width / TICKS))
    return next(factor * power for factor in (1, 2, 5, 10) if width / (factor * power) <= TICKS + 1)
