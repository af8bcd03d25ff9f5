"""Who may do what: each role what its process needs, Supabase's API roles and everybody else nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from nextnest.migrate import migrate
from nextnest.roles import KINDS
from tests.databases import as_login, drop_login, in_database
from tests.test_personal_data import ERASED
from tests.waiting import until

API_ROLES = ("anon", "authenticated", "service_role")
Rows = list[dict[str, Any]]

OBJECTS = """
    select 'table' as kind, format('nextnest.%%I', relname) as written from pg_class
    where relnamespace = 'nextnest'::regnamespace and relkind in ('r', 'p', 'v', 'm')
    union all
    select 'sequence', format('nextnest.%%I', relname) from pg_class
    where relnamespace = 'nextnest'::regnamespace and relkind = 'S'
    union all
    select 'function', oid::regprocedure::text from pg_proc where pronamespace = 'nextnest'::regnamespace
"""
RIGHTS_OF_A_ROLE = """
    select c.relname, array_agg(privilege) as rights
    from pg_class c, unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as p (privilege)
    where c.relnamespace = 'nextnest'::regnamespace and c.relkind in ('r', 'p')
      and has_table_privilege(%(role)s, c.oid, privilege)
    group by c.relname
"""


def look(url: str, query: str, **params: Any) -> Rows:
    with psycopg.connect(url, row_factory=dict_row) as conn:
        return conn.execute(query.encode(), params).fetchall()


@pytest.fixture(scope="module")
def supabase(postgres_url: str) -> Iterator[str]:
    """A server with Supabase's API roles, and a role as its `postgres` is: not a superuser, may make roles."""
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        there = {row[0] for row in conn.execute("select rolname from pg_roles")}
        made = [role for role in (*API_ROLES, "platform") if role not in there]
        for role in made:
            conn.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
        conn.execute("alter role platform login createrole password 'platform'")
        yield postgres_url
        for role in made:
            conn.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


@pytest.fixture
def project_url(supabase: str, empty_database_url: str) -> Iterator[str]:
    """A new project migrated by its `postgres`, where whatever is made anew is open to the API roles by default."""
    name = empty_database_url.rpartition("/")[2]
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(sql.SQL("alter database {} owner to platform").format(sql.Identifier(name)))
        for kind in ("tables", "sequences", "functions"):
            for role in API_ROLES:
                conn.execute(
                    f"alter default privileges for role platform grant all on {kind} to {role}".encode()
                )
    url = in_database(re.sub(r"//[^@/]*@?", "//platform:platform@", supabase), name)
    migrate(url, say=lambda _line: None)
    yield url
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        # One after the other: each takes default privileges away that the next would look for.
        for role in ("platform", *API_ROLES):
            conn.execute(sql.SQL("drop owned by {} cascade").format(sql.Identifier(role)))
        conn.execute(sql.SQL("alter database {} owner to current_user").format(sql.Identifier(name)))


def test_the_api_roles_of_a_project_can_touch_nothing(project_url: str, empty_database_url: str) -> None:
    """Tried one by one over SQL, as their requests run, in a project whose own role is no superuser."""
    objects = look(project_url, OBJECTS)
    assert {row["kind"] for row in objects} == {"table", "sequence", "function"}
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        for role in API_ROLES:
            conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
            for row in objects:
                for attempt in _attempts(row):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        conn.execute(attempt.encode())
            conn.execute("reset role")


_ATTEMPTS = {
    "table": ("table {}", "insert into {} default values", "delete from {}", "truncate {}"),
    "sequence": ("select nextval('{}')", "select last_value from {}"),
    # Arguments of the right types, all null: the right is checked before anything runs.
    "function": ("select {}",),
}


def _attempts(row: dict[str, Any]) -> list[str]:
    name = row["written"]
    if row["kind"] == "function":
        function, _, types = name[:-1].partition("(")
        name = f"{function}({', '.join(f'null::{kind}' for kind in types.split(',') if kind)})"
    return [attempt.format(name) for attempt in _ATTEMPTS[row["kind"]]]


def test_even_with_the_schema_opened_by_mistake_no_row_shows(
    project_url: str, empty_database_url: str
) -> None:
    """The second wall: exposing the schema is one click and one grant away. The next migration closes the first again."""
    with psycopg.connect(project_url, autocommit=True) as conn:
        conn.execute("grant usage on schema nextnest to anon")
        conn.execute("grant select, delete on all tables in schema nextnest to anon")
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        assert conn.execute("select count(*) from nextnest.ai_brokers").fetchone() == (5,)
        conn.execute("set role anon")
        assert conn.execute("select count(*) from nextnest.ai_brokers").fetchone() == (0,)
        assert conn.execute("select count(*) from nextnest.broker_metrics").fetchone() == (0,)
        assert conn.execute("delete from nextnest.ai_brokers").rowcount == 0
        migrate(project_url, say=lambda _line: None)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("select count(*) from nextnest.ai_brokers")


