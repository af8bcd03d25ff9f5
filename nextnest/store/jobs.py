"""Ending a job: in our own transaction, and only for the attempt that owns it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from procrastinate import JobContext, jobs
from psycopg import AsyncConnection

from nextnest.errors import LostOwnership
from nextnest.store.statements import Row, Statements

SQL = Statements("jobs")

# The attempt this task has completed in a transaction of its own. A task that returns afterwards has committed it.
_ended: ContextVar[dict[str, Any] | None] = ContextVar("ended", default=None)


@dataclass(frozen=True)
class Ownership:
    """Who may end a job: this attempt, on this worker. `started_at` is in seconds since the epoch."""

    job_id: int
    attempt: int
    worker_id: int
    task_name: str
    started_at: float

    @classmethod
    def of(cls, context: JobContext) -> Ownership:
        job = context.job
        assert job.id is not None
        assert job.worker_id is not None
        return cls(job.id, job.attempts, job.worker_id, job.task_name, context.start_timestamp)

    def fence(self) -> dict[str, int | None]:
        return {"job_id": self.job_id, "attempt": self.attempt, "worker_id": self.worker_id}


async def hold_job(conn: AsyncConnection[Any], owner: Ownership) -> None:
    """Keep the job ours until the transaction ends; LostOwnership when a newer attempt owns it."""
    if await SQL.hold_job.aone(conn, **owner.fence()) is None:
        raise LostOwnership(f"job {owner.job_id}, attempt {owner.attempt}")


async def postpone_job(conn: AsyncConnection[Any], owner: Ownership, until: datetime | None) -> bool:
    """Put the job back, due at `until` or now, without counting the attempt; False when it is not ours any more."""
    return await SQL.postpone_job.arun(conn, **owner.fence(), until=until) == 1


async def complete_job(
    conn: AsyncConnection[Any],
    owner: Ownership,
    *,
    conversation_id: int | None,
    outcome: str,
    detail: str | None = None,
    deliberate_wait_s: float = 0,
) -> None:
    """Close the job and write its outcome in the caller's transaction.

    LostOwnership when a newer attempt owns the job: the caller's whole transaction must roll back, and does, because
    the error leaves it.
    """
    row = await SQL.complete_job.aone(
        conn, **_outcome(owner, conversation_id, outcome, detail, deliberate_wait_s)
    )
    if not row or row["completed"] != 1:
        raise LostOwnership(f"job {owner.job_id}, attempt {owner.attempt}")
    _ended.set(owner.fence())


def has_ended_itself(fence: dict[str, Any]) -> bool:
    """Whether the task that has just returned completed this attempt in its own commit."""
    return _ended.get() == fence


async def fail_job(
    conn: AsyncConnection[Any], owner: Ownership, *, conversation_id: int | None, detail: str
) -> None:
    """Close the job as failed and say why, in the caller's transaction. LostOwnership as in complete_job."""
    if not await finish_job(conn, owner.fence(), jobs.Status.FAILED, delete_job=False):
        raise LostOwnership(f"job {owner.job_id}, attempt {owner.attempt}")
    await SQL.record_outcome.arun(conn, **_outcome(owner, conversation_id, "failed", detail, 0))


async def finish_job(
    conn: AsyncConnection[Any], fence: dict[str, Any], status: jobs.Status, *, delete_job: bool
) -> bool:
    """End a job in any final state; False when this attempt no longer owns it and nothing was done."""
    row = await SQL.finish_job.aone(conn, **fence, status=status.value, delete_job=delete_job)
    return bool(row and row["ended"])


async def retry_job(
    conn: AsyncConnection[Any],
    fence: dict[str, Any],
    *,
    retry_at: datetime | None,
    priority: int | None,
    queue: str | None,
    lock: str | None,
) -> bool:
    """Put a job back for another attempt; False when this attempt no longer owns it and nothing was done."""
    touched = await SQL.retry_job.arun(
        conn, **fence, retry_at=retry_at, priority=priority, queue=queue, lock=lock
    )
    return touched == 1


async def stalled_jobs(conn: AsyncConnection[Any], silent_s: float) -> list[Row]:
    """Jobs of workers not heard of for `silent_s` seconds: id, attempts, worker_id, task_name, args, queueing_lock."""
    return await SQL.stalled_jobs.aall(conn, silent_s=silent_s)


async def rescue_job(conn: AsyncConnection[Any], job: Row, delay_s: float) -> bool:
    """Give a dead worker's job another attempt after `delay_s` seconds; False when somebody else was faster."""
    return await SQL.rescue_job.arun(conn, **_dead_fence(job), delay_s=delay_s) == 1


async def bury_job(conn: AsyncConnection[Any], job: Row) -> bool:
    """Fail a dead worker's job; False when somebody else was faster."""
    return await SQL.bury_job.arun(conn, **_dead_fence(job)) == 1


async def forget_upkeep(conn: AsyncConnection[Any], tasks: list[str], older_than_s: float) -> int:
    """Drop finished jobs of these tasks; how many they were, a thousand at most."""
    return await SQL.forget_upkeep.arun(conn, tasks=tasks, older_than_s=older_than_s)


def _dead_fence(job: Row) -> dict[str, Any]:
    return {"job_id": job["id"], "attempt": job["attempts"], "worker_id": job["worker_id"]}


def _outcome(
    owner: Ownership, conversation_id: int | None, outcome: str, detail: str | None, deliberate_wait_s: float
) -> dict[str, Any]:
    return owner.fence() | {
        "task_name": owner.task_name,
        "conversation_id": conversation_id,
        "outcome": outcome,
        "detail": detail,
        "started_at": owner.started_at,
        "deliberate_wait_s": deliberate_wait_s,
    }
