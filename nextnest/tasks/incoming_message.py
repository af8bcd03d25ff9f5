"""`incoming-message`: everything the customer has written and nobody has answered gets one answer, or a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from procrastinate import JobContext
from psycopg import AsyncConnection

from nextnest import delivery, engagement
from nextnest.delivery import Sent
from nextnest.engagement import Engagement
from nextnest.handover import plan_handover
from nextnest.models import PersonalityType
from nextnest.rules.handoff import HandoffReason
from nextnest.rules.loops import LOOK_BACK, WORTH_A_LOOK, too_many_turns
from nextnest.rules.urgency import analyze_message_urgency
from nextnest.store import conversations, incoming, spend
from nextnest.store.incoming import OpenTurn
from nextnest.store.jobs import Ownership, complete_job
from nextnest.tasks.answering import Answering
from nextnest.tasks.application import app
from nextnest.tasks.attempts import RETRIES
from nextnest.tasks.desk import Desk
from nextnest.telemetry import watching

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a turn ended. `seen` is the newest message it took in, at `read_at`; `settle_as` what becomes of messages without
    a reply; `sent` the reply that is to be marked."""

    name: str
    seen: int | None = None
    settle_as: str | None = None
    reason: str | None = None
    deliberate_wait_s: float = 0
    read_at: datetime | None = None
    sent: Sent | None = None


@app.task(name="incoming-message", pass_context=True, retry=RETRIES)
async def incoming_message(context: JobContext, *, conversation_id: int, message_id: int) -> None:  # noqa: ARG001
    """Finish what an earlier attempt began, answer or hand over, count and complete in one commit."""
    desk, owner = Desk.of(context), Ownership.of(context)
    replies_left = await desk.delivery.deliver_all(conversation_id, owner)
    outcome = await respond(desk, owner, conversation_id, replies_left=replies_left)
    async with desk.transaction(owner) as conn:
        await update_broker_metrics(conn, owner, conversation_id, outcome)
        await complete_job(
            conn,
            owner,
            conversation_id=conversation_id,
            outcome=outcome.name,
            detail=outcome.reason,
            deliberate_wait_s=outcome.deliberate_wait_s,
        )
    watching.turn_ended(outcome.name, outcome.deliberate_wait_s)
    if outcome.settle_as == "handed_over" and outcome.reason:
        watching.handed_over(outcome.reason)
    log.info("turn ended", outcome=outcome.name, reason=outcome.reason)


async def respond(desk: Desk, owner: Ownership, conversation_id: int, *, replies_left: bool) -> Outcome:
    """Answer until nothing newer came in while we did, or find that there is nothing for us to answer."""
    answering = Answering(desk, owner, conversation_id)
    if replies_left:
        await answering.recover()
    while True:
        turn = await read_turn(desk, conversation_id)
        if ended := await without_us(desk, owner, turn):
            return ended
        assert turn is not None
        if turn.broker is None or turn.status != "active":
            engaged = await take_back(desk, owner, turn)
            if engaged.place:
                return Outcome("waiting for a broker")
            if turn.status == "resolved" and not engaged.broker:
                return Outcome(
                    "closed before it was answered", turn.newest, "left_to_person", read_at=turn.read_at
                )
        elif await answering.answer(turn):
            return Outcome(
                "answered",
                turn.newest,
                deliberate_wait_s=answering.deliberate_wait_s,
                sent=answering.sent,
            )
        elif answering.rejected:
            return await hand_over(desk, owner, turn, HandoffReason.REPLY_REJECTED)


async def read_turn(desk: Desk, conversation_id: int) -> OpenTurn | None:
    """Conversation, broker and unanswered messages in one read."""
    async with desk.pool.connection() as conn:
        return await incoming.read_turn(conn, conversation_id)


async def without_us(desk: Desk, owner: Ownership, turn: OpenTurn | None) -> Outcome | None:
    """Why this turn gets no answer of the model, if so."""
    if turn is None or not turn.messages or not turn.uses_queue:
        return Outcome("nothing to do")
    if turn.held_by == "person":
        return Outcome("left to a person", turn.newest, "left_to_person", read_at=turn.read_at)
    personality = turn.broker.personality_type if turn.broker else PersonalityType.BALANCED
    urgency = analyze_message_urgency("\n".join(turn.new_texts), personality)
    if await goes_round(desk, turn):
        return await hand_over(desk, owner, turn, HandoffReason.TOO_MANY_TURNS)
    if urgency.escalate:
        return await hand_over(
            desk, owner, turn, HandoffReason(urgency.reason or HandoffReason.ASKED_FOR_PERSON)
        )
    return None


async def goes_round(desk: Desk, turn: OpenTurn) -> bool:
    """Whether we seem to talk to another program."""
    if turn.broker_messages < WORTH_A_LOOK:
        return False
    async with desk.pool.connection() as conn:
        sent = await spend.recent_replies(conn, turn.conversation_id, LOOK_BACK.total_seconds())
    return too_many_turns(sent, datetime.now(UTC))


async def take_back(desk: Desk, owner: Ownership, turn: OpenTurn) -> Engagement:
    """A conversation without a place, such as a closed one in which the customer writes again, gets one or waits in line.

    Neither when a person took it in this very moment, or closed it after the customer's last words.
    """
    async with desk.transaction(owner) as conn:
        engaged = await engagement.take_back(conn, turn.conversation_id)
    await desk.delivery.deliver_all(turn.conversation_id, owner)
    return engaged


async def hand_over(desk: Desk, owner: Ownership, turn: OpenTurn, reason: HandoffReason) -> Outcome:
    """Tell the colleague what it is about, tell the customer that one is coming, and open the conversation."""
    async with desk.transaction(owner) as conn:
        await plan_handover(conn, turn, reason, desk.handover_rules, datetime.now(UTC))
    await desk.delivery.deliver_all(turn.conversation_id, owner)
    return Outcome("handed over", turn.newest, "handed_over", reason, read_at=turn.read_at)


async def update_broker_metrics(
    conn: AsyncConnection[Any], owner: Ownership, conversation_id: int, outcome: Outcome
) -> None:
    """Release the place of a conversation that was handed over, mark the reply, settle the messages, move the counters.

    Locks are taken as everywhere: job, capacity, conversation, messages.
    """
    if outcome.settle_as == "handed_over" and outcome.reason:
        await engagement.hand_off(conn, conversation_id, outcome.reason)
    await conversations.lock(conn, conversation_id)
    if outcome.sent:
        await delivery.mark(conn, outcome.sent)
    settled = await incoming.settle_answered(
        conn, conversation_id, job_id=owner.job_id, deliberate_wait_s=outcome.deliberate_wait_s
    )
    if outcome.settle_as and outcome.seen is not None:
        settled += await incoming.settle_rest(
            conn,
            conversation_id,
            newest=outcome.seen,
            state=outcome.settle_as,
            job_id=owner.job_id,
            read_at=outcome.read_at,
        )
    await conversations.move_counters(conn, conversation_id, settled)
