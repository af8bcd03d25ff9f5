"""The first page: what is wrong and what to do about it, then how things stand, then who waits."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection

from nextnest.rules.alarms import DEAD_S, Alarm, Away, Model, Readings, alarms
from nextnest.rules.model_life import days_left
from nextnest.settings import Settings
from nextnest.store import breakers, overview
from nextnest.store.statements import Row
from web.doors import doors
from web.ops.access import signed_in

TITLE = "Now"
routes = Blueprint("ops_now", __name__, url_prefix="/ops")

# What fits beside the rest; the page of conversations has them all.
_SHOWN = 10
# Of hand-overs so many are looked at to count the late ones: a day's worth in a large office.
_LOOKED_AT = 200
# Reasons for which a broker should be answering; the line and people are another matter.
_BEING_WORKED_ON = ("queued", "being answered")


@routes.get("/")
@signed_in
def page() -> ResponseReturnValue:
    """Everything an operator should know right now."""
    settings = doors().settings
    with doors().transaction() as conn:
        shown = _read(conn)
    readings = _readings(shown, settings)
    return render_template(
        "ops/now.html",
        alarms=[(alarm, _address(alarm)) for alarm in alarms(readings)],
        settings=settings,
        away={one.name: one for one in readings.away},
        counted=overview.COUNTED,
        shown_at_once=_SHOWN,
        **shown,
    )


def _read(conn: Connection[Any]) -> dict[str, Any]:
    return {
        "standing": overview.standing(conn, DEAD_S),
        "unanswered": overview.unanswered(conn),
        "longest": overview.longest_unanswered(conn, _SHOWN),
        "line": overview.line(conn, _SHOWN),
        "not_taken": overview.not_taken(conn, _LOOKED_AT),
        "brokers": overview.places(conn),
        "open_breakers": breakers.open_ones(conn),
        "models": overview.model_ends(conn),
    }


def _readings(shown: dict[str, Any], settings: Settings) -> Readings:
    standing, unanswered = shown["standing"], shown["unanswered"]
    worked_on = [unanswered[reason]["oldest_s"] for reason in _BEING_WORKED_ON if reason in unanswered]
    without_job = unanswered.get("no job")
    return Readings(
        drifting=tuple(standing["drifting"]),
        without_job=without_job["messages"] if without_job else 0,
        late_s=max(worked_on, default=None),
        failed_jobs=standing["failed_jobs"],
        paused_tasks=tuple(standing["paused_tasks"]),
        heartbeat_s=standing["heartbeat_s"],
        away=tuple(_away(row) for row in shown["open_breakers"]),
        spent=standing["spent"],
        cap=settings.nextnest_cap_per_day,
        no_webhook_s=standing["no_webhook_s"],
        swept=standing["swept"],
        unsettled=standing["unsettled"],
        unsettled_s=standing["unsettled_s"],
        models=tuple(_model(row) for row in shown["models"]),
        waiting=standing["waiting_leads"],
        waiting_s=standing["waiting_s"],
        free_places=standing["free_places"],
        places=standing["places"],
        rollout=settings.queue_rollout_percentage,
        not_taken=sum(row["late"] for row in shown["not_taken"]),
    )


def _away(row: Row) -> Away:
    return Away(row["name"], row["reason"], row["open_s"], row["retry_at"], row["last_error"])


def _model(row: Row) -> Model:
    return Model(row["model"], days_left(row["listed"], row["shutdown_date"], row["today"]))


def _address(alarm: Alarm) -> str | None:
    """The page that acts on it, as it stands in the address bar; None when acting happens elsewhere."""
    endpoint, given = f"ops_{alarm.page}.page", dict[str, Any](alarm.given)
    return url_for(endpoint, **given) if endpoint in current_app.view_functions else None
