"""Who takes a conversation, and what happens when a place frees. Takes a connection, never commits.

Every decision about places is made under one lock that lasts until the caller's commit: otherwise a lead could be put in
line in the very moment in which the last place is given back, and wait beside a free broker.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from nextnest import deferring
from nextnest.models import Broker, ConversationStatus, Lead
from nextnest.rules import greeting as wording
from nextnest.rules.matching import rank_brokers
from nextnest.rules.timing import GREETING_DELAY_S, JOINED_DELAY_S
from nextnest.store import brokers, conversations, outbox
from nextnest.store.statements import Row

# A lead without a score (somebody who wrote without a form) is matched like a middling one.
_UNKNOWN_SCORE = 50


@dataclass(frozen=True)
class Engagement:
    """What came of it: `broker` when assigned, `place` in line when nobody was free, neither when nothing was to do."""

    broker: Broker | None = None
    place: int | None = None


async def engage(conn: AsyncConnection[Any], conversation_id: int) -> Engagement:
    """Assign the conversation and plan the broker's arrival, or put it in line. Repeating changes nothing.

    Whoever waits already is served first: a place that an operator opened a moment ago is not the newcomer's.
    """
    await serve_waiting(conn)
    return await _assign_or_put_in_line(conn, conversation_id)


async def _assign_or_put_in_line(conn: AsyncConnection[Any], conversation_id: int) -> Engagement:
    conversation = await conversations.for_update(conn, conversation_id)
    if conversation is None or not _wants_a_broker(conversation):
        return Engagement()
    broker = await assign_best_broker(conn, conversation)
    if broker is None:
        return await _put_in_line(conn, conversation_id)
    await plan_broker_join(conn, conversation, broker)
    return Engagement(broker=broker)


async def assign_best_broker(conn: AsyncConnection[Any], conversation: Row) -> Broker | None:
    """Reserve a place with the best broker who has one and record the assignment; None when nobody is free."""
    conversation_id = conversation["conversation_id"]
    lead, score = _lead_of(conversation), conversation["lead_score"]
    score = _UNKNOWN_SCORE if score is None else score
    ranked = rank_brokers(lead, score, await brokers.all_brokers(conn))
    ranked.sort(
        key=lambda broker: broker.id != conversation["broker_id"]
    )  # a customer keeps the broker she knows
    for broker in ranked:
        if await brokers.reserve_slot(conn, broker.id, conversation_id):
            await conversations.record_assignment(
                conn,
                conversation_id,
                broker.id,
                method="auto",
                reason=f"score {score}, {broker.personality_type}, load {broker.current_workload}"
                f"/{broker.max_concurrent_chats}",
            )
            return broker
    return None


async def plan_broker_join(conn: AsyncConnection[Any], conversation: Row, broker: Broker) -> None:
    """Plan what the customer sees of the assignment: attributes, then "joined", then the greeting."""
    conversation_id, lead = conversation["conversation_id"], _lead_of(conversation)
    attributes = {
        "broker_id": str(broker.id),
        "broker_name": broker.name,
        "broker_personality": broker.personality_type,
        "lead_score": conversation["lead_score"],
        "loan_type": conversation["loan_type"],
        "property_type": conversation["property_type"],
        "monthly_income": _whole(conversation["monthly_income"]),
        "timeline": conversation["timeline"],
        "ai_status": "bot_active",
    }
    known = {name: value for name, value in attributes.items() if value is not None}
    await outbox.plan(conn, conversation_id, "attributes", {"attributes": known})
    await outbox.plan(
        conn,
        conversation_id,
        "activity",
        {"content": wording.joined_line(broker)},
        position=1,
        delay_s=JOINED_DELAY_S,
    )
    await outbox.plan(
        conn,
        conversation_id,
        "greeting",
        {"content": wording.greeting(broker, lead)},
        position=2,
        delay_s=GREETING_DELAY_S,
    )


async def take_back(conn: AsyncConnection[Any], conversation_id: int) -> Engagement:
    """Let the AI go on with a conversation that was closed or given back; it needs a place again."""
    await brokers.lock_capacity(conn)
    if await conversations.reopen(conn, conversation_id):
        await plan_return(conn, conversation_id)
    return await engage(conn, conversation_id)


async def plan_return(conn: AsyncConnection[Any], conversation_id: int) -> None:
    """What the AI has is pending in Chatwoot, and colleagues look after what is open. Each return is one of its own."""
    conversation = await conversations.for_update(conn, conversation_id)
    if conversation and conversation["chatwoot_status"] != "pending":
        moment = int(time.time() * 1000)
        await outbox.plan(conn, conversation_id, "return", {"status": "pending"}, turn=moment)


async def hand_off(conn: AsyncConnection[Any], conversation_id: int, reason: str) -> None:
    """Give the conversation to a person and its place to the next in line, in the caller's commit."""
    await brokers.lock_capacity(conn)
    await conversations.record_handoff(conn, conversation_id, reason)
    await release_broker_capacity(conn, conversation_id)


async def resolve(conn: AsyncConnection[Any], conversation_id: int) -> None:
    """Close the conversation and give its place to the next in line, in the caller's commit."""
    await brokers.lock_capacity(conn)
    await conversations.record_resolved(conn, conversation_id)
    await release_broker_capacity(conn, conversation_id)


async def release_broker_capacity(conn: AsyncConnection[Any], conversation_id: int) -> None:
    """Give this conversation's place back, if it holds one, and serve whoever waits. The capacity lock is held."""
    if await brokers.release_slot(conn, conversation_id):
        await serve_waiting(conn)


async def serve_waiting(conn: AsyncConnection[Any]) -> list[int]:
    """Assign waiting leads in order while there are places; each gets its job in the same commit. Who was served."""
    await brokers.lock_capacity(conn)
    served: list[int] = []
    while (conversation_id := await conversations.next_waiting(conn)) is not None:
        if (await _assign_or_put_in_line(conn, conversation_id)).broker is None:
            break
        await deferring.new_conversation(conversation_id).defer(conn)
        served.append(conversation_id)
    return served


async def _put_in_line(conn: AsyncConnection[Any], conversation_id: int) -> Engagement:
    place = await conversations.record_waiting(conn, conversation_id)
    await outbox.plan(conn, conversation_id, "waiting_notice", {"content": wording.waiting_notice(place)})
    return Engagement(place=place)


def _wants_a_broker(conversation: Row) -> bool:
    """Nobody has it yet: neither a broker nor, from the moment of her message on, a person."""
    unassigned = conversation["status"] in {ConversationStatus.NEW, ConversationStatus.WAITING}
    return unassigned and conversation["held_by"] == "ai"


def _lead_of(conversation: Row) -> Lead | None:
    return Lead.model_validate(conversation["lead"]) if conversation["lead"] else None


def _whole(amount: Any) -> int | None:
    return None if amount is None else int(amount)
