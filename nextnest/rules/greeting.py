"""What the customer reads before the first answer: who joined, the greeting, or her place in line.

The greeting's wording is the broker's (`persona.greeting`, a string.Template); the facts in it are the lead's own.
Placeholders: $name, $broker_name, $loan, $facts. E-mail, phone and score are never among them.
"""

from __future__ import annotations

import re
from decimal import Decimal
from string import Template

from nextnest.models import (
    Broker,
    Lead,
    LoanType,
    LockInStatus,
    PropertyCategory,
    PropertyType,
    PurchaseTimeline,
)
from nextnest.rules.facts import dollars

# Said whenever a broker's own wording leaves it out: nobody may take an assistant for a person.
_DISCLOSURE = "I'm an AI assistant; you can ask for a human colleague at any time."
_SAYS_AI = re.compile(r"\bAI\b")
_SAYS_HUMAN = re.compile(r"\bhuman\b", re.IGNORECASE)

_LOANS = {
    LoanType.NEW_PURCHASE: "your home loan",
    LoanType.REFINANCE: "your refinancing",
    LoanType.COMMERCIAL: "your commercial property loan",
}
_HOMES = {
    PropertyType.HDB: "HDB flat",
    PropertyType.EC: "executive condo",
    PropertyType.PRIVATE: "private home",
    PropertyType.LANDED: "landed home",
    PropertyType.COMMERCIAL: "commercial property",
}
_WHEN = {
    PurchaseTimeline.THIS_MONTH: "hopefully this month",
    PurchaseTimeline.NEXT_3_MONTHS: "hopefully within the next 3 months",
    PurchaseTimeline.IN_3_TO_6_MONTHS: "some time in the next 3 to 6 months",
    PurchaseTimeline.EXPLORING: "just exploring for now",
}
_LOCK_INS = {
    LockInStatus.NO_LOCK: "no lock-in",
    LockInStatus.ENDING_SOON: "lock-in ending soon",
    LockInStatus.LOCKED: "still within the lock-in",
}


def joined_line(broker: Broker) -> str:
    """The activity line, worded as in the user's mapping document."""
    return f"🤝 {broker.name} has joined the conversation"


def greeting(broker: Broker, lead: Lead | None) -> str:
    """The broker's first message. Unknown placeholders in her wording stay as they are; the AI is always disclosed."""
    text = Template(broker.persona.greeting).safe_substitute(
        name=lead.form_of_address if lead else "there",
        broker_name=broker.name,
        loan=_loan(lead) if lead else "your mortgage",
        facts=_facts(lead) if lead else "",
    )
    text = re.sub(r" {2,}", " ", text).strip()
    if _SAYS_AI.search(text) and _SAYS_HUMAN.search(text):
        return text
    return f"{text} {_DISCLOSURE}".lstrip()


def waiting_notice(position: int) -> str:
    """For a customer nobody is free for. `position` counts from 1 and is true at the moment of writing."""
    place = "next in line" if position <= 1 else f"number {position} in line"
    return (
        "Thanks for reaching out to NextNest! All our AI mortgage assistants are with other customers just now, "
        f"and you are {place}. You can already write your question here: "
        "it will be answered as soon as it is your turn, no need to send it twice."
    )


def _loan(lead: Lead) -> str:
    return _LOANS[LoanType.COMMERCIAL] if _is_commercial(lead) else _LOANS[lead.loan_type]


def _facts(lead: Lead) -> str:
    """One sentence of what the form said, empty when it said nothing worth repeating."""
    parts = _refinancing(lead) if lead.loan_type is LoanType.REFINANCE else _buying(lead)
    return f"I see from your form that you're {', '.join(parts)}." if parts else ""


def _buying(lead: Lead) -> list[str]:
    home, price = _home_to_buy(lead), _dollars(lead.property_price)
    parts = []
    if home or price:
        parts.append(f"looking at {_with_article(home or 'property')}{price and f' at {price}'}")
    if lead.purchase_timeline:
        parts.append(
            _WHEN[lead.purchase_timeline] if parts else f"looking to buy, {_WHEN[lead.purchase_timeline]}"
        )
    return parts


def _refinancing(lead: Lead) -> list[str]:
    home, value = _home(lead), _dollars(lead.property_price)
    owed, lock_in = _dollars(lead.outstanding_loan), lead.lock_in_status
    details = [f"with about {owed} still outstanding"] if owed else []
    if lock_in in _LOCK_INS:
        details.append(_LOCK_INS[lock_in])
    if not (home or value or details):
        return []
    return [f"refinancing your {home or 'property'}{value and f' valued at {value}'}", *details]


def _home_to_buy(lead: Lead) -> str:
    """Its kind with the market it comes from: "resale HDB flat", "BTO flat", "new-launch executive condo"."""
    home = _home(lead)
    if _is_commercial(lead) or lead.property_category is None:
        return home
    if lead.property_category is PropertyCategory.BTO:
        return "BTO flat"
    market = "resale" if lead.property_category is PropertyCategory.RESALE else "new-launch"
    return f"{market} {home or 'home'}"


def _home(lead: Lead) -> str:
    if _is_commercial(lead):
        return _HOMES[PropertyType.COMMERCIAL]
    return _HOMES[lead.property_type] if lead.property_type else ""


def _is_commercial(lead: Lead) -> bool:
    return (
        lead.loan_type is LoanType.COMMERCIAL
        or lead.property_type is PropertyType.COMMERCIAL
        or lead.property_category is PropertyCategory.COMMERCIAL
    )


def _with_article(home: str) -> str:
    # "an HDB flat", as it is spoken.
    return f"an {home}" if home.startswith(("HDB", "executive")) else f"a {home}"


def _dollars(amount: Decimal | None) -> str:
    return dollars(amount) if amount else ""
