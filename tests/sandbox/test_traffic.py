"""The made-up past: true in itself, the same for the same seed, and recognisable as made up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from nextnest.replay import replay
from nextnest.store import rollups
from sandbox.traffic import CONVERSATIONS_FROM, NotAllowed, fill
from sandbox.traffic.hours import SINGAPORE, arrivals, outages
from sandbox.traffic.rows import COLUMNS
from sandbox.traffic.thread import SEEDS
from tests.databases import as_login, drop_login

PROJECT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
COUNT = 900
Conn = psycopg.Connection[dict[str, Any]]


@pytest.fixture(scope="module")
def past(module_database_url: str) -> Iterator[Conn]:
    """Three days with every kind of event in them."""
    fill(module_database_url, 7, NOW, conversations=COUNT, days=3)
    with connected(module_database_url) as conn:
        yield conn


def connected(url: str) -> Conn:
    options = "-c search_path=nextnest,public"
    return psycopg.connect(url, row_factory=dict_row, autocommit=True, options=options)


@pytest.mark.parametrize(
    "view", ["broker_capacity_drift", "unanswered_messages", "waiting_leads", "unsettled_effects"]
)
def test_nothing_is_left_open_that_somebody_would_have_to_mend(past: Conn, view: str) -> None:
    assert past.execute(sql.SQL("select * from {}").format(sql.Identifier(view))).fetchall() == []


def test_every_view_answers(past: Conn) -> None:
    for row in past.execute("select viewname from pg_views where schemaname = 'nextnest'").fetchall():
        past.execute(sql.SQL("select * from {}").format(sql.Identifier(row["viewname"]))).fetchall()


def test_every_foreign_key_points_at_a_row(past: Conn) -> None:
    keys = past.execute(FOREIGN_KEYS).fetchall()
    assert len(keys) > 10
    for key in keys:
        assert past.execute(key["orphans"]).fetchone() == {"orphans": 0}, key["orphans"]


def test_counters_are_what_was_said(past: Conn) -> None:
    assert past.execute(WRONG_COUNTERS).fetchall() == []


def test_days_and_conversations_cost_what_their_calls_cost(past: Conn) -> None:
    assert past.execute(WRONG_SPENDING).fetchall() == []
    assert past.execute("select count(*) > 100 as many from ai_calls").fetchone() == {"many": True}


def test_every_job_has_ended_and_its_events_tell_how(past: Conn) -> None:
    assert past.execute(ODD_JOBS).fetchall() == []


def test_every_kind_of_event_is_in_three_days(past: Conn) -> None:
    found = past.execute(KINDS).fetchone()
    assert found is not None
    missing = [kind for kind, there in found.items() if not there]
    assert missing == []


def test_jobs_of_a_batch_are_numbered_as_they_were_deferred(database_url: str) -> None:
    fill(database_url, 7, NOW, conversations=100)
    with connected(database_url) as conn:
        rows = conn.execute("select at from procrastinate_events where type = 'deferred' order by job_id")
        deferred = [row["at"] for row in rows]
    assert len(deferred) > 100
    assert deferred == sorted(deferred)


def test_every_minute_has_its_sample_of_what_was_unanswered_then(past: Conn) -> None:
    found = past.execute(WRONG_SAMPLES).fetchall()
    assert found == []
    busy = past.execute(
        "select count(*) as n from queue_samples where unanswered > 0 and running > 0"
    ).fetchone()
    assert busy is not None
    assert busy["n"] > 20


async def test_hours_are_added_up_again_when_a_past_comes_into_them(database_url: str) -> None:
    now = datetime.now(UTC)
    hours = [now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago) for ago in (3, 90)]
    with connected(database_url) as conn:
        for hour in hours:
            conn.execute(A_ROLLED_HOUR, [hour])
        fill(conn, 3, now, conversations=60, days=5)
    async with await psycopg.AsyncConnection.connect(
        database_url, row_factory=dict_row, options="-c search_path=nextnest"
    ) as asynchronous:
        assert set(hours) <= set(await rollups.due_hours(asynchronous, 1000))


def test_a_transcript_is_in_the_order_of_its_numbers(past: Conn) -> None:
    assert past.execute(OUT_OF_ORDER).fetchall() == []


def test_nothing_happens_after_now(past: Conn) -> None:
    for table in COLUMNS:
        for column in past.execute(MOMENTS, [table]).fetchall():
            if column["name"] != "remind_at":
                newest = past.execute(
                    sql.SQL("select max({}) as at from {}").format(
                        sql.Identifier(column["name"]), sql.Identifier(table)
                    )
                ).fetchone()
                assert newest is not None
                assert newest["at"] is None or newest["at"] <= NOW, (table, column)


def test_an_answer_takes_its_wait_and_some_work(past: Conn) -> None:
    found = past.execute(
        "select min(processing_s) as work, max(deliberate_wait_s) as wait from response_times"
    )
    times = found.fetchone()
    assert times is not None
    assert times["work"] > 0
    assert times["wait"] <= 6, "rules/timing.py waits no longer"


def test_calculations_give_today_what_they_gave_then(past: Conn) -> None:
    with psycopg.connect(
        past.info.dsn, password=past.info.password, options="-c search_path=nextnest"
    ) as conn:
        ids = conn.execute("select distinct conversation_id from tool_runs").fetchall()
        said: list[str] = []
        assert all(replay(conn, row[0], said.append) for row in ids)
    assert not any("the formula is" in line for line in said), "the stories tell of today's formula"


def test_brokers_have_room_for_whoever_comes_next(past: Conn) -> None:
    brokers = past.execute("select current_workload, max_concurrent_chats from ai_brokers").fetchall()
    assert all(row["current_workload"] <= row["max_concurrent_chats"] - 2 for row in brokers)
    assert sum(row["current_workload"] for row in brokers) > 0


def test_everybody_is_made_up(past: Conn) -> None:
    real = past.execute(
        "select lead from leads where contact_key not like '%@example.com' or lead ->> 'phone' not like '+65800_____'"
    )
    assert real.fetchall() == []
    outside = past.execute(
        "select 1 as found from broker_conversations where conversation_id < %s", [CONVERSATIONS_FROM]
    )
    assert outside.fetchall() == []


def test_the_same_seed_and_moment_tell_the_same_story(database_url: str) -> None:
    fill(database_url, 3, NOW, conversations=40)
    first = everything(database_url)
    with connected(database_url) as conn:
        conn.execute(EMPTY)
    fill(database_url, 3, NOW, conversations=40)
    assert everything(database_url) == first


def test_the_same_seed_again_adds_nothing(database_url: str) -> None:
    fill(database_url, 3, NOW, conversations=40)
    before = everything(database_url)
    assert fill(database_url, 3, NOW + timedelta(hours=5), conversations=40).conversations == []
    assert everything(database_url) == before


def test_another_seed_adds_another_story(database_url: str) -> None:
    first = fill(database_url, 3, NOW, conversations=30)
    second = fill(database_url, 4, NOW, conversations=30)
    assert len({*first.conversations, *second.conversations}) == 60
    with connected(database_url) as conn:
        assert conn.execute("select * from broker_capacity_drift").fetchall() == []
        assert conn.execute(WRONG_SPENDING).fetchall() == []


def test_seeds_far_apart_share_their_numbers_and_that_is_known() -> None:
    assert SEEDS * 1_000_000 + CONVERSATIONS_FROM < 1_000_000_000


def test_whoever_may_not_write_a_past_is_told_so(database_url: str) -> None:
    login = as_login(database_url, "worker")
    try:
        with pytest.raises(NotAllowed):
            fill(login, 3, NOW, conversations=5)
    finally:
        drop_login(database_url, login)
    assert everything(database_url)["leads"] == []


def test_evenings_are_busier_than_nights() -> None:
    hours = [moment.astimezone(SINGAPORE).hour for moment in arrivals(Random(1), NOW, 20, 4000)]
    assert sum(20 <= hour <= 21 for hour in hours) > 8 * sum(2 <= hour <= 3 for hour in hours)


def test_outages_do_not_overlap_and_are_over() -> None:
    found = outages(Random(1), NOW, 30).all
    assert len(found) > 10
    assert all(one.end <= next_one.start for one, next_one in pairwise(found))
    assert found[-1].end < NOW - timedelta(minutes=30)
    assert {one.what for one in found} == {"model", "chatwoot"}


def test_a_database_with_real_leads_is_left_alone_until_somebody_says_so(database_url: str) -> None:
    with connected(database_url) as conn:
        conn.execute("insert into leads (raw, lead) values ('{}', '{}')")
    refused = command(database_url)
    assert refused.returncode == 1
    assert "--yes-into-this-database" in refused.stderr
    assert len(everything(database_url)["leads"]) == 1
    assert command(database_url, "--yes-into-this-database").returncode == 0
    assert len(everything(database_url)["leads"]) == 6


def test_a_database_without_our_tables_is_named(empty_database_url: str) -> None:
    refused = command(empty_database_url)
    assert refused.returncode == 1
    assert "make migrate" in refused.stderr


def test_without_a_demo_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    refused = command("", folder=tmp_path)
    assert refused.returncode == 1
    assert "make demo" in refused.stderr


def command(url: str, *options: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.traffic", "--conversations", "5", *options],
        env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(PROJECT)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def everything(url: str) -> dict[str, list[Any]]:
    """Every row that was told, without the numbers that go on counting when tables are emptied."""
    found: dict[str, list[Any]] = {}
    with psycopg.connect(url, options="-c search_path=nextnest") as conn:
        for table, columns in COLUMNS.items():
            names = [name for name in columns.split() if name not in {"id", "job_id", "settled_by_job"}]
            rows = conn.execute(
                sql.SQL("select {} from {}").format(
                    sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(table)
                )
            )
            found[table] = sorted(map(repr, rows.fetchall()))
        spent = conn.execute("select day, sum(spent) from spend_days group by day order by day")
        found["spend"] = spent.fetchall()
        held = conn.execute("select active_conversations from ai_brokers order by slug")
        found["held"] = held.fetchall()
    return found


FOREIGN_KEYS = """
select format('select count(*) as orphans from %s a where %s and not exists (select from %s b where %s)',
              conrelid::regclass,
              (select string_agg(format('a.%I is not null', c.attname), ' and ') from unnest(conkey) k
               join pg_attribute c on c.attrelid = conrelid and c.attnum = k),
              confrelid::regclass,
              (select string_agg(format('a.%I = b.%I', c.attname, f.attname), ' and ')
               from unnest(conkey, confkey) as k (mine, theirs)
               join pg_attribute c on c.attrelid = conrelid and c.attnum = k.mine
               join pg_attribute f on f.attrelid = confrelid and f.attnum = k.theirs)) as orphans
