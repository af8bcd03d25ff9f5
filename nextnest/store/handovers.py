"""What people are told when a conversation becomes theirs, and what that is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from nextnest.models import ToolRun
from nextnest.store.statements import Row, Statements

SQL = Statements("handovers")

# More of the customer's messages and of calculations than a note can show.
_EARLIER, _RUNS = 20, 5


@dataclass(frozen=True)
class Context:
    """What a brief needs beside the turn: the customer's earlier words, calculations, the last line of ours she got."""

    earlier: list[str]
    runs: list[ToolRun]
    last_delivered: str | None


async def context(conn: AsyncConnection[Any], conversation_id: int) -> Context:
    """Read it, oldest first, since the conversation was last closed."""
    words = await SQL.earlier_words.aall(conn, conversation_id=conversation_id, most=_EARLIER)
    runs = await SQL.newest_runs.aall(conn, conversation_id=conversation_id, most=_RUNS)
    last = await SQL.last_delivered.aone(conn, conversation_id=conversation_id)
    return Context(
        [row["content"] for row in words],
        [ToolRun.model_validate(row) for row in runs],
        last["content"] if last else None,
    )


async def keep(
    conn: AsyncConnection[Any], conversation_id: int, turn: int, brief: dict[str, Any], remind_at: datetime
) -> None:
    """Keep the brief, and when somebody is to be reminded; the first one of a turn stays."""
    await SQL.keep_brief.arun(
        conn,
        conversation_id=conversation_id,
        turn=turn,
        reason=brief["reason"],
        brief=Jsonb(brief),
        remind_at=remind_at,
    )


async def newest(conn: AsyncConnection[Any], conversation_id: int) -> dict[str, Any] | None:
    """The brief of the last hand-over since the conversation was last closed; None when there was none."""
    row = await SQL.newest_brief.aone(conn, conversation_id=conversation_id)
    return dict(row["brief"]) if row else None


async def take_due(conn: AsyncConnection[Any]) -> list[Row]:
    """Hand-overs to remind of, each once: conversation_id, turn, created_at."""
    return await SQL.take_due_reminders.aall(conn)
