"""How it has been going: the last hour, day, week or month as charts, each with its numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from nextnest.store.figures import Figures, Period
from web.doors import doors
from web.ops.access import signed_in
from web.ops.charting import Charts

TITLE = "Charts"
routes = Blueprint("ops_charts", __name__, url_prefix="/ops")


@dataclass(frozen=True)
class Span:
    """A stretch up to now, drawn in steps of some 12 to 30."""

    name: str
    last: str
    length: timedelta
    step: timedelta
    per: str

    def period(self) -> Period:
        return Period.last(self.length, self.step)


_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPANS = {
    span.name: span
    for span in (
        Span("1h", "last hour", _HOUR, 5 * _MINUTE, "per 5 minutes"),
        Span("24h", "last 24 hours", _DAY, _HOUR, "per hour"),
        Span("7d", "last 7 days", 7 * _DAY, 6 * _HOUR, "per 6 hours"),
        Span("30d", "last 30 days", 30 * _DAY, _DAY, "per day"),
    )
}
_USUAL = "24h"
NOTHING = dict.fromkeys(
    (
        "leads",
        "refused_leads",
        "replies",
        "answered",
        "response_p50_s",
        "response_p95_s",
        "response_p99_s",
        "processing_p95_s",
    )
)


@routes.get("/charts")
@signed_in
def page() -> ResponseReturnValue:
    """The charts of `span`; an unknown one shows the last day."""
    span = SPANS.get(request.args.get("span", _USUAL), SPANS[_USUAL])
    with doors().transaction() as conn:
        figures = Figures.of(conn, span.period())
        traffic, total = figures.traffic()
        charts = Charts(figures, span.per, span.last).all(traffic)
    return render_template(
        "ops/charts.html",
        span=span,
        spans=SPANS,
        charts=charts,
        drawn=[chart.drawn() for chart in charts],
        total=total or NOTHING,
        figures=figures,
        hours=span.length / _HOUR,
    )
