"""Every view explains itself, and the page about metrics says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
SECTIONS = re.compile(
    r"^### `(?P<view>\w+)`\n\n(?P<about>.+)\n\n\| column \| means \|\n\|---\|---\|\n(?P<rows>(?:\|.*\n)+)",
    re.M,
)
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.S)
# What Grafana puts in place of its macros.
MACROS = (
    (r"\$__timeFilter\((\w+)\)", r"\1 between now() - interval '1 day' and now()"),
    (r"\$__timeGroup\((\w+), '1d'\)", r"date_bin('1 day', \1, 'epoch')"),
    (r"\$__timeFrom\(\)", "now()"),
)


@pytest.fixture(scope="module")
def conn(module_database_url: str) -> Iterator[psycopg.Connection[tuple[str, ...]]]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


def test_every_view_and_column_has_the_comment_that_the_page_shows(
    conn: psycopg.Connection[tuple[str, ...]],
) -> None:
    assert _commented(conn) == _written()


def test_every_view_runs_with_the_rights_of_its_reader(conn: psycopg.Connection[tuple[str, ...]]) -> None:
    rows = conn.execute(
        "select relname from pg_class where relnamespace = 'nextnest'::regnamespace and relkind = 'v'"
        " and not coalesce('security_invoker=true' = any (reloptions), false)"
    ).fetchall()
    assert rows == []


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: " ".join(query.split())[:40])
def test_every_query_on_the_page_runs(conn: psycopg.Connection[tuple[str, ...]], query: str) -> None:
    for macro, sql in MACROS:
        query = re.sub(macro, sql, query)
    conn.execute(query.encode())


def _commented(conn: psycopg.Connection[tuple[str, ...]]) -> dict[str, dict[str, str]]:
    """Every view with its comment as the column "", and its columns in their order."""
    rows = conn.execute(
        "select c.relname, '', coalesce(obj_description(c.oid), 'NO COMMENT'), 0 from pg_class c"
        " where c.relnamespace = 'nextnest'::regnamespace and c.relkind = 'v'"
        " union all select c.relname, a.attname, coalesce(col_description(c.oid, a.attnum), 'NO COMMENT'), a.attnum"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " where c.relnamespace = 'nextnest'::regnamespace and c.relkind = 'v' order by 1, 4"
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for view, column, comment, _ in rows:
        found.setdefault(view, {})[column] = comment
    return found


def _written() -> dict[str, dict[str, str]]:
    found = {}
    for section in SECTIONS.finditer(PAGE):
        rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section["rows"], re.M)
        found[section["view"]] = {"": section["about"], **dict(rows)}
    return found
