"""What the provider last said about the configured models."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg import AsyncConnection

from nextnest.store.statements import Statements

SQL = Statements("model_checks")


async def due(conn: AsyncConnection[Any], models: list[str]) -> bool:
    """Whether one of the models has not been looked up for a day."""
    row = await SQL.due.aone(conn, models=models)
    return bool(row and row["due"])


async def record(conn: AsyncConnection[Any], model: str, *, listed: bool, shutdown_date: date | None) -> None:
    """Keep what the provider says of a model today."""
    await SQL.record.arun(conn, model=model, listed=listed, shutdown_date=shutdown_date)


async def forget_others(conn: AsyncConnection[Any], models: list[str]) -> None:
    """Drop what is known of all other models."""
    await SQL.forget_others.arun(conn, models=models)
