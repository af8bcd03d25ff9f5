"""Which calculator a question is about, and what the customer has said of its inputs; null for the rest."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sandbox.model import amounts

Json = dict[str, Any]
ASKS = "To work that out I need to know"
"""How the writer begins when inputs are missing; the customer's next message is then about the same."""

NOTHING = r"\b(?:no|none|zero|nil|without|0|don't have|do not have|haven't)\b[^.]{0,30}"
COUNTS = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2}


class Words:
    """Everything the customer has said, read once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.text = "\n".join(texts)
        self.low = self.text.casefold()
        self.named = amounts.amounts(self.text)
        self.percents = amounts.percents(self.text)
        self.years = amounts.years(self.text)
        self.ages = amounts.ages(self.text)
        self.days = amounts.days(self.text)

    def has(self, pattern: str) -> bool:
        return bool(re.search(pattern, self.low))

    def amount(self, *kinds: str) -> str | None:
        return next((self.named[kind] for kind in kinds if kind in self.named), None)

    def none_of(self, pattern: str) -> str | None:
        """ "0" when the customer said that there is none of it."""
        return "0" if self.has(rf"{NOTHING}(?:{pattern})") else None

    @property
    def lender(self) -> str | None:
        if self.has(r"hdb loan|loan from hdb|hdb to lend"):
            return "hdb"
        return "bank" if self.has(r"\bbank") else None

    @property
    def kind(self) -> str | None:
        if self.has(r"\bec\b|executive condo"):
            return "executive_condominium"
        if self.has(r"\bhdb\b|\bflat\b|\bbto\b|组屋"):
            return "hdb_flat"
        if self.has(r"shophouse|office|industrial|commercial"):
            return "non_residential"
        return "private_home" if self.has(r"condo|private|apartment|landed|house|公寓") else None


def bsd(words: Words) -> Json:
    other = words.kind == "non_residential"
    return {
        "amount": words.amount("price", "valuation"),
        "use": "non_residential" if other else "residential",
    }


def absd(words: Words) -> Json:
    buyer = {"profile": _profile(words), "homes_owned": _homes_owned(words), "treaty": _treaty(words)}
    return {
        "amount": words.amount("price", "valuation"),
        "home": {"hdb_flat": "hdb_flat", "executive_condominium": "new_ec"}.get(
            words.kind or "", "other_home"
        ),
        "buyers": [buyer],
        "married_to_each_other": None,
    }


def ssd(words: Words) -> Json:
    bought, sold = [*words.days, None, None][:2]
    return {"amount": words.amount("price", "valuation"), "bought_on": bought, "sold_on": sold}


def tdsr(words: Words) -> Json:
    return {
        "income": words.amount("income"),
        "other_debts": words.amount("debts") or words.none_of("debts?|commitments?|loans?"),
        "guaranteed": words.none_of("guarant"),
        "kind": words.kind,
        "purpose": "refinance_home_lived_in"
        if words.has("refinanc")
        else "purchase"
        if words.has("buy")
        else None,
        "first_granted_on": None,
        "years": words.years,
        "offered_rate": None,
    }


def msr(words: Words) -> Json:
    return {
        "income": words.amount("income"),
        "property_debts": words.none_of("debts?|commitments?|loans?"),
        "guaranteed": words.none_of("guarant"),
        "kind": words.kind,
        "within_occupation_period": None,
        "lender": words.lender,
        "years": words.years,
        "offered_rate": None,
    }


def ltv(words: Words) -> Json:
    same = words.has(r"valu\w+ (?:is )?(?:the )?same|valued at (?:the )?(?:price|same)|valuation equals")
    borrowers = [{"age": age, "income": words.amount("income")} for age in words.ages]
    return {
        "price": words.amount("price"),
        "valuation": words.amount("valuation") or (words.amount("price") if same else None),
        "kind": words.kind,
        "lender": words.lender,
        "loans": 0 if words.none_of("loans?") or words.has("first (?:home )?loan") else None,
        "years": words.years,
        "borrowers": borrowers or None,
    }


def instalment(words: Words) -> Json:
    return {
        "loan": words.amount("loan", "price"),
        "rate": words.percents[-1] if words.percents else None,
        "months": words.years * 12 if words.years else None,
    }


def refinance(words: Words) -> Json:
    now, then, penalty = [*words.percents, None, None, None][:3]
    return {
        "balance": words.amount("loan", "price"),
        "months": words.years * 12 if words.years else None,
        "current_rate": now,
        "new_rate": then,
        "penalty": words.none_of("penalt|lock") or penalty,
        "costs": words.amount("costs") or words.none_of("costs?|fees?"),
    }


def progressive(words: Words) -> Json:
    return {
        "price": words.amount("price"),
        "loan": words.amount("loan"),
        "rate": words.percents[-1] if words.percents else None,
        "years": words.years,
    }


TOPICS: tuple[tuple[str, str, Callable[[Words], Json]], ...] = (
    (r"\babsd\b|additional buyer|额外印花", "calculate_absd", absd),
    (r"\bssd\b|seller'?s stamp", "calculate_ssd", ssd),
    (r"\bbsd\b|stamp dut|印花税|印花稅|duti setem|முத்திரை", "calculate_bsd", bsd),
    (r"\bmsr\b", "max_loan_msr", msr),
    (r"\btdsr\b", "max_loan_tdsr", tdsr),
    (r"\bltv\b|loan[- ]to[- ]value|minimum cash|down ?payment", "max_loan_ltv", ltv),
    (r"progressive", "progressive_payments", progressive),
    (r"refinanc|repric|switch", "refinance_saving", refinance),
    (r"instal?lment|monthly (?:payment|repayment)|月供|ansuran|தவணை", "monthly_instalment", instalment),
)


def topics(text: str) -> list[str]:
    """The calculators a text asks for."""
    return [name for pattern, name, _ in TOPICS if re.search(pattern, text, re.IGNORECASE)]


def calls(
    texts: Sequence[str], newest: Sequence[str], went_on: bool, offered: Collection[str]
) -> list[tuple[str, Json]]:
    """The calculations to ask for, by everything the customer has said. A question without any figure is none.

    `newest` are the messages to answer; when `went_on`, they answer what we asked and the topic is an earlier one.
    """
    wanted = topics("\n".join(newest)) or (topics("\n".join(texts)) if went_on else [])
    if not any(character.isdigit() for text in texts for character in text):
        return []
    # Additional duty is asked for by a name that holds the other's: a question about it is not about both.
    if "calculate_absd" in wanted and not re.search(r"\bbsd\b|both|total", "\n".join(newest), re.IGNORECASE):
        wanted = [name for name in wanted if name != "calculate_bsd"]
    if "calculate_ssd" in wanted:
        wanted = ["calculate_ssd"]
    words = Words(texts)
    return [(name, read(words)) for _, name, read in TOPICS if name in wanted and name in offered]


def _profile(words: Words) -> str | None:
    if words.has(r"\bpr\b|permanent resident|\bspr\b"):
        return "permanent_resident"
    if words.has(r"foreigner|not a citizen|us national|american"):
        return "foreigner"
    return "singapore_citizen" if words.has(r"citizen|singaporean|公民|warganegara") else None


def _homes_owned(words: Words) -> int | None:
    for word, owned in COUNTS.items():
        if words.has(rf"\b{word} (?:home|property|condo|house|flat|private)"):
            return owned
    if words.has(r"own (?:no|nothing)|no other (?:home|property)|don't own"):
        return 0
    return 1 if words.has(r"(?:own|have) (?:one|1|an? )") else None


def _treaty(words: Words) -> str | None:
    if words.has(r"not (?:a |an )?(?:us|american)|chinese national|indian national|malaysian"):
        return "none"
    return "us_national" if words.has(r"\bus national|american") else None
