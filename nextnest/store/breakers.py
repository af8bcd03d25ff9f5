"""The circuit breakers' rows, and the setbacks of jobs that are deferred again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, Connection

from nextnest.store.statements import Row, Statements

SQL = Statements("breakers")

# Upkeep tries a failed opening or delivery again after this long, then twice as long, and so on, up to an hour: often
# enough to mend a passing fault, too rarely to hurt when a job kills its worker each time.
_FIRST_S, _MOST_S = 30.0, 3600.0


@dataclass(frozen=True)
class Breaker:
    """One breaker. `reason` is `unavailable` or `refused` while it is open, `retry_at` when it is looked at next."""

    name: str
    state: str
    reason: str | None
    failures: int
    retry_at: datetime | None
    looks: int

    @property
    def open(self) -> bool:
        return self.state == "open"

    @classmethod
    def of(cls, row: Row) -> Breaker:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


async def note_failure(conn: AsyncConnection[Any], name: str, *, window_s: float, error: str) -> Breaker:
    """Count a failure; the breaker after it."""
    row = await SQL.note_failure.aone(conn, name=name, window_s=window_s, error=error)
    assert row
    return Breaker.of(row)


async def fetch(conn: AsyncConnection[Any], name: str) -> Breaker:
    """One breaker as it stands."""
    row = await SQL.breaker.aone(conn, name=name)
    assert row
    return Breaker.of(row)


async def is_open(conn: AsyncConnection[Any], name: str) -> bool:
    """Whether nobody should ask it now."""
    row = await SQL.is_open.aone(conn, name=name)
    return bool(row and row["open"])


async def forget_failures(conn: AsyncConnection[Any], name: str) -> None:
    """A look of our own succeeded: the failures were not its."""
    await SQL.forget_failures.arun(conn, name=name)


async def open_breaker(
    conn: AsyncConnection[Any], name: str, *, reason: str, error: str, pause_s: float
) -> bool:
    """closed -> open; False when somebody else was faster."""
    return (
        await SQL.open_breaker.aone(conn, name=name, reason=reason, error=error, pause_s=pause_s) is not None
    )


async def due_for_a_look(conn: AsyncConnection[Any]) -> list[Row]:
    """The open breakers whose time has come: name, looks so far."""
    return await SQL.due_for_a_look.aall(conn)


async def stay_open(
    conn: AsyncConnection[Any], name: str, *, reason: str, error: str, pause_s: float
) -> None:
    """Still away; look again after `pause_s` seconds."""
    await SQL.stay_open.arun(conn, name=name, reason=reason, error=error, pause_s=pause_s)


async def close_breaker(conn: AsyncConnection[Any], name: str, tasks: list[str]) -> bool:
    """open -> closed; waiting jobs of `tasks` become due at once. False when it was closed already."""
    row = await SQL.close_breaker.aone(conn, name=name, tasks=tasks)
    return bool(row and row["closed"])


def open_ones(conn: Connection[Any]) -> list[Row]:
    """What is away now, for /readyz and /metrics: name, reason, open_s."""
    return SQL.open_breakers.all(conn)


async def note_setback(conn: AsyncConnection[Any], key: str) -> None:
    """Remember that this job (by its queueing lock) failed for good, so that upkeep waits longer before the next."""
    await SQL.note_setback.arun(conn, key=key, first_s=_FIRST_S, most_s=_MOST_S)


async def forget_setbacks(conn: AsyncConnection[Any]) -> None:
    """Drop old ones."""
    await SQL.forget_setbacks.arun(conn)
