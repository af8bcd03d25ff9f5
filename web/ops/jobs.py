"""Jobs: what waits, runs and has failed, one job's whole life, and what an operator may do with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from nextnest.breakers import NEED_CHATWOOT
from nextnest.rules.alarms import SILENT_S
from nextnest.store import job_board
from nextnest.store.job_board import AT_ONCE, COUNTED, STATES, WAITING, Filters
from nextnest.store.statements import Row
from web.doors import doors
from web.ops import attempt_lines
from web.ops.access import signed_in

TITLE = "Jobs"
routes = Blueprint("ops_jobs", __name__, url_prefix="/ops")

TASKS = (
    "open-conversation",
    "new-conversation",
    "incoming-message",
    "forward-message",
    "deliver-effects",
    "settle-conversation",
    "rescue-stalled-jobs",
    "look-at-circuit-breakers",
    "upkeep",
    "sweep-conversations",
    "check-models",
    "retention",
    "roll-up-hours",
)
# These mend the others. Paused, a dead worker's jobs would stay where they are, and a lost message would stay lost.
NEVER_PAUSED = {"rescue-stalled-jobs", "look-at-circuit-breakers", "upkeep", "sweep-conversations"}
# Seconds between two times workers defer these. A restart of all workers takes less than the grace.
BY_THE_CLOCK = {
    "rescue-stalled-jobs": 5.0,
    "look-at-circuit-breakers": 5.0,
    "upkeep": 15.0,
    "sweep-conversations": 20.0,
    "roll-up-hours": 60.0,
    "check-models": 900.0,
    "retention": 86_400.0,
}
_GRACE_S = 60.0
# So many jobs an action takes at once, each in a transaction of its own.
MOST = 200
_FILTERS = ("state", "task", "older", "conversation", "queue")
_AGES = {60: "a minute", 600: "ten minutes", 3600: "an hour", 86_400: "a day"}
_LARGEST = 2**63 - 1


@routes.get("/jobs")
@signed_in
def page() -> ResponseReturnValue:
    """The jobs that fit the address bar, and around them workers, paused tasks and locks that hold others up."""
    wanted = filters_of(request.args)
    before = request.args.get("before", type=int)
    with doors().transaction() as conn:
        rows = job_board.jobs(conn, wanted, before)
        around: dict[str, Any] = {
            "counts": job_board.counts(conn),
            "workers": job_board.workers(conn),
            "paused": job_board.paused(conn),
            "blocking": job_board.blocking(conn),
            "clock": job_board.by_the_clock(conn),
        }
    return render_template(
        "ops/jobs.html",
        rows=rows,
        wanted=wanted,
        next=rows[-1]["id"] if len(rows) == AT_ONCE else None,
        given=given_filters(request.args),
        most=MOST,
        every=BY_THE_CLOCK,
        overdue={one["task_name"] for one in around["clock"] if _is_overdue(one, datetime.now(UTC))},
        states=STATES,
        tasks=TASKS,
        never_paused=NEVER_PAUSED,
        ages=_AGES,
        counted=COUNTED,
        silent_s=SILENT_S,
        **around,
    )


@routes.get("/jobs/<int:job_id>")
@signed_in
def job(job_id: int) -> ResponseReturnValue:
    """One job: its arguments, what it waits for, and every attempt."""
    with doors().transaction() as conn:
        found = job_board.job(conn, job_id) if job_id <= _LARGEST else None
        if found is None:
            raise NotFound("There is no job with this number here; finished ones are dropped after a while.")
        steps = job_board.steps(conn, job_id)
    lines, since = attempt_lines.lines(steps), attempt_lines.waits_since(found, steps)
    return render_template(
        "ops/job.html",
        job=found,
        lines=lines,
        waits_since=since,
        bar=attempt_lines.bar(lines, since, datetime.now(UTC)),
        held_up=held_up(found),
        silent_s=SILENT_S,
    )


def held_up(job: Row) -> list[tuple[str, int | None]]:
    """Why a waiting job does not run, in words, each with the number of another job when one is the reason."""
    if job["status"] != "todo":
        return []
    reasons: list[tuple[str, int | None]] = []
    if job["paused"]:
        reasons.append((f"{job['task_name']} is paused.", None))
    if job["chatwoot_away"] and job["task_name"] in NEED_CHATWOOT:
        reasons.append(("Chatwoot is away; it runs when Chatwoot is back.", None))
    if job["behind"]:
        reasons.append(("It waits for an earlier job of the same lock:", job["behind"]))
    if job["scheduled_at"]:
        reasons.append(("It is not due before the time above.", None))
    return reasons


def _is_overdue(clock: Row, now: datetime) -> bool:
    """Whether a task of the clock should have been deferred again by now; one of a later release is not judged."""
    every_s = BY_THE_CLOCK.get(clock["task_name"])
    return every_s is not None and (now - clock["due_at"]).total_seconds() > every_s + _GRACE_S


def given_filters(given: Mapping[str, Any]) -> dict[str, str]:
    """Those of the filters that say something, as the address bar has them."""
    return {name: str(given[name]) for name in _FILTERS if given.get(name)}


def filters_of(given: Mapping[str, Any]) -> Filters:
    """What the address bar asks for; nonsense asks for nothing."""
    state, task = given.get("state", ""), given.get("task", "")
    conversation, age = str(given.get("conversation", "")).strip(), str(given.get("older", ""))
    return Filters(
        state=state if state in STATES else WAITING,
        task=task if task in TASKS else None,
        queue=str(given.get("queue", "")).replace("\0", "").strip() or None,
        conversation_id=_id(conversation),
        older_than_s=float(age) if age.isdecimal() and int(age) in _AGES else None,
    )


def _id(written: str) -> int | None:
    """An id of Chatwoot's; None for anything longer, which Python would not even read beyond some thousand digits."""
    fits = written.isdecimal() and len(written) <= len(str(_LARGEST)) and int(written) <= _LARGEST
    return int(written) if fits else None
