"""The rollout: chosen once, by a hash, never by chance."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.rollout import should_use_queue

IDS = st.integers(1, 10**9)


@given(IDS)
def test_nobody_at_zero_and_everybody_at_a_hundred(conversation_id: int) -> None:
    assert not should_use_queue(conversation_id, 0)
    assert should_use_queue(conversation_id, 100)


@given(IDS, st.integers(0, 100), st.integers(0, 100))
def test_raising_the_percentage_never_takes_a_conversation_away(
    conversation_id: int, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    assert should_use_queue(conversation_id, high) or not should_use_queue(conversation_id, low)


def test_the_share_is_about_the_percentage() -> None:
    chosen = sum(should_use_queue(conversation_id, 30) for conversation_id in range(10_000))
    assert 2_800 < chosen < 3_200


def test_the_choice_is_the_same_in_every_release() -> None:
    assert [should_use_queue(conversation_id, 50) for conversation_id in range(1, 9)] == EXPECTED


# Recorded once; a change here would move conversations from one system to the other.
EXPECTED = [True, False, True, True, True, True, True, True]
