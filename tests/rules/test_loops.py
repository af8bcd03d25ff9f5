"""Two bots are told from a lively customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nextnest.rules.loops import too_many_turns

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def replies(number: int, every_s: float) -> list[datetime]:
    """So many replies at this distance, the last one just now."""
    return [NOW - timedelta(seconds=every_s * back) for back in range(number)]


@pytest.mark.parametrize(
    ("number", "every_s"),
    [(0, 1), (7, 4), (39, 60), (200, 95)],
    ids=["a first one", "a lively start", "most of an hour", "a day at ease"],
)
def test_a_customer_is_answered(number: int, every_s: float) -> None:
    assert not too_many_turns(replies(number, every_s), NOW)


@pytest.mark.parametrize(
    ("number", "every_s"), [(8, 8), (40, 60), (500, 10)], ids=["a quick bot", "a slow bot", "a bot for hours"]
)
def test_a_bot_is_not_answered_for_ever(number: int, every_s: float) -> None:
    assert too_many_turns(replies(number, every_s), NOW)


def test_what_is_long_ago_counts_no_more() -> None:
    assert too_many_turns(replies(8, 8), NOW)
    assert not too_many_turns(replies(8, 8), NOW + timedelta(seconds=60))
