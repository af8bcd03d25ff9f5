"""Deliberate waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.timing import listening_window, remaining_wait, retry_delay


@given(st.floats(1, 6), st.floats(0, 100), st.floats(0, 2))
def test_a_wait_is_never_negative_and_never_longer_than_the_paced_response_time(
    response_time: float, spent: float, pace: float
) -> None:
    assert 0 <= remaining_wait(response_time, spent, pace) <= response_time * pace


def test_time_already_spent_is_not_waited_again() -> None:
    assert remaining_wait(4, 1.5, 1) == 2.5
    assert remaining_wait(4, 9, 1) == 0


@given(st.lists(st.text(), max_size=3))
def test_pace_zero_listens_for_no_time(texts: list[str]) -> None:
    assert listening_window(texts, 0) == 0


@pytest.mark.parametrize("text", ["hello", "Hi!", "What is TDSR?", "I earn 8000 a month.", "你好"])
def test_a_finished_thought_is_answered_soon(text: str) -> None:
    assert listening_window([text], 1) < 1


@pytest.mark.parametrize("text", ["I have a question about the loan and", "also...", "my income is", "so,"])
def test_a_fragment_is_given_more_time_than_a_finished_thought(text: str) -> None:
    assert listening_window([text], 1) > listening_window(["What is TDSR?"], 1)


@given(st.floats(0, 1, exclude_max=True))
def test_retries_come_after_about_two_then_four_seconds(jitter: float) -> None:
    assert 1.6 <= retry_delay(0, jitter) <= 2.4
    assert 3.2 <= retry_delay(1, jitter) <= 4.8
