"""`deliver-effects`: what is planned for a conversation and has no other job to carry it out."""

from __future__ import annotations

from procrastinate import JobContext

from nextnest.store import conversations
from nextnest.store.jobs import Ownership, complete_job
from nextnest.tasks.application import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk


@app.task(name="deliver-effects", pass_context=True, retry=RETRIES)
async def deliver_effects(context: JobContext, *, conversation_id: int) -> None:
    """Settle replies nobody will send any more, deliver the rest in order, count and complete."""
    desk, owner = Desk.of(context), Ownership.of(context)
    await desk.delivery.settle_replies(conversation_id, None)
    await desk.delivery.deliver_all(conversation_id, owner)
    async with desk.transaction(owner) as conn:
        await conversations.move_counters(conn, conversation_id, 0)
        await complete_job(conn, owner, conversation_id=conversation_id, outcome="delivered")
