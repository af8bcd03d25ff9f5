"""Our app with one task more: it takes a place with a broker and ends its job, in one commit."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from nextnest.store import brokers
from nextnest.store.jobs import Ownership, complete_job
from nextnest.tasks import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk

__all__ = ["app"]


@app.task(name="take-place", pass_context=True, retry=RETRIES)
async def take_place(context: JobContext, *, conversation_id: int, broker_id: str) -> None:
    """One of a pipeline's commits, without what a pipeline does outside."""
    desk, owner = Desk.of(context), Ownership.of(context)
    async with desk.transaction(owner) as conn:
        await brokers.reserve_slot(conn, UUID(broker_id), conversation_id)
        await complete_job(conn, owner, conversation_id=None, outcome="counted")
