"""How pages write times, spans, amounts and people's data: one way everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask, current_app, request
from markupsafe import Markup

from web.ops import access

SINGAPORE = ZoneInfo("Asia/Singapore")
_NONE = Markup("–")


def install(app: Flask) -> None:
    """The filters and names that the console's templates use."""
    app.jinja_env.filters.update(
        span=span,
        ago=ago,
        clock=clock,
        moment=moment,
        counted=counted,
        number=number,
        money=money,
        share=share,
        personal=personal,
    )
    app.context_processor(_for_every_page)


def span(seconds: float | Decimal | None) -> str:
    """Seconds as people say them: "340 ms", "2.4 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"."""
    if seconds is None:
        return _NONE
    value = float(seconds)
    if value < 0:
        return f"-{span(-value)}"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    for unit, size, smaller, part in (("min", 60, "s", 1), ("h", 3600, "min", 60), ("d", 86400, "h", 3600)):
        if value < {"min": 3600, "h": 86400, "d": float("inf")}[unit]:
            whole, rest = divmod(int(value), size)
            return f"{whole} {unit} {rest // part} {smaller}" if rest // part else f"{whole} {unit}"
    raise AssertionError("days have no end")


def ago(at: datetime | None) -> Markup:
    """How long ago, with the exact time for pointers and readers."""
    if at is None:
        return _NONE
    passed = (datetime.now(UTC) - at).total_seconds()
    words = f"{span(passed)} ago" if passed >= 1 else "now" if passed > -1 else f"in {span(-passed)}"
    return _time(at, words)


def clock(at: datetime | None) -> Markup:
    """The time of day in Singapore, to the second."""
    return _time(at, at.astimezone(SINGAPORE).strftime("%H:%M:%S")) if at else _NONE


def moment(at: datetime | None) -> Markup:
    """Day and time in Singapore; the year when it is not this one."""
    if at is None:
        return _NONE
    local = at.astimezone(SINGAPORE)
    this_year = local.year == datetime.now(SINGAPORE).year
    return _time(at, local.strftime("%-d %b %H:%M:%S" if this_year else "%-d %b %Y %H:%M:%S"))


def number(value: int | float | Decimal | None) -> str:
    """With thousands apart; at most two places."""
    if value is None:
        return _NONE
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def counted(value: int, one: str, several: str) -> str:
    """`1 lead`, `2 leads`."""
    return f"{number(value)} {one if value == 1 else several}"


def money(dollars: Decimal | float | None) -> str:
    """US dollars; small amounts keep what can be seen of them."""
    if dollars is None:
        return _NONE
    return f"US${dollars:,.2f}" if dollars >= 1 or not dollars else f"US${dollars:,.4f}"


def share(part: float | Decimal | None) -> str:
    """A part of one in percent."""
    return _NONE if part is None else f"{float(part) * 100:.0f} %"


def personal(value: object) -> str:
    """Personal data: as it is for an operator, its first letter for a viewer."""
    text = "" if value is None else str(value)
    if not text:
        return _NONE
    return text if access.may_act() else f"{text[0]}•••"


def _time(at: datetime, words: str) -> Markup:
    exact = at.astimezone(SINGAPORE).strftime("%Y-%m-%d %H:%M:%S %z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), exact, words)


def _for_every_page() -> dict[str, object]:
    return {
        "ops_pages": current_app.extensions["ops_pages"],
        "ops_page": (request.blueprint or ""),
        "now": datetime.now(UTC),
        "timedelta": timedelta,
    }
