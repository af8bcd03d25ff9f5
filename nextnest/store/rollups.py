"""Adding up: an hour's facts into the roll-up tables, and a sample of what waits. Reading them is figures.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from nextnest.store.statements import Statements

SQL = Statements("rollups")


async def due_hours(conn: AsyncConnection[Any], most: int) -> list[datetime]:
    """Beginnings of hours that are over and to be added up, for the first time or again; newest first, at most `most`."""
    return [row["hour"] for row in await SQL.due_hours.aall(conn, most=most)]


async def roll_up(conn: AsyncConnection[Any], hour: datetime) -> None:
    """Add up one hour, in the caller's transaction. Doing it twice, or twice at once, changes nothing."""
    await SQL.roll_traffic.arun(conn, hour=hour)
    await SQL.forget_labels.arun(conn, hour=hour)
    for statement in (SQL.roll_brokers, SQL.roll_handovers, SQL.roll_jobs, SQL.roll_models, SQL.roll_guard):
        await statement.arun(conn, hour=hour)


async def take_sample(conn: AsyncConnection[Any]) -> bool:
    """Write down what waits now; False when this minute has its sample."""
    return await SQL.take_sample.arun(conn) == 1


async def forget_samples(conn: AsyncConnection[Any], days: int, most: int) -> int:
    """Drop samples older than `days`; how many they were, `most` at most."""
    return await SQL.forget_samples.arun(conn, days=days, most=most)
