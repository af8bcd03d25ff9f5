"""The brokers: how full they are, how they do, and what an operator may change about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection
from werkzeug.exceptions import BadRequest, NotFound

from nextnest import staffing
from nextnest.models import Broker
from nextnest.staffing import AlreadySo, Refused
from nextnest.store import overview
from nextnest.store import staffing as stored
from nextnest.store.figures import Figures, Period
from web.doors import doors
from web.ops.access import acting, operators_only, signed_in

TITLE = "Brokers"
routes = Blueprint("ops_brokers", __name__, url_prefix="/ops")

# What the address bar calls them. Steps are hours up to a day and days beyond: both are added up already.
PERIODS = {
    "24h": ("24 hours", timedelta(hours=24), timedelta(hours=1)),
    "7d": ("7 days", timedelta(days=7), timedelta(days=1)),
    "30d": ("30 days", timedelta(days=30), timedelta(days=1)),
}
_HELD_SHOWN = 8

Change = Callable[[Connection[Any]], str]


@routes.get("/brokers")
@signed_in
def page() -> ResponseReturnValue:
    """Every broker, with her figures of a period."""
    chosen = _period() or "24h"
    _, span, step = PERIODS[chosen]
    with doors().transaction() as conn:
        brokers, held = overview.places(conn), stored.held(conn, _HELD_SHOWN)
        figures = Figures.of(conn, Period.last(span, step))
        did = {row["slug"]: row for row in figures.brokers()}
    return render_template(
        "ops/brokers.html",
        brokers=brokers,
        held=held,
        held_shown=_HELD_SHOWN,
        did=did,
        missing=figures.missing,
        periods=PERIODS,
        chosen=chosen,
        largest=staffing.LARGEST_LIMIT,
    )


@routes.post("/brokers/<slug>/limit")
@operators_only
def limit(slug: str) -> ResponseReturnValue:
    """How many conversations she may hold at once."""
    shown, wanted = _number("shown"), _number("limit")
    return change(
        "change-limit",
        slug,
        lambda conn: staffing.change_limit(conn, slug, shown=shown, wanted=wanted),
        was=shown,
        now=wanted,
    )


@routes.post("/brokers/<slug>/pause")
@operators_only
def pause(slug: str) -> ResponseReturnValue:
    """She takes no new conversations."""
    return change("pause-broker", slug, lambda conn: staffing.pause(conn, slug), was="active", now="paused")


@routes.post("/brokers/<slug>/resume")
@operators_only
def resume(slug: str) -> ResponseReturnValue:
    """She takes conversations again."""
    return change("resume-broker", slug, lambda conn: staffing.resume(conn, slug), was="paused", now="active")


def change(name: str, slug: str, act: Change, **detail: object) -> ResponseReturnValue:
    """Act and write it down in one transaction; a refusal undoes both and says why. Back to the broker."""
    the_broker(slug)
    try:
        with acting(name, f"broker {slug}", conversation_id=None, **detail) as conn:
            done = act(conn)
        flash(done, "good")
    except Refused as refused:
        flash(str(refused), "good" if isinstance(refused, AlreadySo) else "bad")
    return redirect(url_for("ops_brokers.page", period=_period(), _anchor=slug), 303)


def the_broker(slug: str) -> Broker:
    """The broker of this name; 404 without one."""
    with doors().transaction() as conn:
        found = stored.broker_named(conn, slug) if "\0" not in slug else None
    if found is None:
        raise NotFound("There is no broker with this name.")
    return found


def _period() -> str | None:
    given = request.args.get("period", "")
    return given if given in PERIODS else None


def _number(field: str) -> int:
    """A number of a form; BadRequest when it is none. Postgres' int ends at two thousand million."""
    given = request.form.get(field, "").strip()
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        raise BadRequest(
            f"A limit is a number from 0 to {staffing.LARGEST_LIMIT}. Please go back and try again."
        )
    return int(given)
