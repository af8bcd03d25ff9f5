"""Dead, hanging and deadly: who takes over from a worker, and what a worker may still do when it wakes up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.killing.gate import Boundary
from tests.pipelines.killing.lane import RECOVERED_WITHIN_S, Lane
from tests.pipelines.killing.matrix import open_lanes
from tests.pipelines.killing.scenarios import ANSWERED, GREETED, Case, Scenario, Sent, always_true

MESSAGE = "POST /conversations/#/messages"
# Three attempts, as everywhere.
DEATHS = 3
# A worker that hangs in the middle of a transaction keeps its locks until Postgres ends its session, after a minute.
LOCKS_FREE_AFTER_S = 60


@pytest.fixture
def lane(postgres_url: str, migrated_template: str, tmp_path: Path) -> Iterator[Lane]:
    with open_lanes(1, postgres_url, migrated_template, tmp_path) as [only]:
        yield only


@pytest.fixture
def unhurried_lane(postgres_url: str, migrated_template: str, tmp_path: Path) -> Iterator[Lane]:
    """Human-like waits, so that a worker can hang in one."""
    with open_lanes(1, postgres_url, migrated_template, tmp_path, NEXTNEST_PACE="1") as [only]:
        yield only


@pytest.mark.parametrize(
    "boundary",
    [
        Boundary("rescue_job", 1, "after"),
        pytest.param(Boundary("rescue_job", 1, "before"), marks=pytest.mark.long),
        pytest.param(Boundary("COMMIT after note_lost", 1, "after"), marks=pytest.mark.long),
    ],
    ids=str,
)
def test_a_worker_killed_while_it_rescues_leaves_the_rescue_to_the_next(
    lane: Lane, boundary: Boundary
) -> None:
    case = lane.prepared(GREETED)
    lane.strike_at(Boundary(MESSAGE, 2, "after"))
    GREETED.act(case)
    lane.next_worker()
    lane.strike_at(boundary)
    lane.next_worker()
    _all_is_well(lane, GREETED, case)


def test_a_job_that_kills_three_workers_is_failed_and_its_conversation_given_to_a_person(lane: Lane) -> None:
    case = lane.prepared(ANSWERED)
    lane.strike_at(Boundary("POST /responses", 1, "before"))
    ANSWERED.act(case)
    for _ in range(DEATHS - 1):
        lane.next_worker()
        lane.strike_at(Boundary("POST /responses", 1, "before"))
    lane.next_worker()
    lane.world.until(lambda: case.state()["status"] == "handed_off", RECOVERED_WITHIN_S)
    lane.world.until(lambda: case.sent() == Sent(1, 2, 1) and lane.world.quiet(), RECOVERED_WITHIN_S)
    [job] = lane.world.rows("select * from procrastinate_jobs where queueing_lock = %(job)s", job=case.job)
    assert (job["status"], job["attempts"]) == ("failed", DEATHS)
    assert case.state()["handoff_reason"] == "job_failed"
    assert lane.world.chatwoot.conversation(case.conversation_id)["status"] == "open"
    always_true(lane.world)


def test_a_worker_that_wakes_up_after_its_greeting_was_taken_over_changes_nothing(
    unhurried_lane: Lane,
) -> None:
    """It hangs in the wait between "joined" and the greeting."""
    _wakes_up_and_changes_nothing(unhurried_lane, GREETED, Boundary("mark_sent", 2, "after"))


@pytest.mark.parametrize(
    ("scenario", "boundary"),
    [
        (ANSWERED, Boundary(MESSAGE, 1, "after")),
        pytest.param(GREETED, Boundary(MESSAGE, 2, "after"), marks=pytest.mark.long),
        pytest.param(GREETED, Boundary("reserve_slot", 1, "after"), marks=pytest.mark.long),
        pytest.param(ANSWERED, Boundary("POST /responses", 1, "after"), marks=pytest.mark.long),
        pytest.param(ANSWERED, Boundary("settle_answered", 1, "after"), marks=pytest.mark.long),
    ],
    ids=str,
)
def test_a_worker_that_wakes_up_with_an_answer_in_its_hands_changes_nothing(
    lane: Lane, scenario: Scenario, boundary: Boundary
) -> None:
    _wakes_up_and_changes_nothing(lane, scenario, boundary)


def _wakes_up_and_changes_nothing(lane: Lane, scenario: Scenario, boundary: Boundary) -> None:
    case = lane.prepared(scenario)
    lane.strike_at(boundary, signal.SIGSTOP)
    scenario.act(case)
    sleeper, log = lane.worker, lane.world.log_folder / f"worker-{len(lane.world.workers) - 1}"
    lane.next_worker()
    _all_is_well(lane, scenario, case, RECOVERED_WITHIN_S + LOCKS_FREE_AFTER_S)
    before = _everything(case)
    sleeper.send_signal(signal.SIGCONT)
    lane.world.until(lambda: _gave_up(log.read_text()), 30)
    sleeper.terminate()
    sleeper.wait(30)
    assert _everything(case) == before
    always_true(lane.world)


def _gave_up(log: str) -> bool:
    """The attempt that woke up has ended: it found out that it is superseded, or lost its connection meanwhile."""
    return "superseded" in log or "attempt failed" in log


def _all_is_well(lane: Lane, scenario: Scenario, case: Case, seconds: float = RECOVERED_WITHIN_S) -> None:
    lane.world.until(lambda: scenario.over(case), seconds)
    assert (case.outcome(), case.sent()) == (scenario.outcome, scenario.wanted)
    scenario.promise(case)
    always_true(lane.world)


def _everything(case: Case) -> list[Any]:
    """All that a late attempt could spoil."""
    return [
        case.world.chatwoot.messages(case.conversation_id),
        case.rows("select * from outgoing_messages where conversation_id = %(id)s order by id"),
        case.rows("select * from incoming_messages where conversation_id = %(id)s order by message_id"),
        case.rows("select * from job_outcomes where conversation_id = %(id)s order by job_id, attempt"),
        case.rows("select slug, active_conversations from ai_brokers order by slug"),
        case.state(),
        len(case.world.model.calls),
    ]
