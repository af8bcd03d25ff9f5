"""What we measure is true, and what measures is never in a customer's way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pipelines.world import ROOT, World, running_world

# The views only people and the metrics page read.
FOR_PEOPLE = "broker_metrics, queue_metrics, response_times, handoffs, ai_usage"
# A warm worker is told of a job at once, and looks four times a second besides.
AT_ONCE_S = 1.5


@pytest.fixture
def unhurried(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A little of the human-like wait."""
    with running_world(database_url, tmp_path, NEXTNEST_PACE="0.3") as world:
        yield world


def test_a_response_time_tells_what_was_waited_on_purpose_from_what_the_work_took(unhurried: World) -> None:
    world = unhurried
    conversation_id = world.greeted()
    for text in ("What is TDSR?", "And what is MSR?", "Thank you. Which one is stricter?"):
        _answered(world, conversation_id, text)
    rows = world.rows(
        "select *, extract(epoch from replied_at - received_at)::double precision as seen_s,"
        " extract(epoch from started_at - received_at)::double precision as queued_s from response_times"
    )
    assert len(rows) == 3
    for row in rows:
        assert row["deliberate_wait_s"] > 0
        assert 0 < row["processing_s"] < row["seen_s"]
        assert row["seen_s"] == pytest.approx(row["deliberate_wait_s"] + row["processing_s"])
    assert min(row["queued_s"] for row in rows) < AT_ONCE_S


def test_a_customer_is_served_although_everything_that_measures_is_broken(
    database_url: str, tmp_path: Path
) -> None:
    with running_world(database_url, tmp_path, workers=0) as world, _worker_whose_log_nobody_takes(world):
        world.execute(f"drop view {FOR_PEOPLE}")
        conversation_id = world.greeted()
        _answered(world, conversation_id, "Which documents do I need?")
        assert len(world.said(conversation_id)) == 2


@contextmanager
def _worker_whose_log_nobody_takes(world: World) -> Iterator[None]:
    """Whatever collected its lines is gone: from its first line on every further one fails."""
    command = [sys.executable, "-m", "procrastinate", "--app=nextnest.tasks.app", "worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=world.environment, stderr=subprocess.PIPE)
    assert worker.stderr
    worker.stderr.readline()
    worker.stderr.close()
    try:
        yield
        assert worker.poll() is None
    finally:
        worker.kill()
        worker.wait()


def _answered(world: World, conversation_id: int, text: str) -> None:
    asked = world.chatwoot.customer_says(conversation_id, text)
    lock = f"incoming-{conversation_id}-{asked['id']}"
    world.until(lambda: world.outcome_of(lock) == "answered", seconds=40)
