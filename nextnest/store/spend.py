"""The ledger of the model: what was spent, what is reserved. Its totals are counters; no history is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from nextnest.store.statements import Statements

SQL = Statements("spend")


@dataclass(frozen=True)
class Taken:
    """US dollars spent or reserved of the Singapore `day` (without this conversation's own reservation) and spent by the
    conversation; `connections` is how many transactions the server can have under way at once."""

    day: date
    of_day: Decimal
    of_conversation: Decimal
    connections: int


async def taken(conn: AsyncConnection[Any], conversation_id: int) -> Taken:
    """What is gone already, in one read."""
    row = await SQL.taken.aone(conn, conversation_id=conversation_id)
    assert row
    return Taken(**row)


async def take_turns(conn: AsyncConnection[Any]) -> None:
    """Until the transaction ends, nobody `go_alone`s; others who take turns are not held up."""
    await SQL.take_turns.arun(conn)


async def go_alone(conn: AsyncConnection[Any]) -> None:
    """Until the transaction ends, nobody else reserves."""
    await SQL.go_alone.arun(conn)


async def hold(
    conn: AsyncConnection[Any], conversation_id: int, *, job_id: int, day: date, amount: Decimal
) -> None:
    """Reserve `amount` dollars of the day, in place of what the conversation had reserved before."""
    await SQL.hold.arun(conn, conversation_id=conversation_id, job_id=job_id, day=day, amount=amount)


async def settle(
    conn: AsyncConnection[Any],
    conversation_id: int,
    *,
    job_id: int,
    turn: int,
    day: date,
    calls: list[dict[str, Any]],
) -> None:
    """Book calls, each once by its id, and give the job's reservation back: one statement, all of it or nothing.

    A call has `id`, `model`, `input_tokens`, `cached_tokens`, `output_tokens`, `cost`, `outcome` and `latency_s`.
    """
    await SQL.settle.arun(
        conn, conversation_id=conversation_id, job_id=job_id, turn=turn, day=day, calls=Jsonb(calls)
    )


async def forget_reservations(conn: AsyncConnection[Any], older_than_s: float) -> int:
    """Give back what dead jobs had reserved; how many they were."""
    return await SQL.forget_reservations.arun(conn, older_than_s=older_than_s)


async def recent_replies(conn: AsyncConnection[Any], conversation_id: int, within_s: float) -> list[datetime]:
    """When we replied within these seconds, since a person of ours last had a part in the conversation."""
    rows = await SQL.recent_replies.aall(conn, conversation_id=conversation_id, within_s=within_s)
    return [row["sent_at"] for row in rows]
