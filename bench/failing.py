"""Our app with one task more: its first attempt fails, its second has nothing to do."""

from __future__ import annotations

from procrastinate import JobContext

from nextnest.errors import Retryable
from nextnest.store.jobs import Ownership, complete_job
from nextnest.tasks import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk

__all__ = ["app"]


@app.task(name="fail-once", pass_context=True, retry=RETRIES)
async def fail_once(context: JobContext) -> None:
    """Goes back as a job does whose request was refused for now."""
    if context.job.attempts == 0:
        raise Retryable("the bench wants another attempt")
    owner = Ownership.of(context)
    async with Desk.of(context).transaction(owner) as conn:
        await complete_job(conn, owner, conversation_id=None, outcome="counted")