from pg_constraint where contype = 'f' and connamespace = 'nextnest'::regnamespace"""

WRONG_COUNTERS = """
with ours as (
    select conversation_id, count(*) as n, min(sent_at) as first_at, max(sent_at) as last_at from outgoing_messages
    where state = 'sent' and kind in ('greeting', 'waiting_notice', 'reply', 'handoff_notice', 'failure_notice')
    group by conversation_id
), theirs as (select conversation_id, count(*) as n, max(sent_at) as last_at from incoming_messages group by conversation_id)
select c.conversation_id from broker_conversations c
join ours using (conversation_id) left join theirs using (conversation_id)
where c.broker_messages <> ours.n or c.customer_messages <> coalesce(theirs.n, 0)
   or c.messages_exchanged <> c.broker_messages + c.customer_messages or c.first_response_at <> ours.first_at
   or c.last_message_at <> greatest(ours.last_at, theirs.last_at)
union all
select conversation_id from outgoing_messages
where counted <> (state = 'sent'
                  and kind in ('greeting', 'waiting_notice', 'reply', 'handoff_notice', 'failure_notice'))"""

WRONG_SPENDING = """
select day::text as what from (
    select day, sum(spent) as spent from spend_days group by day) d
full join (select day, sum(cost) as cost from ai_calls group by day) c using (day) where spent is distinct from cost
union all
select conversation_id::text from conversation_spend s
full join (select conversation_id, sum(cost) as cost from ai_calls group by conversation_id) c using (conversation_id)
where spent is distinct from cost
union all
select conversation_id::text from ai_replies r
full join (select conversation_id, sum(cost) as paid from ai_calls group by conversation_id) c using (conversation_id)
group by conversation_id, paid having sum(r.cost) is distinct from paid"""

ODD_JOBS = """
select j.id, j.task_name, j.status from procrastinate_jobs j
left join lateral (
    select count(*) filter (where type = 'deferred') as deferred, count(*) filter (where type = 'started') as started,
           count(*) filter (where type = 'deferred_for_retry') as retried,
           (array_agg(type::text order by at desc, id desc))[1] as last, min(at) as first_at
    from procrastinate_events where job_id = j.id) e on true
