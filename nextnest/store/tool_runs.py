"""Calculations behind answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from nextnest.models import ToolRun
from nextnest.store.statements import Row, Statements

SQL = Statements("tool_runs")


async def keep(
    conn: AsyncConnection[Any], conversation_id: int, *, turn: int, job_id: int, runs: Iterable[ToolRun]
) -> None:
    """Keep each run with everything that is needed to run it again."""
    for run in runs:
        await SQL.keep_run.arun(
            conn,
            conversation_id=conversation_id,
            turn=turn,
            job_id=job_id,
            name=run.name,
            arguments=Jsonb(run.arguments),
            day=run.day,
            version=run.version,
            result=run.result,
        )


def of(conn: Connection[Any], conversation_id: int) -> list[Row]:
    """The runs of a conversation, oldest first."""
    return SQL.runs_of.all(conn, conversation_id=conversation_id)
