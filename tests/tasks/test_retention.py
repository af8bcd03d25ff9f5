"""What is too old goes by itself, by a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from croniter import croniter
from psycopg import AsyncConnection

from nextnest.database import conninfo
from nextnest.settings import Settings
from nextnest.tasks import app
from nextnest.tasks.retention import FAILED_KEPT_DAYS, REFUSED_KEPT_DAYS, forget
from tests.databases import as_login, drop_login
from tests.ended_jobs import many_ended_jobs
from tests.people_held import everything, found, hold, refuse
from tests.pipelines.world import running_world

Connection = psycopg.Connection[Any]
NOW = datetime(2030, 1, 1, 19, tzinfo=UTC)
KEPT = 100
# Several batches; a hundred thousand are dropped in the long tests, with whole pipelines beside them.
MANY = 5000


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """A look into the database that sees what others commit."""
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as connection:
        yield connection


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def run(
    database_url: str, *, retention_days: int = KEPT, jobs_kept_days: int = 30, **bounds: Any
) -> Counter[str]:
    """One night at NOW."""

    async def night() -> Counter[str]:
        async with await AsyncConnection.connect(
            conninfo(database_url, "test"), autocommit=True
        ) as connection:
            return await forget(
                connection, NOW, retention_days=retention_days, jobs_kept_days=jobs_kept_days, **bounds
            )

    return asyncio.run(night())


def ended_job(conn: Connection, status: str, at: datetime) -> int:
    """A job that came to this state then, with its events."""
    row = conn.execute(
        "insert into procrastinate_jobs (queue_name, task_name) values ('default', 'upkeep') returning id"
    ).fetchone()
    assert row
    if status not in {"todo", "cancelled"}:
        conn.execute("update procrastinate_jobs set status = 'doing' where id = %s", [row[0]])
    conn.execute("update procrastinate_jobs set status = %s where id = %s", [status, row[0]])
    conn.execute("update procrastinate_events set at = %s where job_id = %s", [at, row[0]])
    return int(row[0])


def many_old_contacts(conn: Connection, count: int) -> None:
    conn.execute(
        "insert into leads (raw, lead, contact_key, received_at)"
        " select '{}', '{}', 'person' || n || '@example.com', %s from generate_series(1, %s) n",
        [ago(KEPT + 1), count],
    )


@contextmanager
def deferring(database_url: str) -> Iterator[list[int]]:
    """Somebody defers one job after another meanwhile, and waits a second for a lock at most; their ids."""
    done, ids = Event(), list[int]()

    def defer() -> None:
        options = "-c search_path=nextnest -c lock_timeout=1s"
        with psycopg.connect(database_url, options=options, autocommit=True) as connection:
            while not done.wait(0.02):
                row = connection.execute(
                    "insert into procrastinate_jobs (queue_name, task_name) values ('default', 'any') returning id"
                ).fetchone()
                assert row
                ids.append(row[0])

    with ThreadPoolExecutor(1) as pool:
        deferring_all_along = pool.submit(defer)
        try:
            yield ids
        finally:
            done.set()
        deferring_all_along.result()


def test_who_has_been_silent_for_the_retention_is_erased_and_others_are_not(
    database_url: str, conn: Connection
) -> None:
    silent, recent = hold(conn, 1, at=ago(KEPT + 1)), hold(conn, 2, at=ago(KEPT - 1))
    assert run(database_url)["contacts"] == 1
    assert found(conn, silent) == []
    assert found(conn, recent) == list(recent.words)


def test_a_later_message_or_form_keeps_what_was_said_earlier(database_url: str, conn: Connection) -> None:
    wrote, came_back, second = (hold(conn, number, at=ago(KEPT + 1)) for number in (1, 2, 3))
    conn.execute(
        "insert into incoming_messages (conversation_id, message_id, content, source, received_at)"
        " values (%s, 99, 'Hello again', 'webhook', %s)",
        [wrote.conversation_id, ago(1)],
    )
    conn.execute("update leads set contact_id = %s where id = %s", [came_back.contact_id, second.lead_id])
    conn.execute("update leads set received_at = %s where id = %s", [ago(1), second.lead_id])
    assert run(database_url)["contacts"] == 0
    for held in (wrote, came_back, second):
        assert found(conn, held) == list(held.words)


def test_somebody_who_wrote_without_a_form_is_forgotten_too_and_again_after_coming_back(
    database_url: str, conn: Connection
) -> None:
    conn.execute(
        "insert into broker_conversations (conversation_id, created_at) values (7, %s)", [ago(KEPT + 9)]
    )
    for message_id in (1, 2):
        conn.execute(
            "insert into incoming_messages (conversation_id, message_id, content, source, received_at)"
            " values (7, %s, 'my kopi shop', 'webhook', %s)",
            [message_id, ago(KEPT + 9 - message_id)],
        )
        assert run(database_url)["contacts"] == 1
        assert "kopi" not in everything(conn)
        assert run(database_url)["contacts"] == 0


def test_a_conversation_nobody_closed_is_closed_and_its_place_is_free(
    database_url: str, conn: Connection
) -> None:
    silent = hold(conn, 1, status="active", at=ago(KEPT + 1))
    assert run(database_url)["contacts"] == 1
    assert found(conn, silent) == []
    assert conn.execute("select status from broker_conversations").fetchall() == [("resolved",)]
    assert conn.execute("select sum(current_workload) from ai_brokers").fetchall() == [(0,)]


def test_what_a_job_has_in_hand_is_left_for_the_next_night(database_url: str, conn: Connection) -> None:
    silent, other = hold(conn, 1, at=ago(KEPT + 2)), hold(conn, 2, at=ago(KEPT + 1))
    conn.execute(
        "insert into procrastinate_jobs (queue_name, task_name, lock, status)"
        " values ('default', 'incoming-message', 'conversation-101', 'doing')"
    )
    assert run(database_url)["contacts"] == 1
    assert (found(conn, silent), found(conn, other)) == (list(silent.words), [])


def test_one_contact_that_cannot_be_erased_keeps_nobody_else(database_url: str, conn: Connection) -> None:
    stubborn, other = hold(conn, 1, at=ago(KEPT + 2)), hold(conn, 2, at=ago(KEPT + 1))
    conn.execute(
        "alter table person_messages add constraint stubborn check (conversation_id <> 101 or content <> '')"
    )
    assert run(database_url)["contacts"] == 1
    assert (found(conn, stubborn), found(conn, other)) == (list(stubborn.words), [])


def test_zero_days_keep_contacts_for_ever(database_url: str, conn: Connection) -> None:
    silent = hold(conn, 1, at=ago(9999))
    assert run(database_url, retention_days=0)["contacts"] == 0
    assert found(conn, silent) == list(silent.words)


def test_refused_forms_go_sooner_even_when_contacts_are_kept(database_url: str, conn: Connection) -> None:
    refuse(conn, {"email": "old@"}, ago(REFUSED_KEPT_DAYS + 1))
    refuse(conn, {"email": "young@"}, ago(REFUSED_KEPT_DAYS - 1))
    assert run(database_url, retention_days=0)["refused_forms"] == 1
    assert "old@" not in everything(conn)
    assert "young@" in everything(conn)


def test_more_than_one_batch_is_forgotten_in_one_night(database_url: str, conn: Connection) -> None:
    many_old_contacts(conn, 450)
    assert run(database_url)["contacts"] == 450
    assert run(database_url)["contacts"] == 0


def test_what_the_time_of_a_night_leaves_goes_in_the_next(database_url: str, conn: Connection) -> None:
    many_old_contacts(conn, 3)
    ended_job(conn, "succeeded", ago(31))
    assert not any(run(database_url, longest_s=0).values())
    assert run(database_url) >= Counter(contacts=3, jobs=1)


def test_a_worker_that_stops_does_not_wait_for_the_night_to_end(database_url: str, conn: Connection) -> None:
    many_old_contacts(conn, 5)
    ended_job(conn, "succeeded", ago(31))

    def two_are_gone() -> bool:
        row = conn.execute("select count(*) from leads where state = 'erased'").fetchone()
        return row is not None and row[0] >= 2

    assert run(database_url, stopping=two_are_gone) == Counter(refused_forms=0, contacts=2)
    assert run(database_url) >= Counter(contacts=3, jobs=1)


def test_finished_jobs_go_with_their_events_and_unfinished_ones_stay(
    database_url: str, conn: Connection
) -> None:
    ended = ["succeeded", "aborted", "cancelled"]
    for status in ended:
        ended_job(conn, status, ago(31))
    stay = {ended_job(conn, status, ago(29)) for status in ended} | {ended_job(conn, "doing", ago(99))}
    stay.add(ended_job(conn, "todo", ago(99)))
    assert run(database_url)["jobs"] == 3
    assert {row[0] for row in conn.execute("select id from procrastinate_jobs")} == stay
    assert {row[0] for row in conn.execute("select job_id from procrastinate_events")} == stay


def test_failed_jobs_are_kept_longer_and_as_long_as_all_others_at_least(
    database_url: str, conn: Connection
) -> None:
    ended_job(conn, "failed", ago(FAILED_KEPT_DAYS + 1))
    stays = ended_job(conn, "failed", ago(FAILED_KEPT_DAYS - 1))
    assert run(database_url, jobs_kept_days=FAILED_KEPT_DAYS + 2)["jobs"] == 0
    assert run(database_url)["jobs"] == 1
    assert conn.execute("select id from procrastinate_jobs").fetchall() == [(stays,)]


def test_many_old_jobs_go_while_somebody_holds_a_snapshot_and_new_ones_are_deferred(
    database_url: str, conn: Connection
) -> None:
    """Statements come in pieces, so one second for a lock is plenty for whoever defers meanwhile."""
    many_ended_jobs(conn, MANY, ago(31))
    with psycopg.connect(database_url, options="-c search_path=nextnest") as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert reader.execute("select count(*) from procrastinate_jobs").fetchone() == (MANY,)
        with deferring(database_url) as deferred:
            assert run(database_url)["jobs"] == MANY
        assert reader.execute("select count(*) from procrastinate_jobs").fetchone() == (MANY,)
    assert deferred, "somebody deferred meanwhile"
    assert {row[0] for row in conn.execute("select id from procrastinate_jobs")} == set(deferred)


def test_a_job_somebody_has_locked_is_stepped_over(database_url: str, conn: Connection) -> None:
    locked, _other = ended_job(conn, "succeeded", ago(31)), ended_job(conn, "succeeded", ago(31))
    with psycopg.connect(database_url, options="-c search_path=nextnest") as holder:
        holder.execute("select from procrastinate_jobs where id = %s for update", [locked])
        assert run(database_url)["jobs"] == 1
    assert run(database_url)["jobs"] == 1


def test_what_the_worker_may_not_do_does_not_keep_old_records(database_url: str, conn: Connection) -> None:
    """Rows a policy hides from a lock would be passed over in silence, for ever."""
    ended_job(conn, "succeeded", ago(31))
    conn.execute(
        "insert into job_outcomes (job_id, attempt, task_name, outcome, started_at, finished_at)"
        " values (1, 0, 'incoming-message', 'succeeded', %(at)s, %(at)s)",
        {"at": ago(31)},
    )
    worker_url = as_login(database_url, "worker")
    try:
        done = run(worker_url)
    finally:
        drop_login(database_url, worker_url)
    assert (done["jobs"], done["outcomes"]) == (1, 1)


def test_jobs_that_ended_after_the_first_outcome_worth_keeping_are_not_even_read(
    database_url: str, conn: Connection
) -> None:
    """A night's last batch would otherwise read a month of jobs to find that none is left."""
    old, kept = ended_job(conn, "succeeded", ago(31)), ended_job(conn, "succeeded", ago(29))
    conn.execute(
        "insert into job_outcomes (job_id, attempt, task_name, outcome, started_at, finished_at)"
        " values (%(job)s, 0, 'upkeep', 'succeeded', %(at)s, %(at)s)",
        {"job": kept, "at": ago(29)},
    )
    later = ended_job(conn, "succeeded", ago(31))
    assert run(database_url)["jobs"] == 1
    ids = {row[0] for row in conn.execute("select id from procrastinate_jobs")}
    assert old not in ids
    assert {kept, later} == ids


