"""The migrations' runner, on real databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from nextnest.errors import MigrationError
from nextnest.migrate import (
    MIGRATIONS,
    MigrationEdited,
    MigrationFailed,
    MigrationMissing,
    migrate,
    schema_is_current,
)
from tests import forkserver

PROJECT = Path(__file__).parent.parent
FIRST = "20260101000000_tables.sql"
SECOND = "20260102000000_rows.sql"


def silent(_line: str) -> None:
    """Say nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small migrations, the first with every way a semicolon can hide."""
    (tmp_path / FIRST).write_text(
        "-- Things; and their notes.\n"
        "create table nextnest.things (id int primary key, note text default 'a;b''c');\n"
        "do $body$ begin perform 1; end; $body$; /* one; more */\n"
        'create view nextnest."things; all" as select * from nextnest.things;\n'
    )
    (tmp_path / SECOND).write_text("insert into nextnest.things (id) values (1);\n")
    return tmp_path


def test_a_new_database_gets_procrastinate_and_every_migration_in_order(empty_database_url: str) -> None:
    applied = migrate(empty_database_url, say=silent)
    assert applied == ["procrastinate", *sorted(path.name for path in MIGRATIONS.glob("*.sql"))]
    with psycopg.connect(empty_database_url) as conn:
        assert schema_is_current(conn) == []


def test_migrating_again_applies_nothing(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder, silent)
    assert migrate(empty_database_url, folder, silent) == []


def test_migrating_twice_at_once_applies_each_migration_once(empty_database_url: str) -> None:
    script = "import sys; from nextnest.migrate import migrate; print(len(migrate(sys.argv[1], say=lambda line: None)))"
    command = [sys.executable, "-c", script, empty_database_url]
    both = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = sorted(int(process.communicate(timeout=60)[0]) for process in both)
    assert counts == [0, 1 + len(list(MIGRATIONS.glob("*.sql")))]


def test_a_new_migration_is_applied_alone(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder, silent)
    (folder / "20260103000000_more.sql").write_text("insert into nextnest.things (id) values (2);")
    assert migrate(empty_database_url, folder, silent) == ["20260103000000_more.sql"]
    assert rows(empty_database_url, "select id from nextnest.things order by id") == [(1,), (2,)]


def test_a_failing_migration_leaves_nothing_of_itself_and_keeps_those_before(
    empty_database_url: str, folder: Path
) -> None:
    broken = folder / "20260103000000_broken.sql"
    broken.write_text("create table nextnest.half (id int); select 1/0;")
    with pytest.raises(MigrationFailed, match=r"20260103000000_broken\.sql.*division by zero"):
        migrate(empty_database_url, folder, silent)
    assert rows(empty_database_url, "select to_regclass('nextnest.half')") == [(None,)]
    broken.write_text("create table nextnest.half (id int);")
    assert migrate(empty_database_url, folder, silent) == [broken.name]


def test_an_edited_migration_is_noticed_and_named(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder, silent)
    (folder / SECOND).write_text("insert into nextnest.things (id) values (100);\n")
    with pytest.raises(MigrationEdited, match=SECOND):
        migrate(empty_database_url, folder, silent)


def test_an_edited_migration_stops_the_new_ones_too(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder, silent)
    (folder / FIRST).write_text("create table nextnest.other (id int);")
    (folder / "20260103000000_more.sql").write_text("create table nextnest.more (id int);")
    with pytest.raises(MigrationEdited, match=FIRST):
        migrate(empty_database_url, folder, silent)
    assert rows(empty_database_url, "select to_regclass('nextnest.more')") == [(None,)]


def test_other_line_ends_are_not_an_edit(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder, silent)
    for path in folder.iterdir():
        path.write_bytes(b"\r\n" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert migrate(empty_database_url, folder, silent) == []


def test_a_migration_the_folder_lacks_is_noticed_and_named(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder, silent)
    (folder / SECOND).unlink()
    with pytest.raises(MigrationMissing, match=SECOND):
        migrate(empty_database_url, folder, silent)


def test_migrations_of_another_project_in_the_same_database_are_left_alone(
    empty_database_url: str, folder: Path
) -> None:
    migrate(empty_database_url, folder, silent)
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(
            "insert into supabase_migrations.schema_migrations (version, name, statements)"
            " values ('20250101000000', 'profiles', array['create table public.profiles (id int)'])"
        )
    assert migrate(empty_database_url, folder, silent) == []


def test_the_history_is_what_the_supabase_cli_would_have_written(
    empty_database_url: str, folder: Path
) -> None:
    migrate(empty_database_url, folder, silent)
    history = rows(
        empty_database_url,
        "select version, name, statements from supabase_migrations.schema_migrations"
        " where name not like 'procrastinate%' order by 1",
    )
    assert history == [
        (
            "20260101000000",
            "tables",
            [
                "-- Things; and their notes.\n"
                "create table nextnest.things (id int primary key, note text default 'a;b''c')",
                "do $body$ begin perform 1; end; $body$",
                '/* one; more */\ncreate view nextnest."things; all" as select * from nextnest.things',
            ],
        ),
        ("20260102000000", "rows", ["insert into nextnest.things (id) values (1)"]),
    ]


def test_a_database_migrated_by_the_supabase_cli_is_carried_on(empty_database_url: str, folder: Path) -> None:
    (folder / SECOND).rename(folder / "later")
    migrate(empty_database_url, folder, silent)
    (folder / "later").rename(folder / SECOND)
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("insert into nextnest.things (id) values (1)")
        conn.execute(
            "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)",
            ("20260102000000", "rows", ["insert into nextnest.things (id) values (1)"]),
        )
    assert migrate(empty_database_url, folder, silent) == []


def test_an_upgrade_of_procrastinate_applies_the_migrations_in_between(
    empty_database_url: str, database_url: str, folder: Path
) -> None:
    newer = install_procrastinate_3_3(empty_database_url)
    with psycopg.connect(empty_database_url) as conn:
        assert schema_is_current(conn, folder)[: len(newer)] == [f"procrastinate {name}" for name in newer]
    assert migrate(empty_database_url, folder, silent) == [*newer, FIRST, SECOND]
    assert rows(empty_database_url, FUNCTIONS) == rows(database_url, FUNCTIONS), "as in a new database"


FUNCTIONS = """
    select proname, pg_get_function_identity_arguments(oid), regexp_replace(prosrc, '\\s+', ' ', 'g') from pg_proc
    where pronamespace = 'nextnest'::regnamespace and proname like 'procrastinate%' order by 1, 2
