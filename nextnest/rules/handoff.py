"""When a person takes over: why, what the customer is told, what the colleague should do.

The customer's lines promise no time and no call: nobody has agreed to either.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from nextnest.rules.handoff_notices import (
    ASKED,
    CHECK,
    CONTINUED,
    NOTICES,
    THERE,
    TROUBLE,
    UNHAPPY,
    opening_line,
)
from nextnest.rules.language import Language


class HandoffReason(StrEnum):
    """Why a conversation is a person's now. The values are stored and shown in the `handoffs` view."""

    ASKED_FOR_PERSON = "asked_for_person"
    UNHAPPY = "unhappy"
    COMPLAINT = "complaint"
    PERSON_TOOK_OVER = "person_took_over"
    REPLY_REJECTED = "reply_rejected"
    JOB_FAILED = "job_failed"
    MODEL_UNAVAILABLE = "model_unavailable"
    SPENDING_CAP = "spending_cap"
    TOO_MANY_TURNS = "too_many_turns"
    STATUS_CHANGED_TO_OPEN = "status_changed_to_open"


# In English; nextnest/rules/handoff_notices.py has the other languages.
_NOTICES = {
    HandoffReason.ASKED_FOR_PERSON: (
        "Of course. I have asked a human colleague to join this chat. "
        "They can see everything written here, so you need not repeat yourself."
    ),
    HandoffReason.UNHAPPY: (
        "I am sorry this has been frustrating. I have asked a human colleague to look into it with you, here in "
        "this chat. They can see everything written so far."
    ),
    HandoffReason.COMPLAINT: (
        "I am sorry about this, and thank you for telling us. I have passed your complaint to a human colleague, "
        "who will reply to you here in this chat."
    ),
    HandoffReason.PERSON_TOOK_OVER: "A human colleague has joined and will answer you from here.",
    HandoffReason.REPLY_REJECTED: (
        "I would rather not guess at this one. I have asked a human colleague to check it and to reply to you here."
    ),
    HandoffReason.JOB_FAILED: (
        "Sorry, something went wrong on our side. Nothing you sent us is lost, and I have asked a human colleague "
        "to continue with you here."
    ),
    HandoffReason.MODEL_UNAVAILABLE: (
        "Sorry, I cannot write a proper answer at the moment. Your messages are safe, and I have asked a human "
        "colleague to continue with you here."
    ),
    HandoffReason.SPENDING_CAP: (
        "I have to stop here for now. Your messages are safe, and I have asked a human colleague to continue with you here."
    ),
    HandoffReason.TOO_MANY_TURNS: (
        "We have been going back and forth quickly, so I have asked a human colleague to read along and to continue "
        "with you here."
    ),
    HandoffReason.STATUS_CHANGED_TO_OPEN: "A human colleague is looking after this chat now.",
}

_KINDS = {
    HandoffReason.ASKED_FOR_PERSON: ASKED,
    HandoffReason.UNHAPPY: UNHAPPY,
    HandoffReason.COMPLAINT: UNHAPPY,
    HandoffReason.REPLY_REJECTED: CHECK,
    HandoffReason.JOB_FAILED: TROUBLE,
    HandoffReason.MODEL_UNAVAILABLE: TROUBLE,
    HandoffReason.PERSON_TOOK_OVER: THERE,
    HandoffReason.STATUS_CHANGED_TO_OPEN: THERE,
}

_WHAT_HAPPENED = {
    HandoffReason.ASKED_FOR_PERSON: "The customer asked for a person.",
    HandoffReason.UNHAPPY: "The customer sounds unhappy.",
    HandoffReason.COMPLAINT: "The customer complains.",
    HandoffReason.PERSON_TOOK_OVER: "A colleague wrote in this conversation.",
    HandoffReason.REPLY_REJECTED: "Two drafts of the AI broke our rules on figures or promises; none was sent.",
    HandoffReason.JOB_FAILED: "An error on our side, after every retry.",
    HandoffReason.MODEL_UNAVAILABLE: "The AI model could not be reached.",
    HandoffReason.SPENDING_CAP: "A cap on what the AI model may cost was reached; docs/money.md says which there are.",
    HandoffReason.TOO_MANY_TURNS: "So many replies in so short a time that the customer may be a program.",
    HandoffReason.STATUS_CHANGED_TO_OPEN: "The conversation was set to open.",
}

_WHAT_NEXT = {
    HandoffReason.UNHAPPY: "Acknowledge what went wrong first, then answer.",
    HandoffReason.COMPLAINT: "Acknowledge the complaint, and record it as one.",
    HandoffReason.TOO_MANY_TURNS: "See whether a person is there at all; then reply, or resolve it.",
    HandoffReason.PERSON_TOOK_OVER: "Nothing: the AI stays silent.",
    HandoffReason.STATUS_CHANGED_TO_OPEN: "Nothing: the AI stays silent.",
}
_REPLY = (
    "Reply here. The AI stays silent until you write a private /give, or set the conversation to pending."
)


def handoff_notice(
    reason: HandoffReason, language: Language = Language.ENGLISH, opens: datetime | None = None
) -> str:
    """What the customer reads: that a person takes over and, out of office hours, when the office `opens`."""
    said = (
        _NOTICES[reason] if language == Language.ENGLISH else NOTICES[language][_KINDS.get(reason, CONTINUED)]
    )
    return f"{said}\n\n{opening_line(opens, language)}" if opens else said


def what_happened(reason: HandoffReason) -> str:
    """Why the colleague reads this, in a sentence."""
    return _WHAT_HAPPENED[reason]


def what_next(reason: HandoffReason) -> str:
    """What the colleague should do."""
    return _WHAT_NEXT.get(reason, _REPLY)
