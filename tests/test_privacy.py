"""docs/privacy.md is true: of the schema, of what each group may read, and of what erasing leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.house.proofs import NAMED, ROOT, exists
from tests.people_held import hold
from tests.planting import plant
from tests.privacy_page import PAGE, described, sensitive
from tests.test_personal_data import run

Connection = psycopg.Connection[Any]
GROUPS = {
    "web": "nextnest_web",
    "worker": "nextnest_worker",
    "console": "nextnest_console",
    "dashboards": "nextnest_readonly",
}


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as connection:
        yield connection


def test_every_column_of_every_table_is_classified_once(conn: Connection) -> None:
    there = conn.execute(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " and not a.attisdropped where c.relnamespace = 'nextnest'::regnamespace and c.relkind in ('r', 'p')"
    ).fetchall()
    written = [(table, column) for table, one in described().items() for column in one.columns]
    assert set(there) - set(written) == set(), "decide in docs/privacy.md what these columns are"
    assert set(written) - set(there) == set(), "docs/privacy.md names columns that are not there"
    assert len(written) == len(set(written)), "a column stands in docs/privacy.md twice"


def test_who_reads_a_table_is_who_the_page_says(conn: Connection) -> None:
    for table, one in described().items():
        if not one.readers:
            continue
        telling = one.kinds.get("sensitive", []) + one.kinds.get("personal", [])
        assert {
            name for name, group in GROUPS.items() if _readable(conn, group, table, telling)
        } == one.readers, table


def test_nothing_sensitive_is_for_dashboards(conn: Connection) -> None:
    for table, column in sensitive():
        assert not _readable(conn, "nextnest_readonly", table, [column]), f"{table}.{column}"


def test_erasing_leaves_every_sensitive_column_blank(database_url: str, conn: Connection) -> None:
    somebody = hold(conn, 1)
    words = plant(conn, somebody)
    assert _left(conn, words) == set(words)
    done = run(database_url, "erase", "--lead", str(somebody.lead_id))
    assert done.returncode == 0, done.stderr
    assert _left(conn, words) == set()


def test_every_test_the_page_names_exists() -> None:
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert len(named) > 5
    assert [test for file, test in named if not exists(file, test)] == []


def test_periods_on_the_page_are_those_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    upkeep = (ROOT / "nextnest" / "tasks" / "upkeep.py").read_text(encoding="utf-8")
    retention = (ROOT / "nextnest" / "tasks" / "retention.py").read_text(encoding="utf-8")
    [events] = re.findall(r"^_EVENTS_KEPT_DAYS = (\d+)$", upkeep, re.MULTILINE)
    [refused] = re.findall(r"^REFUSED_KEPT_DAYS = (\d+)$", retention, re.MULTILINE)
    assert f"refused forms {refused} days" in text
    assert f"- kept: {events} days" in text.split("### `webhook_events`")[1].split("###")[0]


def _readable(conn: Connection, group: str, table: str, columns: list[str]) -> bool:
    rows = conn.execute(
        "select has_column_privilege(%s, %s::regclass, column_name, 'select') from unnest(%s::text[]) as column_name",
        [group, f"nextnest.{table}", columns],
    )
    return any(row[0] for row in rows)


def _left(conn: Connection, words: dict[tuple[str, str], str]) -> set[tuple[str, str]]:
    """The columns that still hold their word."""
    left = set()
    for (table, column), word in words.items():
        statement = sql.SQL("select {}::text from {}").format(*map(sql.Identifier, (column, table)))
        if any(word in (row[0] or "") for row in conn.execute(statement)):
            left.add((table, column))
    return left
