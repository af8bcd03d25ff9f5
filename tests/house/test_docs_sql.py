"""SQL in the pages runs; the role of docs/supabase.md can do what web and worker do, and no more."""

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
BLOCKS = {
    page.name: re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    for page in sorted((ROOT / "docs").glob("*.md"))
}
[LINES] = BLOCKS["supabase.md"]
ROLE = "nextnest_worker_login"
# The migration has a role of its own, by that page, and so has whoever makes logins.
FILES = sorted(
    path
    for path in (ROOT / "nextnest" / "store").glob("*.sql")
    if path.name not in ("migrate.sql", "roles.sql")
)


# A conversation as a restored database may hold it: greeted, a message unanswered, its reply planned.
EARLIER = """
    insert into nextnest.broker_conversations (conversation_id) values (7);
    insert into nextnest.incoming_messages (conversation_id, message_id, content, source) values (7, 1, 'Hi', 'webhook');
    insert into nextnest.outgoing_messages (conversation_id, kind, turn, payload, sent_at)
    values (7, 'greeting', 0, '{}', now()), (7, 'reply', 1, '{}', null);
    update nextnest.outgoing_messages set state = 'sent' where sent_at is not null;
"""


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


def test_what_a_restore_asks_for_can_be_run(database_url: str) -> None:
    [lines] = BLOCKS["operations.md"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(EARLIER.encode())
        connection.execute(lines.encode())
        effects = connection.execute(
            "select kind, state, sending_at is not null from nextnest.outgoing_messages order by kind"
        ).fetchall()
        messages = connection.execute("select state from nextnest.incoming_messages").fetchall()
    assert effects == [("greeting", "sent", False), ("reply", "unknown", True)]
    assert messages == [("left_to_person",)]


def test_the_role_may_run_every_statement_of_web_and_worker(conn: psycopg.Connection[object]) -> None:
    _become(conn)
    for file in FILES:
        for statement in read(file).values():
            conn.execute(f"explain (generic_plan) {_numbered(statement)}".encode())


def test_the_role_may_call_procrastinate(conn: psycopg.Connection[object]) -> None:
    closed = conn.execute(
        "select proname from pg_proc where pronamespace = 'nextnest'::regnamespace"
        " and proname like 'procrastinate%%' and not has_function_privilege(%s, oid, 'execute')",
        [ROLE],
    ).fetchall()
    assert closed == []


def test_the_role_sees_rows_through_row_level_security(conn: psycopg.Connection[object]) -> None:
    _become(conn)
    assert conn.execute("select count(*) from ai_brokers").fetchone() == (5,)


def test_the_role_may_read_which_migrations_there_are(conn: psycopg.Connection[object]) -> None:
    _become(conn)
    row = conn.execute("select count(version) > 0 from supabase_migrations.schema_migrations").fetchone()
    assert row == (True,)


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
