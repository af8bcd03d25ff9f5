"""The outbox: every effect in Chatwoot is a row here before it is tried.

planned -> sending -> sent | unknown | withheld. Whoever finds a row `sending` without doing it himself has found a crash:
it is `unknown` until it was looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from nextnest.models import Reply, Verdict
from nextnest.store.jobs import Ownership
from nextnest.store.statements import Row, Statements

SQL = Statements("outbox")


@dataclass(frozen=True)
class Effect:
    """One row of the outbox. `payload` holds `content`, `attributes` or `status`, by kind."""

    id: UUID
    conversation_id: int
    kind: str
    turn: int
    payload: dict[str, Any]
    delay_s: float
    state: str
    sending_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> Effect:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


async def plan(
    conn: AsyncConnection[Any],
    conversation_id: int,
    kind: str,
    payload: dict[str, Any],
    *,
    turn: int = 0,
    position: int = 0,
    delay_s: float = 0,
) -> None:
    """Plan an effect; planning the same kind for the same turn again changes nothing."""
    await SQL.plan.arun(
        conn,
        conversation_id=conversation_id,
        kind=kind,
        turn=turn,
        position=position,
        payload=Jsonb(payload),
        delay_s=delay_s,
    )


async def plan_reply(
    conn: AsyncConnection[Any], conversation_id: int, payload: dict[str, Any], *, turn: int
) -> Effect | None:
    """Plan the reply to a turn; None when the turn has one already."""
    row = await SQL.plan_reply.aone(conn, conversation_id=conversation_id, turn=turn, payload=Jsonb(payload))
    return Effect.of(row) if row else None


def plan_sync(
    conn: Connection[Any], conversation_id: int, kind: str, payload: dict[str, Any], *, turn: int
) -> None:
    """The same on one of web's connections."""
    SQL.plan.run(
        conn,
        conversation_id=conversation_id,
        kind=kind,
        turn=turn,
        position=0,
        payload=Jsonb(payload),
        delay_s=0,
    )


async def plan_handoff(
    conn: AsyncConnection[Any],
    conversation_id: int,
    turn: int,
    *,
    note: str,
    notice: str,
    notice_kind: str = "handoff_notice",
) -> None:
    """Plan the three effects of a hand-over, in order: the colleague's note, the customer's line, the open conversation."""
    await plan(conn, conversation_id, "private_note", {"content": note}, turn=turn)
    await plan(conn, conversation_id, notice_kind, {"content": notice}, turn=turn, position=1)
    await plan(conn, conversation_id, "status", {"status": "open"}, turn=turn, position=2)


async def find(conn: AsyncConnection[Any], conversation_id: int, kind: str, turn: int) -> Effect | None:
    """The effect of a kind for a turn, or None."""
    row = await SQL.planned_effect.aone(conn, conversation_id=conversation_id, kind=kind, turn=turn)
    return Effect.of(row) if row else None


async def fetch(conn: AsyncConnection[Any], effect_id: UUID) -> Effect:
    """An effect as it stands now."""
    row = await SQL.effect_by_id.aone(conn, effect_id=effect_id)
    assert row
    return Effect.of(row)


async def unfinished(conn: AsyncConnection[Any], conversation_id: int) -> list[Effect]:
    """What is still to be done or to be looked for, in order."""
    return [Effect.of(row) for row in await SQL.unfinished.aall(conn, conversation_id=conversation_id)]


async def intend(conn: AsyncConnection[Any], effect_id: UUID, owner: Ownership | None) -> int | None:
    """planned -> sending; the intent's number, None when it is not planned any more or `owner` does not own its job."""
    row = await SQL.intend.aone(conn, effect_id=effect_id, **_fence(owner))
    return row["attempts"] if row else None


async def intend_reply(
    conn: AsyncConnection[Any], effect_id: UUID, owner: Ownership | None, *, whatever_came: bool
) -> int | None:
    """planned -> sending, in the one statement that also checks that the AI has the conversation and nothing came in since.

    `whatever_came` drops the second half: a customer who never stops typing is answered all the same.
    """
    row = await SQL.intend_reply.aone(conn, effect_id=effect_id, whatever_came=whatever_came, **_fence(owner))
    return row["attempts"] if row else None


