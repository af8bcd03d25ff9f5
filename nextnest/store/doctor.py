"""What the doctor asks of the database."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from nextnest.store.statements import Row, Statements

SQL = Statements("doctor")


def server(conn: Connection[Any]) -> Row:
    """Who serves and who asks: version, login, groups (ours, of which the login is a member), owner (of the schema)."""
    row = SQL.server.one(conn)
    assert row
    return row


def unbounded(conn: Connection[Any]) -> list[str]:
    """The limits of time that this connection has not got."""
    return [row["name"] for row in SQL.unbounded.all(conn)]


def clock(conn: Connection[Any]) -> float:
    """The database's clock as a Unix time."""
    row = SQL.clock.one(conn)
    assert row
    return float(row["now"])


def exposed(conn: Connection[Any]) -> list[Row]:
    """What stands open to somebody it must not: `what`, and to `who`. The schema must be there."""
    return SQL.exposed.all(conn)


def broken(conn: Connection[Any]) -> list[str]:
    """Indexes that are not valid, and triggers that somebody switched off."""
    return [row["name"] for row in SQL.broken.all(conn)]
