"""Upkeep's own jobs, which come every few seconds, are dropped after an hour without reading anybody else's."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from nextnest.store.statements import Statements
from nextnest.tasks import app
from nextnest.tasks.upkeep import _OUR_OWN

FORGET = Statements("jobs").forget_upkeep
Connection = psycopg.Connection[Any]


def job(conn: Connection, task: str, lock: str, hours_ago: float, status: str = "succeeded") -> int:
    """One that came to this state so many hours ago."""
    row = conn.execute(
        "insert into procrastinate_jobs (queue_name, task_name, queueing_lock) values ('default', %s, %s) returning id",
        [task, lock],
    ).fetchone()
    assert row
    for step in ("doing", status):
        conn.execute("update procrastinate_jobs set status = %s where id = %s", [step, row[0]])
    at = "update procrastinate_events set at = now() - make_interval(mins => %s) where job_id = %s"
    conn.execute(at, [int(hours_ago * 60), row[0]])
    return int(row[0])


@pytest.mark.parametrize("task", _OUR_OWN)
def test_every_task_of_upkeep_has_its_own_name_as_queueing_lock(task: str) -> None:
    assert app.tasks[task].queueing_lock == task


def test_old_jobs_of_upkeep_go_and_others_stay(database_url: str) -> None:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as conn:
        job(conn, "upkeep", "upkeep", 2)
        job(conn, "sweep-conversations", "sweep-conversations", 2, "failed")
        stay = {job(conn, "upkeep", "upkeep", 0.5), job(conn, "incoming-message", "incoming-1-1", 2)}
        assert FORGET.run(conn, tasks=_OUR_OWN, older_than_s=3600) == 2
        assert {row[0] for row in conn.execute("select id from procrastinate_jobs")} == stay


def test_dropping_them_reads_no_job_of_a_customer(database_url: str) -> None:
    """By the index alone, whatever the plan is made for: a month of jobs must not be read every fifteen seconds."""
    with psycopg.connect(database_url, options="-c search_path=nextnest") as conn:
        conn.execute("set enable_seqscan = off")
        conn.execute("set plan_cache_mode = force_generic_plan")
        plan = conn.execute(
            b"explain " + FORGET.sql, {"tasks": _OUR_OWN, "older_than_s": 3600}, prepare=True
        ).fetchall()
    assert [row for row in plan if "procrastinate_jobs_of_upkeep" in row[0]]
