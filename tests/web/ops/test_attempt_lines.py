"""A job's life: what each start waited for, ran and came to, and one bar of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from web.ops.attempt_lines import BAR, Act, Attempt, bar, lines, waits_since

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def step(after_s: float, what: str, **detail: Any) -> dict[str, Any]:
    return {"at": NOON + timedelta(seconds=after_s), "what": what, "detail": detail}


def lost(after_s: float, reason: str, error: str | None = None) -> dict[str, Any]:
    return step(after_s, "attempt lost", attempt=0, reason=reason, error=error, frames=[], worker=3)


# Waited 1 s, failed after 9; waited 2, was handed back after 4; waited 10, answered after 6.
LIFE = [
    step(0, "deferred"),
    step(1, "started"),
    lost(10, "failed", "ModelUnavailable"),
    step(10, "deferred_for_retry"),
    step(10, "scheduled"),
    step(12, "started"),
    step(16, "deferred_for_retry"),
    lost(16, "handed back"),
    step(26, "started"),
    step(32, "succeeded"),
    step(32, "outcome", attempt=1, outcome="answered", detail=None, worker=4, waited_s=2.5),
]


def test_each_start_says_what_it_waited_ran_and_came_to() -> None:
    found = [one for one in lines(LIFE) if isinstance(one, Attempt)]
    assert [(one.number, one.waited_s, one.ran_s, one.how, one.kind, one.worker) for one in found] == [
        (1, 1.0, 9.0, "failed", "bad", 3),
        (2, 2.0, 4.0, "handed back", "warn", 3),
        (3, 10.0, 6.0, "answered", "good", 4),
    ]
    assert (found[0].error, found[2].on_purpose_s) == ("ModelUnavailable", 2.5)


def test_one_that_runs_has_no_end_yet() -> None:
    [attempt] = lines(LIFE[:2])
    assert isinstance(attempt, Attempt)
    assert (attempt.how, attempt.ran_s) == ("runs", None)
    assert [(one.kind, one.seconds) for one in bar([attempt], None, NOON + timedelta(seconds=4))] == [
        ("waited", 1.0),
        ("ran", 3.0),
    ]


def test_what_people_did_stands_where_it_happened() -> None:
    story = [*LIFE[:4], step(60, "act", operator="Aisha", action="retry-job"), step(60, "retried")]
    assert [type(one) for one in lines(story)] == [Attempt, Act]
    assert waits_since({"status": "todo"}, story) == NOON + timedelta(seconds=60)
    assert waits_since({"status": "failed"}, story) is None


def test_the_bar_is_filled_without_gaps_and_the_shortest_can_be_seen() -> None:
    story = [step(0, "deferred"), step(0.001, "started"), step(3600, "failed")]
    stretches = bar(lines(story), None, NOON)
    assert [one.kind for one in stretches] == ["waited", "lost"]
    assert stretches[0].width > 1
    assert stretches[1].left == stretches[0].width
    assert abs(stretches[1].left + stretches[1].width - BAR) < 0.001


@pytest.mark.parametrize(
    "end", [lost(9, "stopped"), step(9, "aborted"), lost(9, "buried"), step(9, "failed")]
)
def test_no_attempt_without_success_is_drawn_as_one_that_succeeded(end: dict[str, Any]) -> None:
    story = [step(0, "deferred"), step(1, "started"), end]
    assert [one.kind for one in bar(lines(story), None, NOON + timedelta(seconds=9))] == ["waited", "lost"]


def test_a_job_of_which_nothing_is_known_has_no_lines_and_no_bar() -> None:
    assert lines([]) == []
    assert bar([], None, NOON) == []