def test_every_table_has_row_level_security_and_every_view_runs_as_its_reader(database_url: str) -> None:
    open_tables = look(
        database_url,
        "select relname from pg_class where relnamespace = 'nextnest'::regnamespace and relkind in ('r', 'p')"
        " and not relrowsecurity",
    )
    open_views = look(
        database_url,
        "select relname from pg_class where relnamespace = 'nextnest'::regnamespace and relkind = 'v'"
        " and not coalesce(reloptions, '{}') @> '{security_invoker=true}'",
    )
    assert (open_tables, open_views) == ([], [])


def test_the_migrations_alone_leave_the_rights_as_the_command_does(database_url: str) -> None:
    """Whoever applies the files with another tool must not need ours: a migration that adds something ends with the call."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        before = conn.execute(GRANTS.encode()).fetchall()
        conn.execute("select nextnest.apply_rights()")
        assert conn.execute(GRANTS.encode()).fetchall() == before


GRANTS = """
    select relname, grantee::regrole::text, privilege_type from pg_class, aclexplode(relacl)
    where relnamespace = 'nextnest'::regnamespace
    union all
    select proname, grantee::regrole::text, privilege_type
    from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
    where pronamespace = 'nextnest'::regnamespace
    union all
    select tablename, policyname::text, 'policy' from pg_policies where schemaname = 'nextnest'
    order by 1, 2, 3
"""


def test_no_role_of_ours_may_change_the_schema_the_rights_or_the_history(database_url: str) -> None:
    for kind in KINDS:
        url = as_login(database_url, kind)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("set default_transaction_read_only = off")
            for attempt in FORBIDDEN:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(attempt.encode())
        drop_login(database_url, url)


FORBIDDEN = (
    "create table nextnest.more (id int)",
    "alter table nextnest.leads add more int",
    "drop view nextnest.ai_usage",
    "truncate nextnest.leads",
    "update nextnest.rights set privileges = 'select'",
    "delete from nextnest.procrastinate_migrations",
    "delete from supabase_migrations.schema_migrations",
    "select nextnest.apply_rights()",
    "create role more",
)


def test_web_without_the_console_reads_no_work_of_the_model_and_deletes_no_message(
    database_url: str,
) -> None:
    rights = {
        row["relname"]: set(row["rights"])
        for row in look(database_url, RIGHTS_OF_A_ROLE, role="nextnest_web")
    }
    assert not {"ai_replies", "tool_runs", "handover_briefs", "operator_actions", "spend_days"} & set(rights)
    for table in ("leads", "incoming_messages", "outgoing_messages", "broker_conversations"):
        assert "delete" not in rights[table]
    for table in ("ai_replies", "tool_runs", "handover_briefs"):
        for column in ERASED[table]:
            [row] = look(
                database_url,
                "select has_column_privilege('nextnest_web', %(table)s, %(column)s, 'select') as may",
                table=f"nextnest.{table}",
                column=column,
            )
            assert not row["may"], f"{table}.{column}"


def test_the_log_of_actions_is_only_ever_added_to(database_url: str) -> None:
    rights = {
        row["relname"]: set(row["rights"])
        for row in look(database_url, RIGHTS_OF_A_ROLE, role="nextnest_console")
    }
    assert rights["operator_actions"] == {"select", "insert"}


def test_a_role_that_may_not_be_made_is_named_and_the_rest_goes_on(
    project_url: str, empty_database_url: str
) -> None:
    """Where roles may not be made everything runs as the owner; once somebody may, the role gets its rights."""
    said: list[str] = []
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(
            "insert into nextnest.rights values ('nextnest_late', 'view', 'ai_usage', '{}', 'select')"
        )
        conn.execute("alter role platform nocreaterole")
        migrate(project_url, say=said.append)
        assert [line for line in said if 'run "create role nextnest_late nologin"' in line]
        conn.execute("alter role platform createrole")
        migrate(project_url, say=lambda _line: None)
        [row] = look(
            project_url, "select has_table_privilege('nextnest_late', 'nextnest.ai_usage', 'select') as may"
        )
        conn.execute("drop owned by nextnest_late")
        conn.execute("drop role nextnest_late")
    assert row["may"]


def test_new_policies_wait_for_running_transactions_and_end_none(database_url: str) -> None:
    """As on a live system: one holds a row and will want another table; the migration lets go until it is through."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("drop policy nextnest_web on nextnest.ai_brokers")
        conn.execute("drop policy nextnest_web on nextnest.leads")
    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url) as running:
        running.execute("update nextnest.leads set session_id = 'x'")
        migrating = pool.submit(migrate, database_url, say=lambda _line: None)
        until(lambda: migrating.done() or look(database_url, TRYING))
        assert not migrating.done()
        running.execute("update nextnest.ai_brokers set last_active_at = now()")
        running.commit()
        assert migrating.result(timeout=30) == []
    [row] = look(database_url, "select count(*) from pg_policies where policyname = 'nextnest_web'")
    assert row["count"] > 10


TRYING = """
    select pid from pg_stat_activity
    where datname = current_database() and wait_event in ('PgSleep', 'relation') and query like '%%apply_rights%%'
"""
