"""`open-conversation`: the lead whose conversation the form could not open in time."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext

from nextnest.engagement_manager import EngagementManager
from nextnest.opening import open_lead
from nextnest.store.jobs import Ownership, complete_job
from nextnest.tasks.application import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk


@app.task(name="open-conversation", pass_context=True, retry=RETRIES)
async def open_conversation(context: JobContext, *, lead_id: str) -> None:
    """Open it, and outside the rollout greet it, too.

    When Chatwoot stays away, upkeep defers this again until it is back: a lead is never given up.
    """
    desk, owner = Desk.of(context), Ownership.of(context)
    opened = await open_lead(desk.pool, desk.chatwoot, UUID(lead_id), desk.opening_rules)
    if opened.to_engage:
        await EngagementManager(desk.pool, desk.delivery).engage(opened.conversation_id)
    async with desk.transaction(owner) as conn:
        await complete_job(
            conn,
            owner,
            conversation_id=opened.conversation_id,
            outcome="reused" if opened.reused else "opened",
        )
