"""The exported migrations, applied as the Supabase CLI applies them, make the same database as the command does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from nextnest.migrate import MIGRATIONS, migrate
from tests import forkserver
from tests.catalog import schema_of
from tests.databases import in_database

PROJECT = Path(__file__).parent.parent
# The CLI's own pattern for its files, and how long it waits for a lock.
FILE_NAME = re.compile(r"([0-9]+)_(.*)\.sql")
LOCK_TIMEOUT = "4s"


def silent(_line: str) -> None:
    """Say nothing."""


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    folder = tmp_path / "supabase" / "migrations"
    assert "files in" in export(folder).stdout
    return folder


def export(folder: Path) -> subprocess.CompletedProcess[str]:
    return forkserver.run("nextnest.migrate", "export", str(folder), environment={})


def push(url: str, folder: Path) -> list[str]:
    """What `supabase db push` does: each missing file and its row in one transaction, statement by statement."""
    pushed = []
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("create schema if not exists supabase_migrations")
        conn.execute(
            "create table if not exists supabase_migrations.schema_migrations"
            " (version text not null primary key, statements text[], name text)"
        )
        conn.execute(sql.SQL("set lock_timeout = {}").format(LOCK_TIMEOUT))
        known = {row[0] for row in conn.execute("select version from supabase_migrations.schema_migrations")}
        files = {_parts(path)[0]: path for path in folder.iterdir()}
        assert known <= files.keys(), "the CLI refuses when the database knows a migration the folder lacks"
        for version in sorted(files.keys() - known):
            _push_file(conn, files[version])
            pushed.append(files[version].name)
    return pushed


def _push_file(conn: psycopg.Connection[object], path: Path) -> None:
    version, name = _parts(path)
    # In a pipeline without an explicit transaction, everything up to its end is one.
    with conn.pipeline():
        for statement in _statements(path):
            conn.execute(statement.encode())
        conn.execute(
            "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)",
            [version, name, _statements(path)],
        )


def _parts(path: Path) -> tuple[str, str]:
    parts = FILE_NAME.fullmatch(path.name)
    assert parts, path.name
    return parts[1], parts[2]


def _statements(path: Path) -> list[str]:
    """Split by a semicolon that is in no string, name, comment or dollar-quoted body."""
    piece = re.compile(r"""--[^\n]*|'[^']*'|"[^"]*"|(\$\w*\$).*?\1|;|[^;'"$-]+|.""", re.DOTALL)
    statements = [""]
    for found in piece.finditer(path.read_text()):
        if found[0] == ";":
            statements.append("")
        else:
            statements[-1] += found[0]
    return [statement for statement in statements if statement.strip()]


def test_pushing_the_export_makes_the_database_that_migrating_makes(
    exported: Path, empty_database_url: str, database_url: str
) -> None:
    pushed = push(empty_database_url, exported)
    assert pushed[-1] == sorted(path.name for path in MIGRATIONS.glob("*.sql"))[-1]
    by_push, by_command = schema_of(empty_database_url), schema_of(database_url)
    for kind, there in by_command.items():
        assert by_push[kind] == there, kind


def test_after_a_push_the_command_finds_nothing_to_do(exported: Path, empty_database_url: str) -> None:
    push(empty_database_url, exported)
    assert migrate(empty_database_url, say=silent) == []


def test_after_the_command_a_push_finds_nothing_to_do(exported: Path, database_url: str) -> None:
    assert push(database_url, exported) == []


def test_half_pushed_the_command_carries_on_and_the_reverse(exported: Path, empty_database_url: str) -> None:
    later = [path for path in exported.iterdir() if path.name > "20261122000300"]
    for path in later:
        path.rename(exported.parent / path.name)
    push(empty_database_url, exported)
    applied = migrate(empty_database_url, say=silent)
    assert applied == sorted(path.name for path in later)
    for path in later:
        (exported.parent / path.name).rename(path)
    assert push(empty_database_url, exported) == []


def test_a_database_from_before_exports_were_recorded_is_recorded_by_the_next_run(
    exported: Path, database_url: str
) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("delete from supabase_migrations.schema_migrations where name like 'procrastinate%'")
    assert migrate(database_url, say=silent) == []
    assert push(database_url, exported) == []


def test_exporting_again_changes_nothing_and_an_edited_file_is_refused_by_name(exported: Path) -> None:
    before = {path.name: path.read_text() for path in exported.iterdir()}
    assert export(exported).returncode == 0
    assert {path.name: path.read_text() for path in exported.iterdir()} == before
    edited = exported / "20261122000300_views.sql"
    edited.write_text("select 1;")
    refused = export(exported)
    assert (refused.returncode, edited.name in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr


def test_a_push_by_supabases_own_role_leaves_it_the_owner_and_works(
    exported: Path, empty_database_url: str
) -> None:
    """`postgres` is no superuser there."""
    name = empty_database_url.rpartition("/")[2]
    role = sql.Identifier(f"pusher_{name}")
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(sql.SQL("create role {} login createrole password 'pusher'").format(role))
        conn.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(name), role))
        url = in_database(re.sub(r"//[^@/]*@?", f"//pusher_{name}:pusher@", empty_database_url), name)
        push(url, exported)
        assert migrate(url, say=silent) == []
        conn.execute(sql.SQL("drop owned by {} cascade").format(role))
        conn.execute(sql.SQL("alter database {} owner to current_user").format(sql.Identifier(name)))
        conn.execute(sql.SQL("drop role {}").format(role))
