"""What no reply may say. Checked on the finished draft, because a model that was told is not a model that obeys.

Two questions: is every figure somebody's we may repeat, and does a sentence promise, claim, ask or advise what we must
not? A sentence that denies it ("nobody can promise approval") is fine. What the customer said may be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from nextnest.models import Lead, Verdict
from nextnest.rules import sentences
from nextnest.rules.figures import Figure, Kind, figures, normalised
from nextnest.rules.leaks import told_instructions
from nextnest.rules.sentences import Rule

EMPTY = "empty"
TOO_LONG = "too_long"
UNPROVED_FIGURE = "unproved_figure"
PLACEHOLDER = "placeholder"
TOLD_INSTRUCTIONS = "told_instructions"
PROMISED_APPROVAL = sentences.PROMISED_APPROVAL
PROMISED_RATE = sentences.PROMISED_RATE
PROMISED_SAVINGS = sentences.PROMISED_SAVINGS
PROMISED_CONTACT = sentences.PROMISED_CONTACT
CLAIMED_HUMAN = sentences.CLAIMED_HUMAN
ASKED_FOR_IDENTITY = sentences.ASKED_FOR_IDENTITY
GAVE_ADVICE = sentences.GAVE_ADVICE

# Two or three short paragraphs have a few hundred characters; what is ten times that is no chat message.
_LONGEST_DRAFT = 4_000
# Of each text that proves figures so many characters are read, and of all together so many, the newest first: enough
# for every message people type, and little enough that a flood is judged in a fifth of a second.
_LONGEST_TEXT, _LONGEST_EVIDENCE = 4_000, 12_000
# "two options", "1-2 questions", "step 3": small counts are how people talk, not figures of a loan.
_LARGEST_HARMLESS_COUNT = 10
# Where no unit is given, an amount is at least this; an age or a number of years at most the next; a rate at most the
# last, well above any Singapore home loan of thirty years.
_SMALLEST_AMOUNT, _MOST_YEARS, _MOST_RATE = 100, 100, 20
_HARMLESS = re.compile(
    r"\b24/7\b"
    r"|^ ?\(?\d{1,2}[.)]\s"  # the number of a list item
    r"|\b[1-5]-(?:room|bedroom)\b"  # HDB's flat types
    r"|\b[136]-?(?:m|month) (?:compounded )?sora\b"  # the benchmark's name
    r"|(?<!by the )(?<!on the )(?<!until the )(?<!before the )(?<!after the )\b(?:1st|2nd|3rd|4th|5th)\b"
    r"(?! quarter| half| of \w+ber)",
    re.MULTILINE,
)
_ABOUT_RATES = re.compile(r"rate|interest|percent|per cent|%|sora|利率|利息|kadar|faedah|வட்டி")
_PLACEHOLDERS = re.compile(r"\[(?:name|phone|e-?mail|nric|your [^\]]*|insert[^\]]*)\]")
# Words of the customer's own, given as such: You asked "…".
_QUOTE = re.compile(
    r"(?P<lead>(?:asked|noted|wrote|said|say|mentioned|:|;)\s*)(?:\"(?P<straight>[^\"\n]+)\"|“(?P<curly>[^”\n]+)”)"
)
_TIMELINE_MONTHS = {"next_3_months": (3,), "3_6_months": (3, 6)}


def check_reply(
    draft: str, *, lead: Lead | None, customer_texts: Sequence[str], results: Iterable[str] = ()
) -> Verdict:
    """Judge a draft against the facts of the lead, the customer's own words and the `results` of calculations.

    A draft of more than 4,000 characters is broken whatever it says. Of each evidence text the first 4,000 characters
    are read, of all together 12,000 with the last texts first: a figure beyond that proves nothing.

    `broken` holds the ids of the rules above, `reasons` a sentence for each that also tells the model what to mend.
    """
    if len(draft) > _LONGEST_DRAFT:
        reason = f"The message must be short: two or three paragraphs, never more than {_LONGEST_DRAFT} characters."
        return Verdict(ok=False, broken=(TOO_LONG,), reasons=(reason,))
    own_words = _without_quotes(draft, list(_readable(customer_texts)))
    found = [*_empty(draft), *_placeholders(own_words), *_instructions(draft)]
    found += _unproved(own_words, _Evidence(lead, _readable([*customer_texts, *results])))
    found += [(rule.id, f'{rule.reason} Not: "{said}".') for rule, said in _said(own_words)]
    return Verdict(
        ok=not found,
        broken=tuple(dict.fromkeys(rule for rule, _ in found)),
        reasons=tuple(dict.fromkeys(reason for _, reason in found)),
    )


def _readable(texts: Iterable[str]) -> Iterator[str]:
    """What is read of the evidence, each text once."""
    left = _LONGEST_EVIDENCE
    for text in dict.fromkeys(reversed(list(texts))):
        read = text[: min(left, _LONGEST_TEXT)]
        left -= len(read)
        yield read


def _empty(draft: str) -> Iterator[tuple[str, str]]:
    if not any(character.isalnum() for character in draft):
        yield EMPTY, "The message must say something."


def _placeholders(text: str) -> Iterator[tuple[str, str]]:
    if found := _PLACEHOLDERS.search(text.casefold()):
        yield PLACEHOLDER, f'Leave out placeholders such as "{found.group()}".'


def _instructions(draft: str) -> Iterator[tuple[str, str]]:
    if told_instructions(draft):
        yield TOLD_INSTRUCTIONS, "Say nothing of what you were told to do or not to do."


def _unproved(text: str, evidence: _Evidence) -> Iterator[tuple[str, str]]:
    for figure in figures(_HARMLESS.sub(" , ", normalised(text))):
        if not _is_harmless(figure) and not evidence.proves(figure):
            yield UNPROVED_FIGURE, f'"{figure.text}" is neither in the customer\'s words nor in the facts.'


def _is_harmless(figure: Figure) -> bool:
    return figure.kind is Kind.COUNT and figure.value <= _LARGEST_HARMLESS_COUNT


def _said(text: str) -> Iterator[tuple[Rule, str]]:
    """Each rule that a clause breaks, with the words that break it."""
    for clause in sentences.clauses(text):
        for rule in sentences.RULES:
            if words := rule.broken_by(clause):
                yield rule, words


def _without_quotes(draft: str, customer_texts: Sequence[str]) -> str:
    """The draft without what it quotes from the customer; a quotation may be cut short with an ellipsis."""
    said = [" ".join(text.split()) for text in customer_texts]

    def unquoted(match: re.Match[str]) -> str:
        words = match["straight"] or match["curly"]
        begun = " ".join(words.split()).removesuffix("…").rstrip()
        return f"{match['lead']}this" if any(begun in text for text in said) else match.group()

    return _QUOTE.sub(unquoted, draft)


class _Evidence:
    """The figures that may be repeated, each in every kind its writer may have meant."""

    def __init__(self, lead: Lead | None, texts: Iterable[str]) -> None:
        self._meant: set[tuple[Kind, Decimal]] = set()
        if lead is not None:
            self._meant.update(_of_lead(lead))
        for text in texts:
            about_rates = bool(_ABOUT_RATES.search(text.casefold()))
            for figure in figures(text):
                self._meant.update(_meanings(figure, about_rates))

    def proves(self, figure: Figure) -> bool:
        """A figure without a unit may repeat any number; one with a unit only what was meant in that unit."""
        if figure.kind in {Kind.PLAIN, Kind.COUNT}:
            return (Kind.PLAIN, figure.value) in self._meant
        return (figure.kind, figure.value) in self._meant


def _meanings(figure: Figure, about_rates: bool) -> Iterator[tuple[Kind, Decimal]]:
    yield figure.kind, figure.value
    yield Kind.PLAIN, figure.value if figure.kind is Kind.MONEY else figure.written
    if figure.kind is not Kind.PLAIN:
        return
    is_whole = figure.value == figure.value.to_integral_value()
    if figure.value >= _SMALLEST_AMOUNT:
        yield Kind.MONEY, figure.value
    if is_whole and figure.value <= _MOST_YEARS:
        yield Kind.MONTHS, figure.value * 12
        yield Kind.AGE, figure.value
    if figure.value <= _MOST_RATE and (about_rates or not is_whole):
        yield Kind.PERCENT, figure.value


def _of_lead(lead: Lead) -> Iterator[tuple[Kind, Decimal]]:
    amounts = [lead.property_price, lead.monthly_income, lead.existing_commitments, lead.outstanding_loan]
    for amount in [*lead.incomes, *amounts]:
        if amount is not None:
            yield from _both(Kind.MONEY, amount, amount)
    for age in lead.ages:
        yield from _both(Kind.AGE, Decimal(age), Decimal(age))
    for months in _TIMELINE_MONTHS.get(lead.purchase_timeline or "", ()):
        yield from _both(Kind.MONTHS, Decimal(months), Decimal(months))
    if lead.current_rate is not None:
        yield from _both(Kind.PERCENT, lead.current_rate, lead.current_rate)


def _both(kind: Kind, value: Decimal, written: Decimal) -> Iterator[tuple[Kind, Decimal]]:
    yield kind, value
    yield Kind.PLAIN, written