left join job_outcomes o on o.job_id = j.id
where j.status not in ('succeeded', 'failed') or e.deferred <> 1 or e.started <> e.retried + 1 or e.last <> j.status::text
   or o.job_id is null or (o.outcome = 'failed') <> (j.status = 'failed') or o.started_at > o.finished_at
   or o.attempt + 1 <> j.attempts or j.attempts > 3 or e.first_at > o.started_at
union all
select j.id, j.task_name, j.status from procrastinate_jobs j
left join lost_attempts a on a.job_id = j.id and a.reason <> 'handed back'
group by j.id having count(a.id) <> j.attempts - (j.status = 'succeeded')::int"""

KINDS = """
select exists (select from broker_conversations where status = 'active') as active,
       exists (select from broker_conversations where status = 'handed_off' and taken_at is not null) as taken,
       exists (select from broker_conversations where status = 'resolved' and held_by = 'ai') as resolved,
       exists (select from broker_conversations where handoff_reason = 'model_unavailable') as gave_up,
       exists (select from outgoing_messages where kind = 'waiting_notice') as waited,
       exists (select from outgoing_messages where state = 'withheld') as withheld,
       exists (select from ai_replies where outcome = 'rejected') as rejected,
       exists (select from ai_replies where outcome = 'superseded') as superseded,
       exists (select from tool_runs) as calculated,
       exists (select from person_messages) as written_by_people,
       exists (select from incoming_messages where state = 'left_to_person') as left_to_people,
       exists (select from incoming_messages where source = 'sweep') as swept,
       exists (select from procrastinate_jobs where status = 'failed') as failed,
       exists (select from procrastinate_jobs where status = 'succeeded' and attempts > 1) as rescued,
       exists (select from procrastinate_jobs where task_name = 'open-conversation') as opened_late,
       exists (select from webhook_events) as webhooks,
       exists (select from handover_briefs) as briefs,
       exists (select from circuit_breakers where closed_at is not null) as outages"""

A_ROLLED_HOUR = """
insert into rollup_traffic
    (hour, leads, refused_leads, customer_messages, replies, answered, response, deliberate, processing)
