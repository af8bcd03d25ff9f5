"""Facts in, figures out: hours are added up as the facts say, however late they come and whoever adds them up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from nextnest.store import rollups
from nextnest.store.figures import Figures, Period
from tests.store.facts import Connection, Facts

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
HALF_PAST = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
LABELLED = ("hourly_brokers", "hourly_handovers", "hourly_jobs", "hourly_models", "hourly_guard")
# What histograms of classes 2^(1/8) wide promise.
ERROR = 0.045


def now() -> datetime:
    return datetime.now(UTC)


def this_hour() -> datetime:
    """When the hour began that is not over."""
    return now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as connection:
        yield connection


@pytest.fixture
def facts(conn: Connection) -> Facts:
    return Facts(conn)


def roll(url: str, *hours: datetime) -> None:
    """Add these hours up."""
    asyncio.run(_roll(url, hours))


def due(url: str, most: int = 1000) -> list[datetime]:
    async def ask() -> list[datetime]:
        async with _connection(url) as conn:
            return await rollups.due_hours(conn, most)

    return [hour.astimezone(UTC) for hour in asyncio.run(ask())]


def test_an_hour_is_the_sum_of_its_facts(database_url: str, conn: Connection, facts: Facts) -> None:
    hour = this_hour() - 2 * HOUR
    facts.lead(hour)
    facts.lead(hour + 59 * MINUTE)
    facts.lead(hour + MINUTE, "rejected")
    facts.lead(hour + HOUR)
    talk = facts.conversation(hour + MINUTE, first_response_s=4)
    for seconds in (2.0, 4.0, 8.0):
        facts.answered(talk, hour + 5 * MINUTE, seconds, deliberate_s=1.0)
    facts.message(talk, hour + 6 * MINUTE)
    roll(database_url, hour)
    row = _row(conn, "select * from hourly_traffic")
    assert row["hour"] == hour
    counted = [row[name] for name in ("leads", "refused_leads", "customer_messages", "replies", "answered")]
    assert counted == [2, 1, 4, 3, 3]
    assert row["response_p50_s"] == pytest.approx(4, rel=ERROR)
    assert row["response_p99_s"] == pytest.approx(8, rel=ERROR)
    assert row["deliberate_p95_s"] == pytest.approx(1, rel=ERROR)
    assert row["processing_p50_s"] == pytest.approx(3, rel=ERROR)


def test_labels_have_rows_of_their_own(database_url: str, conn: Connection, facts: Facts) -> None:
    hour = this_hour() - 2 * HOUR
    lead = facts.lead(hour)
    talk = facts.conversation(
        hour + MINUTE, lead=lead, first_response_s=2, handoff=(hour + 9 * MINUTE, "unhappy")
    )
    facts.reply(talk, hour + 2 * MINUTE)
    facts.call(talk, hour + 2 * MINUTE)
    facts.call(talk, hour + 3 * MINUTE, outcome="failed", latency_s=None)
    facts.draft(talk, hour + 2 * MINUTE)
    facts.draft(talk, hour + 2 * MINUTE, "figures", "promises")
    job = facts.job("incoming-message", "failed")
    facts.outcome(job, "incoming-message", hour + 4 * MINUTE, 3)
    facts.event(job, "deferred_for_retry", hour + 3 * MINUTE)
    facts.event(job, "failed", hour + 4 * MINUTE)
    roll(database_url, hour)
    broker = _row(conn, "select * from hourly_brokers")
    assert [broker[n] for n in ("conversations", "first_responses", "replies", "handoffs")] == [1, 1, 1, 1]
    # From the form on, a minute before there was a conversation.
    assert broker["first_response_p50_s"] == pytest.approx(62, rel=ERROR)
    assert float(broker["cost"]) == 0.004
    assert _rows(conn, "select reason, handovers from hourly_handovers") == [("unhappy", 1)]
    assert _rows(conn, "select task_name, ended, failed, put_back from hourly_jobs") == [
        ("incoming-message", 1, 1, 1)
    ]
    models = _rows(
        conn, "select calls, failed, input_tokens, cached_tokens, output_tokens from hourly_models"
    )
    assert models == [(2, 1, 200, 40, 20)]
    assert _rows(conn, "select rule, drafts from hourly_guard order by rule") == [
        ("figures", 1),
        ("passed", 1),
        ("promises", 1),
    ]


def test_adding_up_again_changes_nothing(database_url: str, conn: Connection, facts: Facts) -> None:
    hour = _some_history(facts)
    roll(database_url, hour)
    before = _everything(conn)
    roll(database_url, hour, hour)
    assert _everything(conn) == before


def test_two_workers_at_once_make_the_same_as_one(database_url: str, conn: Connection, facts: Facts) -> None:
    hour = _some_history(facts)
    roll(database_url, hour)
    once = _everything(conn)
    conn.execute("truncate rollup_traffic cascade")

    async def both() -> None:
        await asyncio.gather(*(_roll(database_url, [hour] * 5) for _ in range(4)))

    asyncio.run(both())
    assert _everything(conn) == once


def test_a_late_fact_is_in_the_next_sum_and_a_label_that_is_gone_is_not(
    database_url: str, conn: Connection, facts: Facts
) -> None:
    hour = _some_history(facts)
    roll(database_url, hour)
    facts.lead(hour + 30 * MINUTE)
    other = conn.execute("select id from ai_brokers order by name desc limit 1").fetchone()
    assert other
    conn.execute("update broker_conversations set broker_id = %s", [other[0]])
    roll(database_url, hour)
    assert _row(conn, "select leads from hourly_traffic")["leads"] == 2
    assert _rows(conn, "select broker_id, replies from hourly_brokers") == [(other[0], 1)]


def test_what_upkeep_has_dropped_of_its_own_jobs_stays_counted(
    database_url: str, conn: Connection, facts: Facts
) -> None:
    hour = this_hour() - 2 * HOUR
    job = facts.job("sweep-conversations", "failed")
    facts.event(job, "failed", hour + MINUTE)
    roll(database_url, hour)
    conn.execute("delete from procrastinate_jobs where id = %s", [job])
    roll(database_url, hour)
    assert _rows(conn, "select task_name, failed from hourly_jobs") == [("sweep-conversations", 1)]


def test_every_hour_since_the_first_fact_is_due_newest_first_and_an_hour_that_runs_is_not(
    database_url: str, facts: Facts
) -> None:
    assert due(database_url) == []
    facts.lead(this_hour() - 100 * HOUR + 10 * MINUTE)
    facts.lead(this_hour())
    hours = due(database_url)
    assert hours == [this_hour() - number * HOUR for number in range(1, 101)]
    assert due(database_url, most=3) == hours[:3]
    roll(database_url, *hours)
    assert [hour for hour in due(database_url) if hour < this_hour() - 2 * HOUR] == []


def test_an_hour_is_due_again_when_its_age_has_doubled_and_after_three_days_no_more(
    database_url: str, conn: Connection, facts: Facts
) -> None:
    facts.lead(this_hour() - 90 * HOUR)
    roll(database_url, *due(database_url))
    # Three hours: one just over, one two days ago, one four days ago; added up when they were half or two thirds as old.
    ends = {age: this_hour() - age * HOUR for age in (10, 48, 80)}
    for end in ends.values():
        _added_up(conn, end - HOUR, end + (now() - end) * 0.67)
    again = {hour for hour in due(database_url) if hour < this_hour() - 3 * HOUR}
    assert again == set()
    for end in ends.values():
        _added_up(conn, end - HOUR, end + (now() - end) * 0.45)
    again = {hour for hour in due(database_url) if hour < this_hour() - 3 * HOUR}
    assert again == {ends[10] - HOUR, ends[48] - HOUR}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Singapore", "Asia/Kolkata", "Europe/London"])
def test_the_zone_of_a_session_changes_no_hour(
    database_url: str, conn: Connection, facts: Facts, zone: str
) -> None:
    facts.lead(this_hour() - 5 * HOUR)
    conn.execute(f"alter database {conn.info.dbname} set timezone = '{zone}'".encode())
    roll(database_url, *due(database_url))
    found = _rows(conn, "select hour, leads from hourly_traffic where leads > 0")
    assert [(hour.astimezone(UTC), leads) for hour, leads in found] == [(this_hour() - 5 * HOUR, 1)]


def test_figures_are_the_same_before_and_after_adding_up(
    database_url: str, conn: Connection, facts: Facts
) -> None:
    talk = facts.conversation(this_hour() - 2 * HOUR, first_response_s=3)
    for minutes in (1, 30, 61, 90, 119):
        facts.lead(this_hour() - minutes * MINUTE)
        facts.answered(talk, this_hour() - minutes * MINUTE, 4, deliberate_s=2)
        facts.call(talk, this_hour() - minutes * MINUTE)
        facts.draft(talk, this_hour() - minutes * MINUTE, "figures")
    facts.lead(now())
    period = Period.last(24 * HOUR, HOUR)
    live = _figures(conn, period)
    roll(database_url, *due(database_url))
    assert _figures(conn, period) == live
    steps, total = live["traffic"]
    assert sum(row["leads"] for row in steps) == total["leads"] == 6
    assert sum(row["replies"] for row in steps) == total["replies"] == 5


def test_the_last_hour_is_read_in_minutes_and_its_total_is_theirs(conn: Connection, facts: Facts) -> None:
    for minutes in (2, 11, 29, 48):
        facts.lead(now() - minutes * MINUTE)
    facts.lead(now() - 70 * MINUTE)
    steps, total = Figures.of(conn, Period.last(HOUR, 5 * MINUTE)).traffic()
    assert total
    assert [row["leads"] for row in steps] == [1, 1, 1, 1]
    assert total["leads"] == 4


def test_hours_that_were_not_added_up_are_named_not_hidden(
    database_url: str, conn: Connection, facts: Facts
) -> None:
    facts.lead(this_hour() - 20 * HOUR)
    period = Period.last(24 * HOUR, HOUR)
    assert Figures.of(conn, period).missing == 17
    roll(database_url, *due(database_url))
    assert Figures.of(conn, period).missing == 0


def test_nothing_at_all_is_an_empty_chart(conn: Connection) -> None:
    figures = Figures.of(conn, Period.last(24 * HOUR, HOUR))
    assert (figures.traffic(), figures.missing) == (([], None), 0)
    assert [row["replies"] for row in figures.brokers()] == [0] * 5


def test_a_day_is_a_day_in_singapore(database_url: str, conn: Connection, facts: Facts) -> None:
    midnight = datetime(2026, 3, 28, 16, tzinfo=UTC)
    facts.lead(midnight - MINUTE)
    facts.lead(midnight)
    facts.lead(midnight + 23 * HOUR + 59 * MINUTE)
    hours = [midnight - HOUR, midnight, midnight + 23 * HOUR]
    roll(database_url, *hours)
    period = Period.last(timedelta(days=3), timedelta(days=1), now=midnight + 23 * HOUR + 59.5 * MINUTE)
    figures = Figures(conn, period, period.until, 0)
    days = [(row["at"].astimezone(UTC), row["leads"]) for row in figures.traffic()[0]]
    assert days == [(midnight - 24 * HOUR, 1), (midnight, 2)]


@pytest.mark.parametrize(
    ("span", "step", "count"),
    [
        (HOUR, 5 * MINUTE, 12),
        (24 * HOUR, HOUR, 24),
        (timedelta(days=7), 6 * HOUR, 28),
        (timedelta(days=30), 24 * HOUR, 30),
    ],
)
def test_a_period_is_whole_steps_of_singapores_clock_up_to_now(
    span: timedelta, step: timedelta, count: int
) -> None:
    for moment in (HALF_PAST, HALF_PAST + 30 * MINUTE, HALF_PAST + 30.1 * MINUTE):
        starts = Period.last(span, step, moment).starts
        assert len(starts) in {count, count - 1}
        assert all(later - earlier == step for earlier, later in pairwise(starts))
        assert starts[-1] <= moment <= starts[-1] + step
        assert starts[0].utcoffset() == timedelta(hours=8)
        assert (starts[0] - starts[0].replace(hour=0, minute=0)) % step == timedelta()


def test_a_sample_is_taken_once_a_minute_and_says_what_waits(
    database_url: str, conn: Connection, facts: Facts
) -> None:
    facts.job("incoming-message")
    facts.job("incoming-message", scheduled_at=now() - 90 * MINUTE)
    facts.job("incoming-message", scheduled_at=now() + 90 * MINUTE)
    talk = facts.conversation(now() - HOUR)
    facts.message(talk, now() - 10 * MINUTE)

    async def twice() -> list[bool]:
        async with _connection(database_url) as conn, conn.transaction():
            return [await rollups.take_sample(conn) for _ in range(2)]

    assert asyncio.run(twice()) == [True, False]
    row = _row(conn, "select * from queue_depth")
    assert (row["waiting"], row["running"], row["unanswered"], row["waiting_leads"]) == (2, 0, 1, 0)
    assert row["oldest_waiting_s"] == pytest.approx(5400, abs=30)
    assert row["oldest_unanswered_s"] == pytest.approx(600, abs=30)


def test_old_samples_go_and_young_ones_stay(database_url: str, conn: Connection) -> None:
    for days in (1, 39, 41, 50):
        conn.execute(
            "insert into queue_samples (at, waiting, running, unanswered, waiting_leads) values (%s, 0, 0, 0, 0)",
            [this_hour() - timedelta(days=days)],
        )

    async def forget() -> list[int]:
        async with _connection(database_url) as conn:
            return [await rollups.forget_samples(conn, 40, 1) for _ in range(3)]

    assert asyncio.run(forget()) == [1, 1, 0]
    assert len(_rows(conn, "select at from queue_samples")) == 2


PERCENTILES = """
    select (select percentile_disc(%(share)s) within group (order by s) from unnest(%(all)s::float8[]) s),
           (select nextnest.histogram_quantile(nextnest.histogram_sum(
                       nextnest.histogram(array(select jsonb_array_elements_text(piece)::float8))), %(share)s)
            from jsonb_array_elements(%(pieces)s) piece)
