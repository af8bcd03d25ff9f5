"""When a job is tried again, and when not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from procrastinate.jobs import Job

from nextnest import errors
from nextnest.errors import HandedBack
from nextnest.tasks.attempts import RETRIES


def _job(attempts: int) -> Job:
    return Job(
        queue="default", lock=None, queueing_lock=None, task_name="incoming-message", attempts=attempts
    )


def _delay(error: BaseException, attempts: int) -> float | None:
    decision = RETRIES.get_retry_decision(exception=error, job=_job(attempts))
    if decision is None:
        return None
    assert decision.retry_at is not None
    return (decision.retry_at - datetime.now(UTC)).total_seconds()


@pytest.mark.parametrize(
    "error", [errors.ChatwootUnavailable(), errors.ModelUnavailable(), RuntimeError("a bug")]
)
def test_three_attempts_two_then_four_seconds_apart(error: Exception) -> None:
    first, second = _delay(error, 0), _delay(error, 1)
    assert first is not None
    assert second is not None
    assert 1.5 < first < 2.5
    assert 3.1 < second < 4.9
    assert _delay(error, 2) is None


@pytest.mark.parametrize("kind", [errors.ConversationGone, errors.ChatwootRejected, errors.LostOwnership])
def test_what_trying_again_cannot_mend_is_not_tried_again(kind: type[Exception]) -> None:
    assert _delay(kind(), 0) is None


@pytest.mark.parametrize("error", [asyncio.CancelledError(), HandedBack()])
def test_what_was_cut_short_is_no_failed_attempt(error: BaseException) -> None:
    """The job went back before; tests/pipelines/test_shutdown.py sees it go."""
    assert _delay(error, 0) is None


def test_every_error_speaks_its_own_sentence() -> None:
    for kind in _tree(errors.NextNestError):
        assert str(kind("detail")).startswith((kind.__doc__ or "").splitlines()[0])


def _tree(kind: type[errors.NextNestError]) -> list[type[errors.NextNestError]]:
    below = [one for child in kind.__subclasses__() for one in _tree(child)]
    return [kind, *[one for one in below if one.__module__ == errors.__name__]]