"""


def test_a_procrastinate_older_than_the_database_is_refused_by_name(
    empty_database_url: str, folder: Path
) -> None:
    migrate(empty_database_url, folder, silent)
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(
            "insert into nextnest.procrastinate_migrations (name, package_version) values ('99.00.00_01_new.sql', '99')"
        )
    with pytest.raises(MigrationMissing, match=r"99\.00\.00_01_new"):
        migrate(empty_database_url, folder, silent)


def test_procrastinates_objects_live_in_our_schema_only(database_url: str) -> None:
    schemas = rows(
        database_url,
        "select distinct n.nspname from pg_class c join pg_namespace n on n.oid = relnamespace"
        " where relname like 'procrastinate%' union"
        " select distinct n.nspname from pg_proc p join pg_namespace n on n.oid = pronamespace"
        " where proname like 'procrastinate%'",
    )
    assert schemas == [("nextnest",)]
    recorded = rows(database_url, "select distinct package_version from nextnest.procrastinate_migrations")
    assert recorded == [(metadata.version("procrastinate"),)]


def test_nothing_of_the_schema_is_open_to_public_or_to_the_api_roles(
    api_roles: list[str], empty_database_url: str
) -> None:
    """As on Supabase, where whatever is made anew is open to those roles by default."""
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        for role in api_roles:
            for kind in ("tables", "sequences", "functions"):
                conn.execute(f"alter default privileges grant all on {kind} to {role}".encode())
    migrate(empty_database_url, say=silent)
    assert rows(empty_database_url, OPEN_DOORS) == []


@pytest.fixture
def api_roles(postgres_url: str) -> Iterator[list[str]]:
    """Supabase's two API roles; those that were not there are gone afterwards, when the test's database is."""
    roles = ["anon", "authenticated"]
    there = {name for (name,) in rows(postgres_url, "select rolname from pg_roles")}
    made = [role for role in roles if role not in there]
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        for role in made:
            conn.execute(f"create role {role}".encode())
        yield roles
        for role in made:
            conn.execute(f"drop role {role}".encode())


OPEN_DOORS = """
    with grants as (
        select relname as object, relacl as acl, relkind::text as kind, relowner as owner from pg_class
        where relnamespace = 'nextnest'::regnamespace and relkind in ('r', 'v', 'm', 'p', 'S')
        union all
        select proname, coalesce(proacl, acldefault('f', proowner)), 'f', proowner from pg_proc
        where pronamespace = 'nextnest'::regnamespace
        union all
        select nspname, nspacl, 'n', nspowner from pg_namespace where nspname = 'nextnest'
    )
    select object, kind, grantee::regrole, privilege_type from grants, aclexplode(acl)
    where grantee <> owner and grantee not in (select oid from pg_roles where rolname in (select role from nextnest.rights))