def test_outcomes_go_with_the_jobs_age_and_what_views_need_stays(database_url: str, conn: Connection) -> None:
    for number, days in ((1, 31), (2, 29)):
        conn.execute(
            "insert into job_outcomes (job_id, attempt, task_name, outcome, started_at, finished_at)"
            " values (%s, 0, 'any', 'done', %s, %s)",
            [number, ago(days), ago(days)],
        )
    assert run(database_url)["outcomes"] == 1
    assert conn.execute("select job_id from job_outcomes").fetchall() == [(2,)]
    assert Settings.model_fields["nextnest_jobs_kept_days"].metadata[0].ge == 1


def test_it_runs_at_three_in_the_morning_in_singapore() -> None:
    [periodic] = [
        one for one in app.periodic_registry.periodic_tasks.values() if one.task.name == "retention"
    ]
    midday = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Singapore")).timestamp()
    due = datetime.fromtimestamp(croniter(periodic.cron).get_next(float, midday), ZoneInfo("Asia/Singapore"))
    assert (due.hour, due.minute) == (3, 0)


def test_the_worker_forgets_by_the_clock_that_deferred_the_job(database_url: str, tmp_path: Path) -> None:
    with running_world(database_url, tmp_path) as world:
        conversation_id = world.greeted()
        later = int(datetime.now(UTC).timestamp()) + 1096 * 24 * 3600
        world.execute(
            "insert into procrastinate_jobs (queue_name, task_name, args)"
            " values ('default', 'retention', jsonb_build_object('timestamp', %(at)s::bigint))",
            at=later,
        )
        world.until(lambda: world.rows("select id from leads where state = 'erased'"))
        world.until(lambda: world.chatwoot.conversation(conversation_id)["status"] == "resolved")
        assert world.chatwoot.settle()
        world.until(world.quiet)
        [row] = world.rows("select status, chatwoot_status from broker_conversations")
        assert row == {"status": "resolved", "chatwoot_status": "resolved"}
        with psycopg.connect(database_url) as look:
            left = everything(look)
        assert [word for word in ("Wei Ming", "weiming@example.com", "91234567") if word in left] == []
        world.chatwoot.customer_says(conversation_id, "Hello, it is me again")
        world.until(lambda: len(world.said(conversation_id)) == 2)
