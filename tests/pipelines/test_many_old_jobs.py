"""A night with a hundred thousand old jobs, while somebody holds a snapshot and customers go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.ended_jobs import many_ended_jobs
from tests.pipelines.world import World, running_world

pytestmark = pytest.mark.long
OLD = 100_000
LEFT = "select count(*) from procrastinate_jobs where task_name = 'long-ago'"


def open_session(database_url: str, *, autocommit: bool) -> psycopg.Connection[Any]:
    return psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=autocommit)


def value(conn: psycopg.Connection[Any], query: str) -> int:
    row = conn.execute(query.encode()).fetchone()
    assert row
    return int(row[0])


def begin_the_night(world: World) -> None:
    world.execute(
        "insert into procrastinate_jobs (queue_name, task_name, args)"
        " values ('default', 'retention', jsonb_build_object('timestamp', extract(epoch from now())::bigint))"
    )


def answered(world: World, number: int) -> None:
    """A customer comes, is greeted, asks and is answered; then the broker is free for the next one."""
    conversation_id = world.greeted(email=f"night-{number}@example.com", phone=f"9{number:07}")
    world.chatwoot.customer_says(conversation_id, "How long does it take?")
    world.until(lambda: len(world.said(conversation_id)) == 2)
    world.chatwoot.set_status(conversation_id, "resolved")


def customers_go_on(world: World, look: psycopg.Connection[Any]) -> list[int]:
    """One customer after the other is answered; how many old jobs were left after each, down to none."""
    left = [OLD]
    while left[-1]:
        answered(world, len(left))
        left.append(value(look, LEFT))
    return left


def test_a_hundred_thousand_old_jobs_vanish_in_batches_while_a_snapshot_is_held_and_customers_are_answered(
    database_url: str, tmp_path: Path
) -> None:
    with (
        open_session(database_url, autocommit=True) as look,
        open_session(database_url, autocommit=False) as holder,
        running_world(database_url, tmp_path) as world,
    ):
        many_ended_jobs(look, OLD, datetime.now(UTC) - timedelta(days=31))
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert value(holder, LEFT) == OLD
        begin_the_night(world)
        left = customers_go_on(world, look)
        assert [some for some in left if 0 < some < OLD], "they went piece by piece"
        assert value(holder, LEFT) == OLD, "the snapshot was held all along"
        world.until(world.quiet)
        assert world.rows("select id from procrastinate_jobs where status = 'failed'") == []
        assert world.rows("select * from unanswered_messages") == []
