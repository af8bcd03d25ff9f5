"""What a colleague needs to go on with a conversation within twenty seconds, as data and as a private note.

Nothing in it is written by a model: it is the customer's own words, the form, and calculators' results. It names no name,
e-mail or phone, which Chatwoot shows beside it, and no NRIC, card or account number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nextnest.models import Broker, Lead, PersonalityType, ToolRun
from nextnest.rules.facts import lead_facts
from nextnest.rules.handoff import HandoffReason, what_happened, what_next
from nextnest.rules.language import language_of
from nextnest.rules.masking import mask
from nextnest.rules.topics import topics_of
from nextnest.rules.urgency import analyze_message_urgency

# Twenty seconds are about eighty words beside the facts: three short messages, five facts of the chat, three figures.
_QUOTED_MESSAGES, _CHAT_FACTS, _FIGURES = 3, 5, 3
_QUOTE_LENGTH, _FACT_LENGTH = 240, 100
_FORM, _CHAT = "form", "chat"
# What begins or ends a sentence; a point between digits does not.
_SENTENCE_END = re.compile(r"(?<=[!?。！？\n])\s*|(?<=\.)\s+")
_HAS_FIGURE = re.compile(r"\d")
_UPSET = {HandoffReason.UNHAPPY, HandoffReason.COMPLAINT}


@dataclass(frozen=True)
class Fact:
    """`source` is `form` or `chat`."""

    text: str
    source: str


@dataclass(frozen=True)
class Figure:
    """A calculator's result: what, the values, the ids of the rules it rests on, and the day it is for (ISO)."""

    calculator: str
    results: str
    rules: tuple[str, ...]
    day: str


@dataclass(frozen=True)
class HandoverBrief:
    """All a colleague is told. `unanswered` are the customer's words, oldest first; `open_question` is the one to answer."""

    reason: HandoffReason
    happened: str
    next_step: str
    wants: tuple[str, ...]
    open_question: str | None
    facts: tuple[Fact, ...]
    figures: tuple[Figure, ...]
    unanswered: tuple[str, ...]
    mood: str
    language: str
    last_delivered: str | None
    broker: str | None

    def as_json(self) -> dict[str, Any]:
        """For the table."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> HandoverBrief:
        """The same brief; TypeError, KeyError or ValueError when the table holds anything else."""
        lists = {name: tuple(stored[name]) for name in ("wants", "unanswered")}
        return cls(
            **{
                **stored,
                **lists,
                "reason": HandoffReason(stored["reason"]),
                "facts": tuple(Fact(**fact) for fact in stored["facts"]),
                "figures": tuple(Figure(**{**f, "rules": tuple(f["rules"])}) for f in stored["figures"]),
            }
        )


def build_brief(
    reason: HandoffReason,
    lead: Lead | None,
    broker: Broker | None,
    messages: Sequence[str],
    *,
    earlier: Sequence[str] = (),
    runs: Sequence[ToolRun] = (),
    last_delivered: str | None = None,
) -> HandoverBrief:
    """`messages` are the customer's unanswered ones and `earlier` those before, oldest first; `runs` the calculations."""
    said = [*earlier, *messages]
    return HandoverBrief(
        reason=reason,
        happened=what_happened(reason),
        next_step=what_next(reason),
        wants=topics_of(messages) or topics_of(earlier[-_QUOTED_MESSAGES:]),
        open_question=_open_question(messages),
        facts=(*_form_facts(lead), *_chat_facts(said)),
        figures=tuple(figure for run in runs if (figure := _figure(run)))[-_FIGURES:],
        unanswered=tuple(_shortened(message, _QUOTE_LENGTH) for message in messages),
        mood=_mood(reason, messages),
        language=language_of(said).value,
        last_delivered=_shortened(last_delivered, _QUOTE_LENGTH) if last_delivered else None,
        broker=broker.name if broker else None,
    )