values (%s, 0, 0, 0, 0, 0, '{}', '{}', '{}')"""

WRONG_SAMPLES = """
select s.at from queue_samples s left join (
    select s.at, count(*) as n, min(m.received_at) as oldest from queue_samples s
    join incoming_messages m on m.received_at <= s.at
    join job_outcomes o on o.job_id = m.settled_by_job and o.finished_at > s.at group by s.at) f using (at)
where s.unanswered <> coalesce(f.n, 0)
   or abs(coalesce(s.oldest_unanswered_s, 0) - coalesce(extract(epoch from s.at - f.oldest), 0)) > 0.001
union all
select now() where (select count(*) from queue_samples) not between 3 * 1440 - 2 and 3 * 1440"""

OUT_OF_ORDER = """
select conversation_id, message_id from (
    select conversation_id, message_id, at, lag(at) over (partition by conversation_id order by message_id) as before
    from transcript) t
where at < before"""

MOMENTS = """
select attname as name from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped and atttypid = 'timestamptz'::regtype"""

EMPTY = """
truncate queue_samples, leads, broker_conversations, procrastinate_jobs, job_outcomes, webhook_events,
    swept_conversations, spend_days, lost_attempts restart identity cascade;
update ai_brokers set active_conversations = '{}', last_active_at = null"""
