"""The role that docs/supabase.md describes can do what web and worker do, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from nextnest.database import conninfo
from nextnest.store.statements import Statement, read

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "supabase.md").read_text(encoding="utf-8")
[LINES] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ROLE = "nextnest_app"
# The migration has a role of its own, by that page.
FILES = sorted(path for path in (ROOT / "nextnest" / "store").glob("*.sql") if path.name != "migrate.sql")


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection[object]]:
    """A connection of a superuser who has run the page's lines; the role is gone afterwards."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(LINES.encode())
        try:
            yield connection
        finally:
            connection.execute("reset role")
            connection.execute(sql.SQL("drop owned by {0}").format(sql.Identifier(ROLE)))
            connection.execute(sql.SQL("drop role {0}").format(sql.Identifier(ROLE)))


def test_the_role_may_run_every_statement_of_web_and_worker(conn: psycopg.Connection[object]) -> None:
    _become(conn)
    for file in FILES:
        for statement in read(file).values():
            conn.execute(f"explain (generic_plan) {_numbered(statement)}".encode())


def test_the_role_may_call_procrastinate(conn: psycopg.Connection[object]) -> None:
    closed = conn.execute(
        "select proname from pg_proc where pronamespace = 'nextnest'::regnamespace"
        " and not has_function_privilege(%s, oid, 'execute')",
        [ROLE],
    ).fetchall()
    assert closed == []


def test_the_role_sees_rows_through_row_level_security(conn: psycopg.Connection[object]) -> None:
    _become(conn)
    assert conn.execute("select count(*) from ai_brokers").fetchone() == (5,)


def test_the_role_may_read_which_migrations_there_are(conn: psycopg.Connection[object]) -> None:
    _become(conn)
    assert conn.execute("select count(*) > 0 from supabase_migrations.schema_migrations").fetchone() == (
        True,
    )


def test_the_role_cannot_change_the_schema(conn: psycopg.Connection[object]) -> None:
    _become(conn)
    for change in ("create table more (id int)", "drop table leads", "alter table leads add column more int"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(change.encode())


def test_the_role_has_the_path_and_the_limits_of_a_direct_connection(
    conn: psycopg.Connection[object],
) -> None:
    row = conn.execute("select rolconfig from pg_roles where rolname = %s", [ROLE]).fetchone()
    assert row is not None
    asked = re.findall(r"-c (\S+)", str(psycopg.conninfo.conninfo_to_dict(conninfo("", "test"))["options"]))
    assert set(row[0]) == set(asked)  # type: ignore[index]


def _become(conn: psycopg.Connection[object]) -> None:
    conn.execute(sql.SQL("set role {}").format(sql.Identifier(ROLE)))
    conn.execute("set search_path = nextnest")


def _numbered(statement: Statement) -> str:
    """Named parameters as the server counts them."""
    seen: dict[str, int] = {}
    return re.sub(
        r"%\((\w+)\)s", lambda found: f"${seen.setdefault(found[1], len(seen) + 1)}", statement.sql.decode()
    )