def render(brief: HandoverBrief) -> str:
    """The private note."""
    return "\n".join(
        [
            f"**Please take over** ({brief.reason.value}). {brief.happened}",
            f"**Next:** {brief.next_step}",
            f"**Wants:** {', '.join(brief.wants) or 'not clear from the words'}",
            f"**Open question:** {brief.open_question or 'none'}",
            f"**Mood, language:** {brief.mood}, {brief.language}",
            f"**From the form:** {_said_in(brief, _FORM) or 'nothing, the customer wrote without filling it in'}",
            f"**From the chat:** {_said_in(brief, _CHAT) or 'no figures'}",
            *(f"**Worked out:** {_line(figure)}" for figure in brief.figures),
            f"**Last delivered:** {brief.last_delivered or 'nothing'}",
            f"**Broker until now:** {brief.broker or 'none'}",
            *_quotes(brief.unanswered),
        ]
    )


def _form_facts(lead: Lead | None) -> list[Fact]:
    if lead is None:
        return []
    facts = [f"{_spoken(name)} {_spoken(value)}" for name, value in lead_facts(lead).items()]
    if lead.flags:
        facts.append(f"please check: {', '.join(_spoken(flag) for flag in lead.flags)}")
    return [Fact(text, _FORM) for text in facts]


def _chat_facts(messages: Sequence[str]) -> list[Fact]:
    """The customer's newest sentences that hold a figure, in her words: nobody has checked them."""
    sentences = [part for message in messages for part in _SENTENCE_END.split(message) if part]
    told = [_shortened(part, _FACT_LENGTH) for part in sentences if _HAS_FIGURE.search(part)]
    return [Fact(f"“{part}”", _CHAT) for part in dict.fromkeys(told[-_CHAT_FACTS:])]


def _figure(run: ToolRun) -> Figure | None:
    """A run that had a result; one that only asked for more, or that cannot be read, is no figure."""
    try:
        record = json.loads(run.result)
        results = "; ".join(f"{_spoken(str(name))} {value}" for name, value in record["outputs"].items())
        rules = tuple(str(rule["id"]) for rule in record["rules"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Figure(run.name, results, rules, run.day.isoformat()) if results else None


def _open_question(messages: Sequence[str]) -> str | None:
    """The last sentence that asks, else the last message: that is what waits for an answer."""
    sentences = [part for message in messages for part in _SENTENCE_END.split(message) if part.strip()]
    asked = [part for part in sentences if part.rstrip().endswith(("?", "？"))]
    last = asked[-1] if asked else (messages[-1] if messages else None)
    return _shortened(last, _QUOTE_LENGTH) if last else None


def _mood(reason: HandoffReason, messages: Sequence[str]) -> str:
    if reason in _UPSET:
        return "upset"
    urgency = analyze_message_urgency("\n".join(messages), PersonalityType.BALANCED)
    return "in a hurry" if urgency.is_urgent else "calm"


def _said_in(brief: HandoverBrief, source: str) -> str:
    return "; ".join(fact.text for fact in brief.facts if fact.source == source)


def _line(figure: Figure) -> str:
    rules = f"rules {', '.join(figure.rules)}, " if figure.rules else ""
    return f"{_spoken(figure.calculator)}: {figure.results} ({rules}as of {figure.day})"


def _quotes(messages: Sequence[str]) -> list[str]:
    """The newest of the unanswered messages."""
    if not messages:
        return ["**Unanswered:** nothing"]
    earlier = len(messages) - _QUOTED_MESSAGES
    heading = "**Unanswered:**" + (f" ({earlier} earlier not shown)" if earlier > 0 else "")
    return [heading, *(f"> {message}" for message in messages[-_QUOTED_MESSAGES:])]


def _spoken(code: str) -> str:
    return code.replace("_", " ")


def _shortened(text: str, most: int) -> str:
    """On one line, without numbers that identify, cut where it is long."""
    flat = " ".join(mask(text).text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"
