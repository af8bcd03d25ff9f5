"""What was said before a conversation was closed, in a few lines: no model writes it, so nothing in it is made up.

The customer's words are quoted as they are, without numbers that identify; nobody has checked them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nextnest.models import Lead, Turn
from nextnest.rules.facts import lead_facts
from nextnest.rules.identity import without_identity
from nextnest.rules.masking import mask
from nextnest.rules.topics import topics_of

# Enough to go on from; the whole of it is in Chatwoot.
_FACTS, _LENGTH = 5, 160
_SENTENCE_END = re.compile(r"(?<=[!?。！？\n])\s*|(?<=\.)\s+")
_SIDES = {"broker": "We", "person": "A human colleague"}


@dataclass(frozen=True)
class Summary:
    """`text` for the prompt, and the `customer_words` in it: figures among them are hers."""

    text: str
    customer_words: tuple[str, ...]


def summarize(earlier: Sequence[Turn], lead: Lead | None, handoff_reason: str | None) -> Summary | None:
    """Loan type, topics, what the customer told, what was said last, and why a person had it; None when nothing was said.

    `earlier` is what was said before the closing, oldest first; `handoff_reason` that of a hand-over before it.
    """
    told = [_quotable(turn.content, lead, of_customer=True) for turn in earlier if turn.role == "customer"]
    if not told:
        return None
    facts = _facts(told)
    lines = [
        f"- Loan type: {lead_facts(lead)['loan_type'].replace('_', ' ')}" if lead else None,
        f"- About: {', '.join(topics_of(told)) or 'nothing in particular'}",
        *(f"- The customer wrote: “{fact}”" for fact in facts),
        *(
            f"- {_SIDES[role]} last wrote: “{line}”"
            for role in _SIDES
            if (line := _last_of(role, earlier, lead))
        ),
        f"- A human colleague took over then ({handoff_reason}); that is settled."
        if handoff_reason
        else None,
    ]
    return Summary("\n".join(line for line in lines if line), facts)


def _facts(told: Sequence[str]) -> tuple[str, ...]:
    """Her newest sentences with a figure."""
    sentences = [
        part.strip() for text in told for part in _SENTENCE_END.split(text) if re.search(r"\d", part)
    ]
    return tuple(dict.fromkeys(_cut(part) for part in sentences[-_FACTS:]))


def _last_of(role: str, earlier: Sequence[Turn], lead: Lead | None) -> str | None:
    lines = [turn.content for turn in earlier if turn.role == role]
    return _cut(_quotable(lines[-1], lead, of_customer=False)) if lines else None


def _quotable(text: str, lead: Lead | None, *, of_customer: bool) -> str:
    return mask(without_identity(text, lead, of_customer=of_customer)).text


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LENGTH else flat[: _LENGTH - 1].rstrip() + "…"
