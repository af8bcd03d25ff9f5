"""What the legacy path keeps: who engages a conversation, and what became of a message that goes to n8n."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from nextnest.store.statements import Row, Statements

SQL = Statements("legacy")


async def hold(conn: AsyncConnection[Any], conversation_id: int, hold_s: float) -> bool:
    """Take the right to engage a conversation outside the rollout for `hold_s` seconds; False when nothing is to do."""
    row = await SQL.hold_engagement.aone(conn, conversation_id=conversation_id, hold_s=hold_s)
    return row is not None


async def renew(conn: AsyncConnection[Any], conversation_id: int, hold_s: float) -> bool:
    """Have the right for `hold_s` seconds from now; False when the worker has adopted the conversation."""
    row = await SQL.renew_engagement.aone(conn, conversation_id=conversation_id, hold_s=hold_s)
    return row is not None


async def hand_on(conn: AsyncConnection[Any], conversation_id: int) -> None:
    """Let the worker adopt the conversation at once."""
    await SQL.hand_on_engagement.arun(conn, conversation_id=conversation_id)


async def finish(conn: AsyncConnection[Any], conversation_id: int) -> None:
    """Nothing is left to do for its arrival."""
    await SQL.finish_engagement.arun(conn, conversation_id=conversation_id)


async def adopt(conn: AsyncConnection[Any]) -> list[int]:
    """Conversations that a process left behind; a hundred at most. From the caller's commit on they are his."""
    return [row["conversation_id"] for row in await SQL.adopt_engagements.aall(conn)]


async def begin_forwarding(conn: AsyncConnection[Any], conversation_id: int, message_id: int) -> str | None:
    """The text to hand to n8n, once: None when an earlier attempt began, or when a person has the conversation."""
    row = await SQL.begin_forwarding.aone(conn, conversation_id=conversation_id, message_id=message_id)
    return row["content"] if row else None


async def not_forwarded(conn: AsyncConnection[Any], conversation_id: int, message_id: int) -> None:
    """n8n certainly did not take it: the next attempt may begin again."""
    await SQL.not_forwarded.arun(conn, conversation_id=conversation_id, message_id=message_id)


async def forwarding(conn: AsyncConnection[Any], conversation_id: int, message_id: int) -> Row:
    """`state` and `started_at` of a message, `held_by` of its conversation."""
    row = await SQL.forwarding.aone(conn, conversation_id=conversation_id, message_id=message_id)
    assert row
    return row


async def settle_forwarded(
    conn: AsyncConnection[Any], conversation_id: int, message_id: int, *, state: str, job_id: int
) -> int:
    """Settle one message as `forwarded` or `left_to_person`; 0 when it was settled before, else 1."""
    return await SQL.settle_forwarded.arun(
        conn, conversation_id=conversation_id, message_id=message_id, state=state, job_id=job_id
    )
