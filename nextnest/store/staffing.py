"""The brokers as an operator sees and changes them. A change is made only to what the operator saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from nextnest.models import Broker
from nextnest.store.statements import Row, Statements

SQL = Statements("staffing")


def broker_named(conn: Connection[Any], slug: str) -> Broker | None:
    """The broker; None when there is none of that name."""
    row = SQL.broker_named.one(conn, slug=slug)
    return Broker.model_validate(row) if row else None


def set_limit(conn: Connection[Any], slug: str, *, shown: int, wanted: int) -> Row | None:
    """Her name, current_workload and is_active once it is done; None when the limit was not `shown`."""
    return SQL.set_limit.one(conn, slug=slug, shown=shown, wanted=wanted)


def set_active(conn: Connection[Any], slug: str, *, active: bool) -> Row | None:
    """Her name, current_workload and max_concurrent_chats once it is done; None when it was so already."""
    return SQL.set_active.one(conn, slug=slug, active=active)


def set_wording(
    conn: Connection[Any], slug: str, *, shown: Mapping[str, str], wanted: Mapping[str, str]
) -> bool:
    """Whether it is done; False when it was not `shown`. Both have title, greeting, tone, pacing and focus."""
    before = {f"{name}_shown": text for name, text in shown.items()}
    return SQL.set_wording.one(conn, slug=slug, **wanted, **before) is not None


def held(conn: Connection[Any], most: int) -> dict[str, list[Row]]:
    """By slug the newest conversations each broker holds, at most `most` each: conversation_id, name."""
    found: dict[str, list[Row]] = {}
    for row in SQL.held_by_brokers.all(conn, most=most):
        found.setdefault(row["slug"], []).append(row)
    return found
