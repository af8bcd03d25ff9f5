"""When a person takes over: why, what the customer is told, what the colleague is told.

The customer's lines promise no time and no call: nobody has agreed to either.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from nextnest.models import Broker, Lead
from nextnest.rules.facts import lead_facts
from nextnest.rules.masking import mask


class HandoffReason(StrEnum):
    """Why a conversation is a person's now. The values are stored and shown in the `handoffs` view."""

    ASKED_FOR_PERSON = "asked_for_person"
    UNHAPPY = "unhappy"
    COMPLAINT = "complaint"
    PERSON_TOOK_OVER = "person_took_over"
    REPLY_REJECTED = "reply_rejected"
    JOB_FAILED = "job_failed"
    MODEL_UNAVAILABLE = "model_unavailable"
    STATUS_CHANGED_TO_OPEN = "status_changed_to_open"


# A note must be readable in twenty seconds, which is about eighty words: three short messages and the facts.
_QUOTED_MESSAGES = 3
_QUOTE_LENGTH = 240

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
    HandoffReason.STATUS_CHANGED_TO_OPEN: "A human colleague is looking after this chat now.",
}

_WHAT_HAPPENED = {
    HandoffReason.ASKED_FOR_PERSON: "The customer asked for a person.",
    HandoffReason.UNHAPPY: "The customer sounds unhappy.",
    HandoffReason.COMPLAINT: "The customer complains.",
    HandoffReason.PERSON_TOOK_OVER: "A colleague wrote in this conversation.",
    HandoffReason.REPLY_REJECTED: "Two drafts of the AI broke our rules on figures or promises; none was sent.",
    HandoffReason.JOB_FAILED: "An error on our side, after every retry.",
    HandoffReason.MODEL_UNAVAILABLE: "The AI model could not be reached.",
    HandoffReason.STATUS_CHANGED_TO_OPEN: "The conversation was set to open.",
}

_WHAT_NEXT = {
    HandoffReason.UNHAPPY: "Acknowledge what went wrong first, then answer.",
    HandoffReason.COMPLAINT: "Acknowledge the complaint, and record it as one.",
    HandoffReason.PERSON_TOOK_OVER: "Nothing: the AI stays silent.",
    HandoffReason.STATUS_CHANGED_TO_OPEN: "Nothing: the AI stays silent.",
}
_REPLY = "Reply here; the AI stays silent until the conversation is set back to pending."


def handoff_notice(reason: HandoffReason) -> str:
    """What the customer reads: that a person takes over, and no promise of when."""
    return _NOTICES[reason]


def handoff_note(
    reason: HandoffReason, lead: Lead | None, broker: Broker | None, last_messages: Sequence[str]
) -> str:
    """The private note for the colleague: what happened, what to do, the facts, the customer's last words.

    `last_messages` are the customer's, oldest first. The note leaves out name, e-mail and phone: Chatwoot shows
    them beside it.
    """
    return "\n".join(
        [
            f"**Please take over** ({reason.value}). {_WHAT_HAPPENED[reason]}",
            f"**Next:** {_WHAT_NEXT.get(reason, _REPLY)}",
            f"**Broker until now:** {broker.name if broker else 'none'}",
            f"**From the form:** {_facts(lead)}",
            *_quotes(last_messages),
        ]
    )


def _facts(lead: Lead | None) -> str:
    if lead is None:
        return "nothing, the customer wrote without filling it in"
    facts = [f"{_spoken(name)} {_spoken(value)}" for name, value in lead_facts(lead).items()]
    if lead.flags:
        facts.append(f"please check: {', '.join(_spoken(flag) for flag in lead.flags)}")
    return "; ".join(facts)


def _spoken(code: str) -> str:
    return code.replace("_", " ")


def _quotes(messages: Sequence[str]) -> list[str]:
    """The newest of the unanswered messages, without numbers that identify, cut where they would make the note long."""
    if not messages:
        return ["**Unanswered:** nothing"]
    earlier = len(messages) - _QUOTED_MESSAGES
    heading = "**Unanswered:**" + (f" ({earlier} earlier not shown)" if earlier > 0 else "")
    return [heading, *(f"> {_shortened(message)}" for message in messages[-_QUOTED_MESSAGES:])]


def _shortened(message: str) -> str:
    flat = " ".join(mask(message).text.split())
    return flat if len(flat) <= _QUOTE_LENGTH else flat[: _QUOTE_LENGTH - 1].rstrip() + "…"
