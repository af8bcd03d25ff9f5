"""Brokers and their places. A place is an entry in the broker's list of conversations, nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from nextnest.models import Broker
from nextnest.store.statements import Statements

SQL = Statements("brokers")


async def lock_capacity(conn: AsyncConnection[Any]) -> None:
    """Decide about places alone until the transaction ends."""
    await SQL.lock_capacity.aone(conn)


async def all_brokers(conn: AsyncConnection[Any]) -> list[Broker]:
    """Every broker, active or not, by slug."""
    return [Broker.model_validate(row) for row in await SQL.all_brokers.aall(conn)]


async def reserve_slot(conn: AsyncConnection[Any], broker_id: UUID, conversation_id: int) -> bool:
    """Take a place; False when the broker is full, paused, or already holds this conversation."""
    row = await SQL.reserve_slot.aone(conn, broker_id=broker_id, conversation_id=conversation_id)
    return row is not None


async def release_slot(conn: AsyncConnection[Any], conversation_id: int) -> bool:
    """Give the conversation's place back; False when it holds none, so a second release frees nothing."""
    return await SQL.release_slot.aone(conn, conversation_id=conversation_id) is not None
