"""What an operator does with jobs and tasks. One or many: each job is judged by itself, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection
from werkzeug.exceptions import BadRequest, NotFound

from nextnest.intervention import Refused
from nextnest.rules.alarms import CUSTOMERS_WORK
from nextnest.store import job_board
from nextnest.store.statements import Row
from web.doors import doors
from web.ops.access import acting, operator, operators_only
from web.ops.jobs import MOST, NEVER_PAUSED, TASKS, filters_of, given_filters, routes

Act = Callable[[Connection[Any], int], bool]

# Name in the log, what is done, what is said of those it was done to, and of those it was not.
_ACTS: dict[str, tuple[str, Act, str, str]] = {
    "retry": (
        "retry-job",
        job_board.try_again,
        "in the queue for another attempt",
        "not failed, called off or aborted any more, or another one with that id waits already",
    ),
    "put-aside": ("put-job-aside", job_board.put_aside, "put aside", "not failed any more"),
    "call-off": (
        "call-off-job",
        lambda conn, job_id: job_board.call_off(conn, job_id, sorted(CUSTOMERS_WORK)),
        "called off",
        "not waiting any more, or a customer's: upkeep would defer it again. Take the conversation over instead",
    ),
    "stop": (
        "stop-job",
        job_board.stop,
        "being stopped; what is left undone is deferred again",
        "not running any more, or being stopped already",
    ),
    "run-now": ("run-job-now", job_board.run_now, "due now", "not due later any more"),
}


@routes.post("/jobs/<act>")
@operators_only
def act_on_jobs(act: str) -> ResponseReturnValue:
    """Do it to every job that was ticked, or to all that fit the filters, and say what became of each."""
    if act not in _ACTS:
        raise NotFound("There is no such action.")
    name, do, done_words, left_words = _ACTS[act]
    with doors().transaction() as conn:
        job_ids = _fitting(conn) if request.form.get("all") else _ticked()
        about = job_board.about(conn, job_ids)
    done: list[int] = []
    left: list[int] = []
    for job_id in job_ids:
        (done if _did(name, do, job_id, about.get(job_id)) else left).append(job_id)
    _say(done, done_words, "good")
    _say(left, left_words, "bad")
    return _back(job_ids)


@routes.post("/tasks/<task>/pause")
@operators_only
def pause(task: str) -> ResponseReturnValue:
    """Its jobs stay in the queue until it is resumed; what runs goes on to its end."""
    _known(task)
    if task in NEVER_PAUSED:
        flash(f"{task} is not paused: it mends what others leave behind.", "bad")
        return redirect(url_for("ops_jobs.page"), 303)
    with acting("pause-task", task) as conn:
        changed = job_board.pause(conn, task, operator())
    flash(f"{task} is paused." if changed else f"{task} was paused already.", "good")
    return redirect(url_for("ops_jobs.page"), 303)


@routes.post("/tasks/<task>/resume")
@operators_only
def resume(task: str) -> ResponseReturnValue:
    """Its jobs run again, at once."""
    _known(task)
    with acting("resume-task", task) as conn:
        changed = job_board.resume(conn, task)
    flash(f"{task} runs again." if changed else f"{task} was not paused.", "good")
    return redirect(url_for("ops_jobs.page"), 303)


def _did(name: str, do: Act, job_id: int, about: Row | None) -> bool:
    """Whether it was done; what was not done is not written down either."""
    if about is None:
        return False
    try:
        with acting(
            name, f"job {job_id}", conversation_id=about["conversation_id"], was=about["status"]
        ) as conn:
            if not do(conn, job_id):
                raise Refused
    except Refused:
        return False
    return True


def _ticked() -> list[int]:
    given = request.form.getlist("job")
    if not given:
        raise BadRequest("No job was chosen. Tick at least one.")
    if len(given) > MOST or not all(one.isdecimal() and len(one) < 19 for one in given):
        raise BadRequest(f"job should be the numbers of at most {MOST} jobs.")
    return sorted({int(one) for one in given})


def _fitting(conn: Connection[Any]) -> list[int]:
    """The first MOST jobs of the list that was shown, in its order; the next press takes the next."""
    found = [int(row["id"]) for row in job_board.jobs(conn, filters_of(request.form), None, MOST)]
    if not found:
        raise BadRequest("No job fits any more.")
    return found


def _known(task: str) -> None:
    if task not in TASKS:
        raise NotFound("There is no such task.")


def _say(job_ids: list[int], words: str, kind: str) -> None:
    if job_ids:
        names = ", ".join(map(str, job_ids[:10])) + (
            f" and {len(job_ids) - 10} more" if len(job_ids) > 10 else ""
        )
        flash(f"Job{'s' if len(job_ids) > 1 else ''} {names}: {words}.", kind)


def _back(job_ids: list[int]) -> ResponseReturnValue:
    """To the job, or to the list it was ticked in, as it was filtered."""
    if len(job_ids) == 1 and request.form.get("from") == "job":
        return redirect(url_for("ops_jobs.job", job_id=job_ids[0]), 303)
    kept: dict[str, Any] = given_filters(request.form)
    return redirect(url_for("ops_jobs.page", **kept), 303)
