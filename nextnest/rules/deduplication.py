"""Whether a contact's lead goes on with a conversation that is already there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from nextnest.models import ExistingConversation, ReuseDecision

# `resolved` is closed and `snoozed` is a colleague's reminder to herself: neither waits for the customer.
_GOES_ON = {"open", "pending"}


def check_for_existing_conversation(
    conversations: Iterable[ExistingConversation], loan_type: str, now: datetime, window_days: int
) -> ReuseDecision:
    """The newest open or pending conversation about the same loan type, younger than the window; else a new one."""
    youngest_first = sorted(
        conversations, key=lambda one: (one.created_at, one.conversation_id), reverse=True
    )
    alive = [one for one in youngest_first if one.status in _GOES_ON]
    same = [one for one in alive if one.loan_type == loan_type]
    fresh = [one for one in same if now - one.created_at < timedelta(days=window_days)]
    if fresh:
        return ReuseDecision(
            should_create_new=False,
            existing_conversation_id=fresh[0].conversation_id,
            reason=f"{fresh[0].status}, same loan type, younger than {window_days} days",
        )
    return ReuseDecision(should_create_new=True, reason=_why_none(alive, same, window_days))


def _why_none(alive: list[ExistingConversation], same: list[ExistingConversation], window_days: int) -> str:
    if not alive:
        return "no open or pending conversation"
    if not same:
        return "open conversations are about another loan type"
    return f"the open conversation is older than {window_days} days"
