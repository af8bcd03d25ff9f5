"""Logins of the database, as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from nextnest.store.statements import Row, Statements

SQL = Statements("roles")


def login_steps(
    conn: Connection[Any], name: str, verifier: str, groups: Sequence[str], limits: Mapping[str, str]
) -> list[str]:
    """The statements that make the login or change it."""
    rows = SQL.login_steps.all(
        conn, name=name, verifier=verifier, groups=list(groups), limits=Jsonb(dict(limits))
    )
    return [row["step"] for row in rows]


def missing_groups(conn: Connection[Any], groups: Sequence[str]) -> list[str]:
    """Which of these groups no migration has made."""
    return [row["name"] for row in SQL.missing_groups.all(conn, groups=list(groups))]


def misgranted(conn: Connection[Any]) -> list[Row]:
    """Where a group may do `less` or `more` (`how`) than the table of rights says: role, privilege, object as written."""
    return SQL.misgranted.all(conn)