"""


def test_a_database_without_the_schema_lacks_everything_and_says_so(
    empty_database_url: str, folder: Path
) -> None:
    with psycopg.connect(empty_database_url) as conn:
        missing = schema_is_current(conn, folder)
        assert missing[-2:] == [FIRST, SECOND]
        assert conn.execute("select 1").fetchone() == (1,), "the transaction stays usable"


def test_a_file_with_another_kind_of_name_is_refused(empty_database_url: str, folder: Path) -> None:
    (folder / "more.sql").write_text("select 1;")
    with pytest.raises(MigrationError, match=r"more\.sql should be called"):
        migrate(empty_database_url, folder, silent)


def test_the_command_says_each_file_and_that_the_schema_is_current(empty_database_url: str) -> None:
    said = command(empty_database_url)
    assert said.returncode == 0, said.stderr
    assert "20261122000100_leads_brokers_conversations.sql" in said.stdout
    assert said.stdout.endswith("the schema is current\n")
    assert command(empty_database_url).stdout == "0 applied; the schema is current\n"


def test_the_command_says_in_one_line_that_the_database_is_away() -> None:
    said = command("postgresql://nobody@127.0.0.1:1/postgres")
    assert said.returncode == 1
    assert "127.0.0.1" in said.stderr
    assert "Traceback" not in said.stderr


def install_procrastinate_3_3(url: str) -> list[str]:
    """A database as version 3.3 left it, by the package's own migrations; the names of the later ones."""
    shipped = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    older = [path for path in shipped if path.name < "03.04"]
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("create schema nextnest")
        conn.execute("set search_path = nextnest")
        conn.execute(
            "create table procrastinate_migrations (name text primary key, package_version text not null)"
        )
        conn.execute("alter table procrastinate_migrations add applied_at timestamptz not null default now()")
        for path in older:
            conn.execute(path.read_bytes())
            conn.execute("insert into procrastinate_migrations values (%s, '3.3.0')", [path.name])
    return [path.name for path in shipped if path not in older]


def command(url: str) -> subprocess.CompletedProcess[str]:
    return forkserver.run("nextnest.migrate", environment={"DATABASE_URL": url})


def rows(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as conn:
        return conn.execute(query.encode()).fetchall()