async def take_intent_back(conn: AsyncConnection[Any], effect_id: UUID, intent: int) -> bool:
    """sending -> planned, because nothing was sent under this intent; False when somebody else has taken it over."""
    return await SQL.take_intent_back.arun(conn, effect_id=effect_id, intent=intent) == 1


async def must_have_ended(conn: AsyncConnection[Any], effect_id: UUID, settle_s: float) -> bool:
    """Whether a request begun `settle_s` seconds ago or earlier is all that can have carried it."""
    row = await SQL.must_have_ended.aone(conn, effect_id=effect_id, settle_s=settle_s)
    return bool(row and row["ended"])


async def mark_sent(conn: AsyncConnection[Any], effect_id: UUID, message_id: int | None) -> None:
    """-> sent, with Chatwoot's message id where there is one (track_bot_message)."""
    await SQL.mark_sent.arun(conn, effect_id=effect_id, message_id=message_id)


async def mark_unknown(conn: AsyncConnection[Any], effect_id: UUID, error: str) -> None:
    """sending -> unknown."""
    await SQL.mark_unknown.arun(conn, effect_id=effect_id, error=error)


async def plan_again(conn: AsyncConnection[Any], effect_id: UUID, error: str | None) -> None:
    """sending or unknown -> planned, because it certainly did not happen."""
    await SQL.plan_again.arun(conn, effect_id=effect_id, error=error)


async def withhold(conn: AsyncConnection[Any], effect_id: UUID, error: str) -> None:
    """-> withheld; the draft behind it counts as superseded."""
    await SQL.withhold.arun(conn, effect_id=effect_id, error=error)
    await SQL.mark_superseded.arun(conn, effect_id=effect_id)


async def revive(conn: AsyncConnection[Any], effect_id: UUID) -> None:
    """withheld -> planned: the reason for withholding is gone."""
    await SQL.revive.arun(conn, effect_id=effect_id)
    await SQL.mark_used.arun(conn, effect_id=effect_id)


async def takes_everything_in(conn: AsyncConnection[Any], effect_id: UUID) -> bool:
    """Whether the draft knew every message that is to be answered now."""
    row = await SQL.takes_everything_in.aone(conn, effect_id=effect_id)
    return bool(row and row["complete"])


async def rewrite(conn: AsyncConnection[Any], effect_id: UUID, payload: dict[str, Any]) -> None:
    """planned or withheld -> planned with another text; the draft before it counts as superseded."""
    await SQL.mark_superseded.arun(conn, effect_id=effect_id)
    await SQL.rewrite.arun(conn, effect_id=effect_id, payload=Jsonb(payload))


async def record_reply(
    conn: AsyncConnection[Any],
    *,
    conversation_id: int,
    effect_id: UUID | None,
    job_id: int,
    turn: int,
    prompt_version: str,
    reply: Reply,
    verdict: Verdict | None,
    outcome: str,
    cost: Decimal = Decimal(0),
) -> None:
    """Keep what came of a draft, and what it `cost` in dollars; never the text itself: that is the effect's."""
    await SQL.record_reply.arun(
        conn,
        conversation_id=conversation_id,
        outgoing_id=effect_id,
        job_id=job_id,
        turn=turn,
        model=reply.model,
        prompt_version=prompt_version,
        input_tokens=reply.usage.input_tokens,
        output_tokens=reply.usage.output_tokens,
        total_tokens=reply.usage.total_tokens,
        cached_tokens=reply.usage.cached_tokens,
        latency_s=reply.latency_s,
        outcome=outcome,
        cost=cost,
        verdict=Jsonb(verdict.model_dump(mode="json")) if verdict else None,
    )


async def left_behind(conn: AsyncConnection[Any], older_than_s: float) -> list[int]:
    """Conversations whose unfinished effects neither a job nor the legacy path is working on."""
    return [row["conversation_id"] for row in await SQL.left_behind.aall(conn, older_than_s=older_than_s)]


def _fence(owner: Ownership | None) -> dict[str, int | None]:
    return owner.fence() if owner else {"job_id": None, "attempt": None, "worker_id": None}
