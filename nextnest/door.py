"""Through which kind of door a connection string leads: the database itself, or a pooler in session or transaction mode.

A transaction-mode pooler lends a server for one transaction. LISTEN hears nothing there and a prepared statement may be
missing on the next server, so a process that needs either must know. It is found out by looking, not by the address.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection

from nextnest.database import SCHEMA, AnyDoor, conninfo
from nextnest.errors import ConfigurationError
from nextnest.settings import Settings

# A pooler with several idle servers may lend a client the same one twice; five looks leave little to that chance.
_LOOKS = 5
# What waiting does not mend: who we are, and whom we believe.
_LASTING = ("certificate", "does not support SSL", "password authentication failed")


@dataclass(frozen=True)
class Door:
    """What a connection may rely on."""

    pooled: bool = False
    keeps_session: bool = True
    finds_schema: bool = True

    def require_schema(self) -> None:
        """ConfigurationError when statements would not find our tables."""
        if not self.finds_schema:
            raise ConfigurationError(
                "DATABASE_URL leads through a pooler that drops the search path: give its role one by "
                "`alter role ... set search_path = nextnest`, or use the direct connection string."
            )


def look(dsn: str, setting: str = "DATABASE_URL") -> Door:
    """Look through the door, on at most two connections of a moment.

    ConfigurationError, one line that names the setting, when the server's certificate or host is not the one asked for
    or the password is wrong; psycopg.OperationalError when the database is away.
    """
    wrong = ""
    try:
        with _connected(dsn) as conn:
            pooled = _server(conn) != conn.info.backend_pid
            keeps = not (pooled and _lends_by_transaction(dsn, conn))
            return Door(pooled, keeps, _finds_schema(conn))
    except psycopg.OperationalError as error:
        wrong = str(error).strip().splitlines()[-1]
        if not any(word in wrong for word in _LASTING):
            raise
    # Outside, so that nobody prints the first error beside this one.
    raise ConfigurationError(f"{setting}: {wrong}")


def look_before_serving(settings: Settings) -> None:
    """Look through web's doors; ConfigurationError for what waiting does not mend. A database that is away may come back."""
    with suppress(psycopg.OperationalError):
        if settings.web_database_url:
            look(settings.web_database_url, "WEB_DATABASE_URL")
    with suppress(psycopg.OperationalError):
        if settings.database_url:
            look(settings.database_url).require_schema()


def _connected(dsn: str) -> Connection[Any]:
    return AnyDoor.connect(conninfo(dsn, "door"), autocommit=True, prepare_threshold=None)


def _lends_by_transaction(dsn: str, first: Connection[Any]) -> bool:
    """Whether two clients at once are ever seen on one server, or one client on two."""
    mine = _server(first)
    with _connected(dsn) as second:
        for _ in range(_LOOKS):
            with second.transaction():
                # Lent for as long as this transaction lasts: where sessions are kept, nobody else's.
                if _server(second) == mine:
                    return True
                if _server(first) != mine:
                    return True
    return False


def _server(conn: Connection[Any]) -> int:
    """The process that serves us; a pooler tells its clients a number of its own, so the two differ behind one."""
    row = conn.execute("select pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0


def _finds_schema(conn: Connection[Any]) -> bool:
    row = conn.execute("select current_setting('search_path')").fetchone()
    return row is not None and SCHEMA in str(row[0]).replace('"', "").replace(" ", "").split(",")
