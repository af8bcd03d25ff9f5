"""Jobs that ended long ago, as many as one likes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg


def many_ended_jobs(conn: psycopg.Connection[Any], number: int, at: datetime) -> None:
    """As many jobs that succeeded then, each with one event. `conn` may turn triggers off."""
    with conn.transaction():
        # Events are written here, with their age; the trigger would write them with today's.
        conn.execute("set local session_replication_role = replica")
        conn.execute(
            "with ended as (insert into procrastinate_jobs (queue_name, task_name, status)"
            " select 'default', 'long-ago', 'succeeded' from generate_series(1, %s) returning id)"
            " insert into procrastinate_events (job_id, type, at) select id, 'succeeded', %s from ended",
            [number, at],
        )
    conn.execute("analyze procrastinate_jobs, procrastinate_events")
