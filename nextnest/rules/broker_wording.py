"""The words of a broker that people may change: her title, her greeting, and how the model is told to speak for her.

A wording is checked before it is kept, because no guard reads a greeting on its way to the customer: known placeholders
only, no Liquid, and nothing the guard would hold back in a reply, tried on every sample.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from string import Template

from nextnest.models import Broker, Lead, LoanType, PropertyCategory, PropertyType, PurchaseTimeline
from nextnest.rules import guard
from nextnest.rules.greeting import greeting

# What rules/greeting.py puts in their place.
PLACEHOLDERS = {
    "name": "the customer's name",
    "broker_name": "the broker's own",
    "loan": "what it is about, such as “your home loan”",
    "facts": "a sentence of what the form said, or nothing",
}
# A greeting should be read on a phone without scrolling: the five that are seeded have some 300 characters, and twice that
# is a full screen. A title stands beside the name on the chat page; the others are phrases in a prompt.
LONGEST = {"title": 80, "greeting": 600, "tone": 160, "pacing": 160, "focus": 160}

_LIQUID = re.compile(r"\{[{%]")


@dataclass(frozen=True)
class Wording:
    """What people may change. Only the greeting may have several lines."""

    title: str
    greeting: str
    tone: str
    pacing: str
    focus: str

    @classmethod
    def of(cls, broker: Broker) -> Wording:
        """As it stands."""
        style = broker.persona.response_style
        return cls(broker.title, broker.persona.greeting, style.tone, style.pacing, style.focus)

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Wording:
        """From a form: missing fields are empty, spaces around are gone, one line stays one line."""
        lines = {one.name: " ".join(_plain(given.get(one.name, "")).split()) for one in fields(cls)}
        written = _plain(given.get("greeting", "")).replace("\r\n", "\n").strip()
        return cls(**lines | {"greeting": written})

    def changes(self, before: Wording) -> dict[str, tuple[str, str]]:
        """Field by field what it was and what it is now; empty when nothing differs."""
        old = asdict(before)
        return {name: (old[name], new) for name, new in asdict(self).items() if old[name] != new}

    def spoken_by(self, broker: Broker) -> Broker:
        """The broker with these words."""
        style = broker.persona.response_style.model_copy(
            update={"tone": self.tone, "pacing": self.pacing, "focus": self.focus}
        )
        persona = broker.persona.model_copy(update={"greeting": self.greeting, "response_style": style})
        return broker.model_copy(update={"title": self.title, "persona": persona})


def problems(wording: Wording, broker: Broker) -> dict[str, str]:
    """What is wrong, one sentence a field; empty when it may be kept."""
    found: dict[str, str] = {}
    for name, text in asdict(wording).items():
        problem = _of_length(name, text) or _of_liquid(text)
        if problem:
            found[name] = problem
    if "greeting" not in found and (problem := next(_of_greeting(wording, broker), None)):
        found["greeting"] = problem
    return found


def _plain(text: str) -> str:
    """Without what Postgres or people cannot read; the joiner inside an emoji stays."""
    return "".join(character for character in text if character.isprintable() or character in "\r\n\t\u200d")


def _of_length(name: str, text: str) -> str | None:
    if not text:
        return "This must not be empty."
    if len(text) > LONGEST[name]:
        return f"This has {len(text)} characters; {LONGEST[name]} are the most."
    return None


def _of_liquid(text: str) -> str | None:
    return "Leave out {{ and {%: placeholders here begin with $." if _LIQUID.search(text) else None


def _of_greeting(wording: Wording, broker: Broker) -> Iterator[str]:
    for found in Template.pattern.finditer(wording.greeting):
        name = found["named"] or found["braced"]
        if name and name not in PLACEHOLDERS:
            yield f"${name} is not known. There are {', '.join(f'${one}' for one in PLACEHOLDERS)}."
        elif found["invalid"] is not None:
            yield "A single $ begins a placeholder; write $$ for a dollar sign."
    for lead in SAMPLES.values():
        said = greeting(wording.spoken_by(broker), lead)
        verdict = guard.check_reply(said, lead=lead, customer_texts=())
        yield from (f"No broker may say this: {reason}" for reason in verdict.reasons)


def _sample(**of_the_form: object) -> Lead:
    return Lead.model_validate(
        {"email": "sample@example.com", "phone": "+6591234567", "loan_type": LoanType.NEW_PURCHASE}
        | of_the_form
    )


# People who do not exist, one for each kind of greeting.
SAMPLES: Mapping[str, Lead | None] = {
    "A resale flat, next months": _sample(
        name="Nur Aisyah",
        property_category=PropertyCategory.RESALE,
        property_type=PropertyType.HDB,
        property_price=Decimal(620_000),
        purchase_timeline=PurchaseTimeline.NEXT_3_MONTHS,
    ),
    "A refinancing": _sample(
        name="Tan Wei Ming",
        loan_type=LoanType.REFINANCE,
        property_type=PropertyType.PRIVATE,
        property_price=Decimal(1_450_000),
        outstanding_loan=Decimal(710_000),
    ),
    "A form with little in it": _sample(name="Priya"),
    "No form: somebody who just writes": None,
}
