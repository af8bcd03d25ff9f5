"""`forward-message`: a message of a conversation outside the rollout goes to the legacy path."""

from __future__ import annotations

from procrastinate import JobContext

from nextnest.errors import ConfigurationError, NextNestError, OutcomeUnknown
from nextnest.legacy import Legacy
from nextnest.store import conversations, legacy
from nextnest.store.jobs import Ownership, complete_job
from nextnest.tasks.application import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk

# What becomes of the message, by how the job ended.
_SETTLED_AS = {
    "forwarded": "forwarded",
    "forwarded, answer lost": "forwarded",
    "left to a person": "left_to_person",
}


@app.task(name="forward-message", pass_context=True, retry=RETRIES)
async def forward_message(context: JobContext, *, conversation_id: int, message_id: int) -> None:
    """Forward once, settle the message, count and complete in one commit."""
    desk, owner = Desk.of(context), Ownership.of(context)
    outcome = await forward(desk, conversation_id, message_id)
    async with desk.transaction(owner) as conn:
        await conversations.lock(conn, conversation_id)
        settled = 0
        if state := _SETTLED_AS.get(outcome):
            settled = await legacy.settle_forwarded(
                conn, conversation_id, message_id, state=state, job_id=owner.job_id
            )
        await conversations.move_counters(conn, conversation_id, settled)
        await complete_job(conn, owner, conversation_id=conversation_id, outcome=outcome)


async def forward(desk: Desk, conversation_id: int, message_id: int) -> str:
    """Hand the message over, once; the outcome's name.

    n8n cannot be asked what it has. When its answer is lost, or a worker died while it asked, n8n may have the message: it
    is not sent again, and the outcome says so.
    """
    door = _door(desk)
    async with desk.pool.connection() as conn:
        content = await legacy.begin_forwarding(conn, conversation_id, message_id)
    if content is None:
        return await _why_not(desk, conversation_id, message_id)
    try:
        await door.forward(conversation_id, message_id, content)
    except OutcomeUnknown:
        return "forwarded, answer lost"
    except NextNestError:
        async with desk.pool.connection() as conn:
            await legacy.not_forwarded(conn, conversation_id, message_id)
        raise
    return "forwarded"


def _door(desk: Desk) -> Legacy:
    url = desk.settings.n8n_ai_broker_webhook_url
    if url is None:
        raise ConfigurationError("N8N_AI_BROKER_WEBHOOK_URL is gone, but a message is to be forwarded.")
    return Legacy(url)


async def _why_not(desk: Desk, conversation_id: int, message_id: int) -> str:
    async with desk.pool.connection() as conn:
        row = await legacy.forwarding(conn, conversation_id, message_id)
    if row["state"] != "unanswered":
        return "nothing to do"
    return "forwarded, answer lost" if row["started_at"] else "left to a person"
