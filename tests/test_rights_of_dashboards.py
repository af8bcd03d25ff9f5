"""A dashboard's login: every figure, no word of anybody, and in nobody's way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from tests.databases import as_login, drop_login
from tests.house.test_views import MACROS
from tests.people_held import hold
from tests.pipelines.world import ROOT
from tests.test_personal_data import ERASED
from tests.test_rights import look


@pytest.fixture
def dashboards(database_url: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    url = as_login(database_url, "dashboards")
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as conn:
        yield conn
    drop_login(database_url, url)


def test_dashboards_read_every_view_but_what_was_said(
    database_url: str, dashboards: psycopg.Connection[dict[str, Any]]
) -> None:
    views = look(database_url, "select viewname from pg_views where schemaname = 'nextnest'")
    assert len(views) > 8
    for view in sorted({row["viewname"] for row in views} - {"transcript"}):
        dashboards.execute(sql.SQL("select * from {}").format(sql.Identifier(view))).fetchall()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        dashboards.execute("select * from transcript")


QUERIES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "metrics.md").read_text("utf-8"), re.DOTALL)
A_STEP = "select * from {}('5 min', now() - interval '1 h', now())"


def test_dashboards_may_ask_for_figures_per_any_step(dashboards: psycopg.Connection[dict[str, Any]]) -> None:
    for name in ("traffic_per", "brokers_per", "handovers_per", "jobs_per", "models_per"):
        dashboards.execute(sql.SQL(A_STEP).format(sql.Identifier(name)))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        dashboards.execute(sql.SQL(A_STEP).format(sql.Identifier("guard_per")))


def test_every_query_on_the_page_of_metrics_is_one_a_dashboard_may_ask(
    dashboards: psycopg.Connection[dict[str, Any]],
) -> None:
    assert len(QUERIES) > 3
    for query in QUERIES:
        for macro, meaning in MACROS:
            query = re.sub(macro, meaning, query)
        dashboards.execute(query.encode())


def test_dashboards_can_read_no_column_with_personal_data(database_url: str) -> None:
    readable = look(
        database_url,
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " where c.relnamespace = 'nextnest'::regnamespace and c.relkind in ('r', 'p') and not a.attisdropped"
        " and has_column_privilege('nextnest_readonly', c.oid, a.attnum, 'select')",
    )
    assert len(readable) > 20
    assert [row for row in readable if row["attname"] in ERASED.get(row["relname"], set())] == []


def test_a_dashboard_shows_figures_and_no_word_of_a_contact(
    database_url: str, dashboards: psycopg.Connection[dict[str, Any]]
) -> None:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as conn:
        held = hold(conn, 1)
    shown = "".join(
        str(dashboards.execute(sql.SQL("select * from {}").format(sql.Identifier(view))).fetchall())
        for view in (
            "broker_metrics",
            "handoffs",
            "response_times",
            "unanswered_messages",
            "unsettled_effects",
        )
    )
    assert str(held.conversation_id) in shown
    assert [word for word in held.words if word in shown] == []


def test_dashboards_cannot_write_nor_stand_in_the_way(
    dashboards: psycopg.Connection[dict[str, Any]],
) -> None:
    shown = {
        name: dashboards.execute(f"show {name}".encode()).fetchone()
        for name in ("default_transaction_read_only", "lock_timeout", "statement_timeout")
    }
    assert [list(row.values()) for row in shown.values() if row] == [["on"], ["2s"], ["30s"]]
