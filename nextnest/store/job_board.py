"""What the console shows of jobs, and what an operator does with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from nextnest.store.statements import Row, Statements

SQL = Statements("job_board")

# A page of a list.
AT_ONCE = 50
# Counting stops here: from then on it is "more than".
COUNTED = 10_000
# As far back as a list of what went well looks: no index keeps it, and nobody pages through more.
LOOKED_AT = 50_000
_STEPS = 500
_WORKERS = 50

WAITING, SCHEDULED, RUNNING = "waiting", "scheduled", "running"
# What people call a state, and what Procrastinate does.
LIVE = {WAITING: "todo", SCHEDULED: "todo", RUNNING: "doing"}
ENDED = {
    "failed": "failed",
    "succeeded": "succeeded",
    "called off": "cancelled",
    "aborted": "aborted",
}
STATES = (*LIVE, *ENDED)


@dataclass(frozen=True)
class Filters:
    """Which jobs are wanted: one of STATES, and whatever else narrows them."""

    state: str = WAITING
    task: str | None = None
    queue: str | None = None
    conversation_id: int | None = None
    older_than_s: float | None = None


def jobs(conn: Connection[Any], wanted: Filters, before: int | None, most: int = AT_ONCE) -> list[Row]:
    """At most so many jobs behind the one with the id `before`: live ones oldest first, ended ones newest first."""
    given = {
        "task": wanted.task,
        "queue": wanted.queue,
        "conversation_id": None if wanted.conversation_id is None else str(wanted.conversation_id),
        "older_than_s": wanted.older_than_s,
        "before": before,
        "most": most,
    }
    if wanted.state in LIVE:
        later = wanted.state == SCHEDULED
        return SQL.live_jobs.all(conn, status=LIVE[wanted.state], later=later, **given)
    return SQL.ended_jobs.all(conn, status=ENDED[wanted.state], looked_at=LOOKED_AT, **given)


def counts(conn: Connection[Any]) -> Row:
    """How many wait, are scheduled, run and have failed; none above COUNTED, but waiting, which adds two up."""
    row = SQL.counts.one(conn, most=COUNTED)
    assert row
    return row


def job(conn: Connection[Any], job_id: int) -> Row | None:
    """One job, with its worker's heartbeat and the job it waits behind."""
    return SQL.job.one(conn, job_id=job_id)


def steps(conn: Connection[Any], job_id: int) -> list[Row]:
    """What happened to it, oldest first: at, what, detail."""
    return SQL.steps.all(conn, job_id=job_id, most=_STEPS)


def about(conn: Connection[Any], job_ids: list[int]) -> dict[int, Row]:
    """Of those that exist, by id: status, conversation_id."""
    return {row["id"]: row for row in SQL.about.all(conn, job_ids=job_ids)}


def blocking(conn: Connection[Any]) -> list[Row]:
    """Locks with jobs that wait behind another: lock, behind (how many), since, holder, running (whether that one does)."""
    return SQL.blocking.all(conn, looked_at=COUNTED, most=AT_ONCE)


def workers(conn: Connection[Any]) -> list[Row]:
    """The newest workers: id, last_heartbeat, silent_s, running (how many jobs), since (when the first of them began)."""
    return SQL.workers.all(conn, most=_WORKERS)


def paused(conn: Connection[Any]) -> list[Row]:
    """Paused tasks: task_name, paused_at, operator."""
    return SQL.paused.all(conn)


def by_the_clock(conn: Connection[Any]) -> list[Row]:
    """What runs by the clock: task_name, due_at (the last time), job_id and status of that job, None where it is gone."""
    return SQL.by_the_clock.all(conn)


def pause(conn: Connection[Any], task: str, operator: str) -> bool:
    """Leave the task's jobs in the queue from now on; False when it was paused already."""
    return SQL.pause.one(conn, task=task, operator=operator) is not None


def resume(conn: Connection[Any], task: str) -> bool:
    """Let the task's jobs run again, at once; False when it was not paused."""
    return SQL.resume.one(conn, task=task) is not None


def try_again(conn: Connection[Any], job_id: int) -> bool:
    """Let an ended job wait once more; False when it is in no such state, or its twin waits already."""
    return SQL.try_again.one(conn, job_id=job_id) is not None


def put_aside(conn: Connection[Any], job_id: int) -> bool:
    """A failed job counts as seen to; False when it is not failed."""
    return SQL.put_aside.one(conn, job_id=job_id) is not None


def call_off(conn: Connection[Any], job_id: int, kept: list[str]) -> bool:
    """Call a waiting job off; False when it does not wait, or is of a task in `kept`."""
    return SQL.call_off.one(conn, job_id=job_id, kept=kept) is not None


def stop(conn: Connection[Any], job_id: int) -> bool:
    """Ask the worker to stop a running job; False when it does not run, or was asked already."""
    return SQL.stop.one(conn, job_id=job_id) is not None


def run_now(conn: Connection[Any], job_id: int) -> bool:
    """What is due later is due now; False when it is not due later."""
    return SQL.run_now.one(conn, job_id=job_id) is not None
