"""The views for people add up to the facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.store.facts import Connection, Facts

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TRAFFIC = """(select sum(leads) as leads, sum(answered) as answered
              from traffic_per(interval '1 hour', now() - interval '2 days', now() + interval '1 hour')) s"""
CALLS = """(select sum(calls) as calls, sum(cost) as cost
            from models_per(interval '1 hour', now() - interval '2 days', now() + interval '1 hour')) s"""


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as connection:
        yield connection


@pytest.fixture
def facts(conn: Connection) -> Facts:
    return Facts(conn)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def test_a_brokers_figures_are_those_of_her_conversations(
    conn: Connection, facts: Facts, now: datetime
) -> None:
    for seconds in (1, 2, 3, 4, 50):
        facts.conversation(now - HOUR, first_response_s=seconds)
    facts.conversation(now - HOUR, handoff=(now, "unhappy"))
    conn.execute(
        "update broker_conversations set customer_messages = 2, broker_messages = 3, messages_exchanged = 5"
    )
    hers, *others = sorted(_rows(conn, "broker_metrics"), key=lambda row: row["broker_id"] != facts.broker)
    assert (hers["conversations"], hers["messages"], hers["handoffs"]) == (6, 30, 1)
    assert hers["handoff_rate"] == pytest.approx(1 / 6)
    assert (hers["first_response_p50_s"], hers["first_responses"]) == (3, 5)
    assert hers["first_response_p95_s"] == pytest.approx(40.8)
    assert all(row["conversations"] == 0 and row["first_response_p50_s"] is None for row in others)


def test_a_first_response_counts_from_the_form_not_from_when_chatwoot_could_be_reached(
    conn: Connection, facts: Facts, now: datetime
) -> None:
    lead = facts.lead(now - HOUR)
    facts.conversation(now - 10 * MINUTE, lead=lead, first_response_s=5)
    facts.conversation(now - 2 * HOUR, lead=lead, first_response_s=7)
    [hers] = [row for row in _rows(conn, "broker_metrics") if row["conversations"]]
    # Fifty minutes and five seconds for the first; the second was there before its form and counts from its own beginning.
    assert hers["first_response_p50_s"] == pytest.approx((3005 + 7) / 2)


def test_jobs_are_counted_by_state_and_only_what_could_run_has_an_age(
    conn: Connection, facts: Facts, now: datetime
) -> None:
    task = "incoming-message"
    facts.job(task, scheduled_at=now + HOUR)
    facts.job("sweep-conversations", scheduled_at=now + HOUR)
    facts.job(task, scheduled_at=now - 5 * MINUTE)
    facts.job(task)
    facts.job(task, "failed")
    facts.job(task, "doing")
    done = facts.job(task, "succeeded")
    for number, seconds in enumerate((1, 2, 9)):
        facts.outcome(done + number, task, now - HOUR, seconds)
    facts.outcome(done + 9, task, now - 25 * HOUR, 1000)
    rows = {row["task_name"]: row for row in _rows(conn, "queue_metrics")}
    ours = rows[task]
    assert [ours[name] for name in ("waiting", "due_later", "running", "failed", "ended")] == [3, 1, 1, 1, 3]
    assert ours["oldest_waiting_s"] == pytest.approx(300, abs=30)
    assert (ours["run_p50_s"], ours["run_p95_s"]) == (pytest.approx(2), pytest.approx(8.3))
    assert rows["sweep-conversations"]["oldest_waiting_s"] is None


def test_a_response_is_pause_and_work_and_neither_is_less_than_nothing(
    conn: Connection, facts: Facts, now: datetime
) -> None:
    talk = facts.conversation(now - HOUR)
    facts.answered(talk, now - HOUR, response_s=10, deliberate_s=4, queued_s=1)
    facts.answered(talk, now - HOUR, response_s=2, deliberate_s=4)
    facts.message(talk, now)
    rows = _rows(conn, "response_times order by message_id")
    found = [
        (row["response_s"], row["deliberate_wait_s"], row["processing_s"], row["queued_s"]) for row in rows
    ]
    assert found == [(10, 4, 6, 1), (2, 2, 0, 0)]


def test_a_handover_is_one_row_with_its_reason(conn: Connection, facts: Facts, now: datetime) -> None:
    facts.conversation(now - HOUR)
    talk = facts.conversation(now - HOUR, handoff=(now - MINUTE, "unhappy"))
    [row] = _rows(conn, "handoffs")
    assert (row["conversation_id"], row["broker_id"], row["handoff_reason"]) == (
        talk,
        facts.broker,
        "unhappy",
    )


def test_usage_is_the_sum_of_the_calls_by_singapores_day(conn: Connection, facts: Facts) -> None:
    late = datetime(2026, 3, 1, 15, 59, tzinfo=UTC)
    talk = facts.conversation(late)
    facts.call(talk, late)
    facts.call(talk, late + MINUTE, outcome="failed", cost=0.5)
    facts.call(talk, late + 2 * MINUTE)
    rows = _rows(conn, "ai_usage order by day")
    assert [(str(row["day"]), row["calls"], float(row["cost"])) for row in rows] == [
        ("2026-03-01", 1, 0.002),
        ("2026-03-02", 2, 0.502),
    ]
    assert [row["total_tokens"] for row in rows] == [110, 220]


def test_the_hours_of_a_day_add_up_to_its_facts(conn: Connection, facts: Facts, now: datetime) -> None:
    """Whatever the hour, the functions that add up see each fact once."""
    talk = facts.conversation(now - 20 * HOUR)
    for minutes in range(0, 1200, 37):
        facts.lead(now - minutes * MINUTE)
        facts.answered(talk, now - minutes * MINUTE, 2)
        facts.call(talk, now - minutes * MINUTE)
    [sums] = _rows(conn, TRAFFIC)
    assert sums == {"leads": 33, "answered": 33}
    [calls] = _rows(conn, CALLS)
    [usage] = _rows(conn, "(select sum(calls) as calls, sum(cost) as cost from ai_usage) s")
    assert calls == usage


def _rows(conn: Connection, of: str) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from {of}".encode()).fetchall()  # noqa: S608 - our own words
