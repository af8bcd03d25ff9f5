"""`new-conversation`: a broker is assigned, arrives and greets; or the lead is told its place in line."""

from __future__ import annotations

from typing import Any

from procrastinate import JobContext
from psycopg import AsyncConnection

from nextnest import deferring, engagement
from nextnest.store import conversations, incoming
from nextnest.store.incoming import OpenTurn
from nextnest.store.jobs import Ownership, complete_job
from nextnest.tasks.application import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk


@app.task(name="new-conversation", pass_context=True, retry=RETRIES)
async def new_conversation(context: JobContext, *, conversation_id: int) -> None:
    """Assign (commit 3), announce and greet (small commits), count and complete (last commit)."""
    desk, owner = Desk.of(context), Ownership.of(context)
    async with desk.transaction(owner) as conn:
        await engagement.engage(conn, conversation_id)
    await announce_broker_join(desk, owner, conversation_id)
    async with desk.transaction(owner) as conn:
        turn = await update_broker_metrics(conn, conversation_id)
        await answer_what_waited(conn, turn)
        await complete_job(conn, owner, conversation_id=conversation_id, outcome=outcome_of(turn))


async def announce_broker_join(desk: Desk, owner: Ownership, conversation_id: int) -> None:
    """Attributes, half a second, "joined", two seconds, greeting: each one once, however often this runs."""
    await desk.delivery.deliver_all(conversation_id, owner)


async def update_broker_metrics(conn: AsyncConnection[Any], conversation_id: int) -> OpenTurn | None:
    """Count what was sent; the conversation as it stands then."""
    await conversations.move_counters(conn, conversation_id, 0)
    return await incoming.read_turn(conn, conversation_id)


async def answer_what_waited(conn: AsyncConnection[Any], turn: OpenTurn | None) -> None:
    """What the customer wrote in line is answered next, or left to who took or closed it; outside the rollout n8n has it."""
    if turn and turn.uses_queue and turn.messages and turn.status != "waiting":
        await deferring.incoming_message(turn.conversation_id, turn.newest).defer(conn)


def outcome_of(turn: OpenTurn | None) -> str:
    """The outcome's name."""
    return {"active": "greeted", "waiting": "put in line"}.get(turn.status if turn else "", "nothing to do")
