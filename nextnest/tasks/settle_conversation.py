"""`settle-conversation`: assignment and capacity follow what people did in Chatwoot."""

from __future__ import annotations

from typing import Any

from procrastinate import JobContext
from psycopg import AsyncConnection

from nextnest import deferring, engagement
from nextnest.rules.handoff import HandoffReason
from nextnest.store import brokers, conversations, incoming
from nextnest.store.jobs import Ownership, complete_job
from nextnest.store.statements import Row
from nextnest.tasks.application import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk


@app.task(name="settle-conversation", pass_context=True, retry=RETRIES)
async def settle_conversation(context: JobContext, *, conversation_id: int) -> None:
    """Release, hand off or take back, and complete, in one commit. Nothing outside is touched."""
    desk, owner = Desk.of(context), Ownership.of(context)
    async with desk.transaction(owner) as conn:
        outcome = await settle(conn, conversation_id)
        await complete_job(conn, owner, conversation_id=conversation_id, outcome=outcome)


async def settle(conn: AsyncConnection[Any], conversation_id: int) -> str:
    """Compare what Chatwoot says with what we hold; the name of what was done.

    The capacity lock comes before the conversation's row, as everywhere: the other way round two could wait for each other.
    """
    await brokers.lock_capacity(conn)
    row = await conversations.for_update(conn, conversation_id)
    if row is None:
        return "unknown conversation"
    open_with_us = row["status"] in {"new", "waiting", "active"}
    if row["chatwoot_status"] == "resolved" and row["status"] != "resolved":
        await engagement.resolve(conn, conversation_id)
        await settle_what_was_asked_in_line(conn, row)
        return "resolved"
    if row["held_by"] == "person" and open_with_us:
        await engagement.hand_off(conn, conversation_id, HandoffReason.PERSON_TOOK_OVER)
        await settle_what_was_asked_in_line(conn, row)
        return "handed off"
    if row["held_by"] == "ai" and _was_given_back(row):
        await engagement.take_back(conn, conversation_id)
        await deferring.new_conversation(conversation_id).defer(conn)
        return "taken back"
    return "nothing to do"


async def settle_what_was_asked_in_line(conn: AsyncConnection[Any], row: Row) -> None:
    """The jobs of messages in line ended and left them to the broker to come; now they are somebody else's, or nobody's."""
    if row["status"] != "waiting" or not row["uses_queue"]:
        return
    newest = await incoming.newest_unanswered(conn, row["conversation_id"])
    if newest is not None:
        await deferring.incoming_message(row["conversation_id"], newest).defer(conn)


def _was_given_back(row: Row) -> bool:
    """A person had it and has it no more, or it was closed and set to pending."""
    status, chatwoot_status = str(row["status"]), row["chatwoot_status"]
    if chatwoot_status == "resolved":
        return False
    return status == "handed_off" or (status == "resolved" and chatwoot_status == "pending")