"""


@hypothesis(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.011, 600_000), min_size=1, max_size=60),
    st.sampled_from([0.5, 0.95, 0.99]),
    st.integers(1, 4),
)
def test_a_percentile_is_as_near_as_is_said_however_the_times_were_added_up(
    scratch: Connection, seconds: list[float], share: float, parts: int
) -> None:
    """Against the exact percentile of the database itself."""
    pieces = [seconds[part::parts] for part in range(parts)]
    row = scratch.execute(PERCENTILES, {"share": share, "all": seconds, "pieces": Jsonb(pieces)}).fetchone()
    assert row
    assert row[1] == pytest.approx(row[0], rel=ERROR)


def test_no_time_and_no_times(scratch: Connection) -> None:
    row = scratch.execute(
        "select nextnest.histogram_quantile(nextnest.histogram(array[0, 0.01]), 0.95),"
        " nextnest.histogram_quantile('{}', 0.5),"
        " nextnest.histogram('{}'), nextnest.histogram(null), nextnest.histogram_sum(null::int[])"
    ).fetchone()
    assert row == (0, None, [], [], [])


@pytest.fixture(scope="module")
def scratch(module_database_url: str) -> Iterator[Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


def _some_history(facts: Facts) -> datetime:
    hour = this_hour() - 4 * HOUR
    facts.lead(hour)
    talk = facts.conversation(hour, first_response_s=2, handoff=(hour + 9 * MINUTE, "unhappy"))
    facts.answered(talk, hour + MINUTE, 3, deliberate_s=1)
    facts.call(talk, hour + MINUTE)
    facts.draft(talk, hour + MINUTE)
    facts.outcome(1, "incoming-message", hour + MINUTE, 3)
    return hour


def _figures(conn: Connection, period: Period) -> dict[str, Any]:
    figures = Figures.of(conn, period)
    return {
        name: getattr(figures, name)()
        for name in ("traffic", "brokers", "handovers", "jobs", "models", "guard")
    }


def _everything(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    queries = {view: f"table {view} order by 1, 2" for view in LABELLED}
    found = {view: _rows(conn, query) for view, query in queries.items()}
    assert all(found.values())
    return found | {"traffic": [row[:-1] for row in _rows(conn, "select * from hourly_traffic order by 1")]}


def _added_up(conn: Connection, hour: datetime, at: datetime) -> None:
    conn.execute("update rollup_traffic set rolled_at = %s where hour = %s", [at, hour])


def _rows(conn: Connection, statement: str) -> list[tuple[Any, ...]]:
    return conn.execute(statement.encode()).fetchall()


def _row(conn: Connection, statement: str) -> dict[str, Any]:
    cursor = conn.execute(statement.encode())
    row = cursor.fetchone()
    assert row
    assert cursor.description
    return dict(zip([column.name for column in cursor.description], row, strict=True))


async def _roll(url: str, hours: Any) -> None:
    async with _connection(url) as conn:
        for hour in hours:
            async with conn.transaction():
                await rollups.roll_up(conn, hour)


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(
        url, options="-c search_path=nextnest", autocommit=True
    ) as conn:
        yield conn
