"""Large tables that live by updates are vacuumed early, and an update that needs no index touches none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from nextnest.store.statements import Statements

Connection = psycopg.Connection[Any]
ROUNDS = 40
VACUUMED_EARLY = ("procrastinate_jobs", "procrastinate_events", "outgoing_messages", "broker_conversations")


@pytest.fixture(scope="module")
def conn(module_database_url: str) -> Iterator[Connection]:
    with psycopg.connect(
        module_database_url, options="-c search_path=nextnest", autocommit=True
    ) as connection:
        yield connection


def counted(conn: Connection, table: str) -> tuple[int, int]:
    """Updates of a table so far, and how many of them stayed in their page."""
    conn.execute("select pg_stat_force_next_flush()")
    row = conn.execute(
        "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where schemaname = 'nextnest' and relname = %s",
        [table],
    ).fetchone()
    assert row
    return row[0], row[1]


def place_taken_and_given_back(conn: Connection) -> None:
    """By every broker in turn, in the product's own words."""
    brokers = Statements("brokers")
    ids: list[UUID] = [row["id"] for row in brokers.all_brokers.all(conn)]
    for number, broker_id in enumerate(ids):
        assert brokers.reserve_slot.run(conn, broker_id=broker_id, conversation_id=number) == 1
        assert brokers.release_slot.run(conn, conversation_id=number) == 1


def failure_noted_and_forgotten(conn: Connection) -> None:
    breakers = Statements("breakers")
    assert breakers.note_failure.run(conn, name="model", window_s=30.0, error="away") == 1
    assert breakers.forget_failures.run(conn, name="model") == 1


@pytest.mark.parametrize(
    ("table", "updates"),
    [("ai_brokers", place_taken_and_given_back), ("circuit_breakers", failure_noted_and_forgotten)],
)
def test_updates_of_a_hot_row_stay_in_their_page(conn: Connection, table: str, updates: Any) -> None:
    before = counted(conn, table)
    for _ in range(ROUNDS):
        updates(conn)
    made, hot = (now - then for now, then in zip(counted(conn, table), before, strict=True))
    assert made >= 2 * ROUNDS
    # The first updates may leave pages that were filled before there was a rule about room.
    assert hot >= 0.9 * made


@pytest.mark.parametrize("table", VACUUMED_EARLY)
def test_a_busy_table_is_vacuumed_long_before_a_fifth_of_it_is_dead(conn: Connection, table: str) -> None:
    row = conn.execute("select reloptions from pg_class where oid = %s::regclass", [table]).fetchone()
    assert row
    assert row[0], "default settings"
    options = dict(one.split("=") for one in row[0])
    assert float(options["autovacuum_vacuum_scale_factor"]) <= 0.02
