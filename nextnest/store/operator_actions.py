"""The console's record of who did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from nextnest.store.statements import Row, Statements

SQL = Statements("operator_actions")


@dataclass(frozen=True)
class Action:
    """One action: its name, what it is done to, and what else is worth knowing. No texts of customers."""

    name: str
    target: str
    conversation_id: int | None
    detail: dict[str, object]


def record(conn: Connection[Any], operator: str, role: str, action: Action) -> None:
    """Write the action down, in the caller's transaction."""
    SQL.record_action.run(
        conn,
        operator=operator,
        role=role,
        action=action.name,
        target=action.target,
        conversation_id=action.conversation_id,
        detail=Jsonb(action.detail),
    )


def recent(conn: Connection[Any], before: int | None, most: int) -> list[Row]:
    """At most `most` actions, newest first, older than the one with the id `before`."""
    return SQL.recent_actions.all(conn, before=before, most=most)


def on_conversation(conn: Connection[Any], conversation_id: int) -> list[Row]:
    """Every action on one conversation, oldest first."""
    return SQL.actions_on.all(conn, conversation_id=conversation_id)
