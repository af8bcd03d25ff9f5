"""Migrations any tool can apply, on a system that goes on running."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from procrastinate.sql import queries
from psycopg import sql

from nextnest.migrate import MIGRATIONS
from nextnest.store.statements import Statement, read
from tests.databases import scratch_database

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(MIGRATIONS.glob("*.sql"))
PREVIOUS = sorted((ROOT / "tests" / "previous").iterdir())

# What ends the CLI's transaction, cannot run in one, or is psql's own; and what waits for locks in a way of its own.
FORBIDDEN = {
    "concurrently": r"\bconcurrently\b",
    "a command of psql": r"^\s*\\\w",
    "a transaction of its own": r"^\s*(begin|commit|rollback|start transaction)\s*;",
    "vacuum": r"^\s*vacuum\b",
    "a setting of the session": r"(\A|;)\s*set\s+(?!local\b)(session\s+)?\w+\s*(=|to)",
    "the schema left open": r"\bgrant\b.*\bto\s+(public|anon|authenticated|service_role)\b",
}
# Each makes Postgres write the whole table anew under its strictest lock.
REWRITES = re.compile(
    r"alter\s+column\s+\w+\s+(set\s+data\s+)?type\b|set\s+(un)?logged\b|add\s+column[^,;]*\b(stored|identity|gen_random_uuid)\b",
    re.IGNORECASE,
)
# A previous release, still running, would miss these.
TAKES_AWAY = re.compile(r"\b(drop\s+(table|column|view|function|schema|type)|rename)\b", re.IGNORECASE)


def statements_only(path: Path) -> str:
    """The file without its comments and without the bodies of functions."""
    return re.sub(r"--[^\n]*|\$(\w*)\$.*?\$\1\$", "", path.read_text("utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_is_named_for_the_cli_and_begins_with_what_it_is_for(path: Path) -> None:
    assert re.fullmatch(r"\d{14}_[a-z0-9_]+\.sql", path.name)
    first, second, *more = path.read_text("utf-8").splitlines()
    assert first.startswith("-- "), "a line that says what it is"
    assert second == "--", "then a paragraph"
    assert more[0].startswith("-- "), "of prose"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_can_be_pushed_by_the_supabase_cli(path: Path) -> None:
    text = statements_only(path)
    found = [
        what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
    ]
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_that_writes_a_table_anew_says_so(path: Path) -> None:
    if REWRITES.search(statements_only(path)):
        assert "rewrites" in path.read_text("utf-8"), "name the table and how long it may take"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_takes_nothing_away_that_a_running_release_may_use(path: Path) -> None:
    """A view may be made anew in the same file: it is never missing for others."""
    text = statements_only(path)
    for found in TAKES_AWAY.finditer(text):
        name = re.match(r"\s*(?:if\s+exists\s+)?(?:nextnest\.)?(\w+)", text[found.end() :])
        made_anew = name and re.search(rf"create (or replace )?(view|function) nextnest\.{name[1]}\b", text)
        assert made_anew, f"{found[0]} {name[1] if name else ''}"


def test_a_release_is_kept() -> None:
    assert PREVIOUS, "run scripts/keep_release.py"


@pytest.mark.parametrize("release", PREVIOUS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("role", ["owner", "nextnest_worker"])
def test_every_statement_of_a_previous_release_still_works(
    postgres_url: str, migrated_template: str, release: Path, role: str
) -> None:
    """While the new schema is there and the old web and worker still run, by the rights they may have."""
    with (
        scratch_database(postgres_url, migrated_template) as url,
        psycopg.connect(url, options="-c search_path=nextnest", autocommit=True) as conn,
    ):
        if role != "owner":
            conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        for path in release.glob("*.sql"):
            for statement in read(path).values():
                conn.execute(f"explain (generic_plan) {_numbered(statement)}".encode())


def test_the_installed_procrastinate_finds_the_schema_it_wants(
    postgres_url: str, migrated_template: str
) -> None:
    """Each of its own queries, as a worker may ask it."""
    asked = {name: query for name, query in queries.items() if "{" not in query}
    assert {"fetch_job", "defer_jobs", "finish_job", "update_heartbeat"} <= asked.keys()
    with (
        scratch_database(postgres_url, migrated_template) as url,
        psycopg.connect(url, options="-c search_path=nextnest", autocommit=True) as conn,
    ):
        conn.execute("set role nextnest_worker")
        for name, query in asked.items():
            conn.execute(f"explain (generic_plan) {_numbered(Statement(name, '', query.encode()))}".encode())


def _numbered(statement: Statement) -> str:
    """Named parameters as the server counts them."""
    seen: dict[str, int] = {}
    return re.sub(
        r"%\((\w+)\)s", lambda found: f"${seen.setdefault(found[1], len(seen) + 1)}", statement.sql.decode()
    )
