"""`forward-message`: a message of a conversation outside the rollout goes to the legacy path."""

from __future__ import annotations

from procrastinate import JobContext

from nextnest.errors import ConfigurationError, OutcomeUnknown
from nextnest.legacy import Legacy
from nextnest.store import incoming
from nextnest.store.jobs import Ownership, complete_job
from nextnest.tasks.application import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk


@app.task(name="forward-message", pass_context=True, retry=RETRIES)
async def forward_message(context: JobContext, *, conversation_id: int, message_id: int) -> None:
    """Forward once. When n8n's answer is lost it may have the message: it is not sent again, and the outcome says so."""
    desk, owner = Desk.of(context), Ownership.of(context)
    url = desk.settings.n8n_ai_broker_webhook_url
    if url is None:
        raise ConfigurationError("N8N_AI_BROKER_WEBHOOK_URL is gone, but a message is to be forwarded.")
    async with desk.pool.connection() as conn:
        content = await incoming.content_of(conn, conversation_id, message_id)
    try:
        await Legacy(url).forward(conversation_id, message_id, content)
        outcome = "forwarded"
    except OutcomeUnknown:
        outcome = "forwarded, answer lost"
    async with desk.transaction() as conn:
        await complete_job(conn, owner, conversation_id=conversation_id, outcome=outcome)
