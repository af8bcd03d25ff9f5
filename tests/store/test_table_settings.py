"""Tables that live by updates are vacuumed early, and an update that needs no index touches none."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

UPDATES = 40
HOT = {
    "ai_brokers": "update nextnest.ai_brokers set active_conversations = array[%s::bigint], last_active_at = now()",
    "circuit_breakers": "update nextnest.circuit_breakers set failures = %s, last_failure_at = now()",
}
VACUUMED_EARLY = (
    "procrastinate_jobs",
    "procrastinate_events",
    "outgoing_messages",
    "broker_conversations",
    "ai_brokers",
    "circuit_breakers",
    "spend_days",
)


def counted(conn: psycopg.Connection[Any], table: str) -> tuple[int, int]:
    """Updates of a table so far, and how many of them stayed in their page."""
    conn.execute("select pg_stat_force_next_flush()")
    row = conn.execute(
        "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where schemaname = 'nextnest' and relname = %s",
        [table],
    ).fetchone()
    assert row
    return row[0], row[1]


@pytest.mark.parametrize("table", HOT)
def test_updates_of_a_hot_row_stay_in_their_page(database_url: str, table: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        before = counted(conn, table)
        for number in range(UPDATES):
            conn.execute(HOT[table].encode(), [number])
        updates, hot = (now - then for now, then in zip(counted(conn, table), before, strict=True))
    assert updates >= UPDATES
    assert hot >= 0.9 * updates


@pytest.mark.parametrize("table", VACUUMED_EARLY)
def test_a_busy_table_is_vacuumed_before_a_fifth_of_it_is_dead(database_url: str, table: str) -> None:
    with psycopg.connect(database_url) as conn:
        row = conn.execute(
            "select reloptions from pg_class where oid = %s::regclass", [f"nextnest.{table}"]
        ).fetchone()
    assert row
    assert row[0]
    options = dict(one.split("=") for one in row[0])
    assert float(options["autovacuum_vacuum_scale_factor"]) <= 0.02
