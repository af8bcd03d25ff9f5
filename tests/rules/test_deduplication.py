"""Reuse of a conversation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nextnest.models import ExistingConversation
from nextnest.rules.deduplication import check_for_existing_conversation

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _one(
    number: int, *, status: str = "pending", loan: str | None = "refinance", days: float = 1
) -> ExistingConversation:
    return ExistingConversation(
        conversation_id=number, status=status, loan_type=loan, created_at=NOW - timedelta(days=days)
    )


def _decide(*conversations: ExistingConversation) -> int | None:
    return check_for_existing_conversation(conversations, "refinance", NOW, 30).existing_conversation_id


@pytest.mark.parametrize("status", ["open", "pending"])
def test_an_open_or_pending_conversation_about_the_same_loan_goes_on(status: str) -> None:
    assert _decide(_one(1, status=status)) == 1


@pytest.mark.parametrize("status", ["resolved", "snoozed", "something new"])
def test_a_closed_conversation_does_not(status: str) -> None:
    assert _decide(_one(1, status=status)) is None


@pytest.mark.parametrize("loan", ["new_purchase", None, "refinancing"])
def test_a_conversation_about_another_loan_does_not(loan: str | None) -> None:
    assert _decide(_one(1, loan=loan)) is None


def test_the_window_ends_to_the_second() -> None:
    assert _decide(_one(1, days=30 - 1 / 86400)) == 1
    assert _decide(_one(1, days=30)) is None


def test_the_newest_goes_on_whatever_order_they_come_in() -> None:
    older, newer = _one(1, days=5), _one(2, days=2)
    assert _decide(older, newer) == _decide(newer, older) == 2


def test_the_reason_says_why_not() -> None:
    reason = check_for_existing_conversation([_one(1, days=31)], "refinance", NOW, 30).reason
    assert "older than 30 days" in reason
