"""The task that adds up, in a real worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from nextnest.deferring import Planned
from tests.pipelines.world import World, running_world
from tests.store.facts import Facts

# Two runs' worth, and some.
HOURS = 70


def test_a_worker_takes_a_sample_and_makes_up_for_history_newest_first(
    database_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as conn:
        Facts(conn).lead(datetime.now(UTC) - timedelta(hours=HOURS))
    with running_world(database_url, tmp_path) as world:
        _run_now(world)
        world.until(lambda: _added_up(world) >= 40, 60)
        newest = world.rows("select max(hour) + interval '2 hours' > now() as fresh from rollup_traffic")
        assert newest == [{"fresh": True}]
        assert world.rows("select at from queue_depth")
        _run_now(world)
        world.until(lambda: _added_up(world) >= HOURS, 60)
        assert world.rows("select sum(leads)::int as leads from hourly_traffic") == [{"leads": 1}]


def _run_now(world: World) -> None:
    """What the clock does each minute; a job of its that waits is as good."""
    with psycopg.connect(world.database_url, options="-c search_path=nextnest") as conn:
        Planned("roll-up-hours", "roll-up-hours", None, {"timestamp": 0}).defer_sync(conn)


def _added_up(world: World) -> int:
    [row] = world.rows("select count(*) as hours from rollup_traffic")
    return int(row["hours"])
