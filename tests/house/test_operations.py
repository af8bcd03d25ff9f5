"""What docs/operations.md tells an operator to look for is there to be found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nextnest import errors, tasks
from nextnest.rules.handoff import HandoffReason
from nextnest.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## When something fails\n")[1].split("\n## ")[0]
CODE = "".join(path.read_text() for folder in ("nextnest", "web") for path in (ROOT / folder).rglob("*.py"))
SQL = re.compile(r"(?:select|update|insert|delete) ")
NAMED = sorted({name for name in re.findall(r"`([^`]+)`", SECTION) if not SQL.match(name)})
LINES = sorted({line for line in re.findall(r"`([^`]+)`", PAGE) if SQL.match(line)})
# Answers of web and errors of packages, by their own names.
ELSEWHERE = {"Retry-After", "PoolTimeout", "CheckViolation"}
FAILURES = [
    "a worker is killed",
    "a worker hangs",
    "web is down",
    "away, or restarted",
    "its disk is full",
    "set back to an earlier moment",
    "slow",
    "429",
    "the answer is lost",
    "our token is refused",
    "key refused, or quota used up",
    "some are lost",
    "comes twice",
    "a broker should pause",
    "a limit is lowered",
    "the rollout is turned off",
    "the clocks",
]


@pytest.fixture(scope="module")
def conn(module_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(module_database_url, options="-c search_path=nextnest") as connection:
        yield connection


@pytest.mark.parametrize("name", NAMED)
def test_everything_named_beside_a_failure_exists(conn: psycopg.Connection[Any], name: str) -> None:
    assert _is_known_to_the_code(name) or _is_known_to_the_database(conn, name), name


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_sql_in_the_text_runs(conn: psycopg.Connection[Any], line: str) -> None:
    conn.execute(line.encode())
    conn.rollback()


def test_a_line_that_changes_a_broker_finds_her(conn: psycopg.Connection[Any]) -> None:
    updates = [line for line in LINES if line.startswith("update nextnest.ai_brokers")]
    assert len(updates) == 2
    for line in updates:
        assert conn.execute(line.encode()).rowcount == 1
    conn.rollback()


@pytest.mark.parametrize("failure", FAILURES)
def test_every_kind_of_failure_has_its_row(failure: str) -> None:
    rows = [line for line in SECTION.splitlines() if line.startswith("|")]
    assert [row for row in rows if failure in row.split("|")[1]]


def test_every_row_says_what_happens_by_itself() -> None:
    rows = [re.split(r" *\| *", row)[1:-1] for row in SECTION.splitlines() if row.startswith("|")]
    assert {len(row) for row in rows} == {4}
    assert [failure for failure, _, by_itself, _ in rows if not by_itself] == []


def _is_known_to_the_code(name: str) -> bool:
    return (
        name in ELSEWHERE
        or name in tasks.app.tasks
        or name.lower() in Settings.model_fields
        or hasattr(errors, name)
        or name in set(HandoffReason)
        or f'"{name}"' in CODE
        or f'"{name.removeprefix("nextnest_")}"' in CODE
    )


def _is_known_to_the_database(conn: psycopg.Connection[Any], name: str) -> bool:
    """A table, a view, one of their columns (`ai_replies.verdict`, or alone)."""
    table, _, column = name.partition(".")
    found = conn.execute(
        "select 1 from information_schema.columns where table_schema = 'nextnest'"
        " and ((%(column)s = '' and %(table)s in (table_name, column_name))"
        "      or (table_name = %(table)s and column_name = %(column)s))",
        {"table": table, "column": column},
    ).fetchone()
    return found is not None
