"""Attempts that did not end their job: failed, handed back, stopped, or left behind by a dead worker."""

from __future__ import annotations

import traceback
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from psycopg import AsyncConnection

from nextnest.store.jobs import Ownership
from nextnest.store.statements import Row, Statements

SQL = Statements("attempts")

Reason = Literal["failed", "handed back", "stopped", "worker died", "buried"]
# Of a deep stack only the end says where it went wrong.
_MOST_FRAMES = 20


async def note_lost(
    conn: AsyncConnection[Any],
    owner: Ownership,
    conversation_id: int | None,
    reason: Reason,
    *,
    error: str | None = None,
    frames: list[str] | None = None,
) -> None:
    """Keep what became of this attempt, in the caller's transaction."""
    await SQL.note_lost.arun(
        conn,
        **owner.fence(),
        task_name=owner.task_name,
        conversation_id=conversation_id,
        reason=reason,
        error=error,
        frames=frames or [],
        started_at=owner.started_at,
    )


async def note_dead(conn: AsyncConnection[Any], job: Row, reason: Reason) -> None:
    """The same for a job of stalled_jobs: its worker died, and when it began nobody knows."""
    await SQL.note_lost.arun(
        conn,
        job_id=job["id"],
        attempt=job["attempts"],
        worker_id=job["worker_id"],
        task_name=job["task_name"],
        conversation_id=job["args"].get("conversation_id"),
        reason=reason,
        error="its worker was not heard of any more",
        frames=[],
        started_at=None,
    )


async def forget_lost(conn: AsyncConnection[Any], before: datetime, most: int) -> int:
    """Drop what is older; how many rows, `most` at the most."""
    return await SQL.forget_lost.arun(conn, before=before, most=most)


def frames_of(error: BaseException) -> list[str]:
    """Where an error came from, outermost first: places in the code, never values."""
    parts: list[str] = []
    at: BaseException | None = error
    while at is not None:
        below = [_place(frame) for frame in traceback.extract_tb(at.__traceback__)]
        parts = [*below[-_MOST_FRAMES:], f"{type(at).__name__}", *parts]
        at = at.__cause__
    return parts[: 2 * _MOST_FRAMES]


def _place(frame: traceback.FrameSummary) -> str:
    """Such as `tasks/answering.py:88 draft`; the folders above say nothing."""
    return f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
