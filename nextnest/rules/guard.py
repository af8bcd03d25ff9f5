"""What no reply may say. Checked on the finished draft, because a model that was told is not a model that obeys.

Two questions: is every figure somebody's we may repeat, and does a sentence promise, claim, ask or advise what we must
not? A sentence that denies it ("nobody can promise approval") is fine. What the customer said may be quoted.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from nextnest.models import Lead, Verdict
from nextnest.rules import links, reply_language, sentences
from nextnest.rules.evidence import Evidence, kind_to_prove, of_lead, of_text
from nextnest.rules.figures import Figure, Kind, figures_of, normalised
from nextnest.rules.language import Language
from nextnest.rules.leaks import told_instructions

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
ENCOURAGED_EVASION = sentences.ENCOURAGED_EVASION
SPOKE_FOR_BANK = sentences.SPOKE_FOR_BANK
CLAIMED_ADVISER = sentences.CLAIMED_ADVISER
CLAIMED_ACTION = sentences.CLAIMED_ACTION
FOREIGN_LINK = links.FOREIGN_LINK
WRONG_LANGUAGE = "wrong_language"

# Two or three short paragraphs have a few hundred characters; what is ten times that is no chat message.
_LONGEST_DRAFT = 4_000
# Of each text that proves figures so many characters are read, and of all together so many, the newest first: enough
# for every message people type, and little enough that a flood is judged in a fifth of a second.
_LONGEST_TEXT, _LONGEST_EVIDENCE = 4_000, 12_000
# "two options", "1-2 questions", "step 3": small counts are how people talk, not figures of a loan.
_LARGEST_HARMLESS_COUNT = 10
_HARMLESS = re.compile(
    r"(?<!\d)24/7(?!\d)"
    r"|^ ?\(?\d{1,2}[.)]\s"  # the number of a list item
    r"|\b[1-5] ?-?(?:room|bedroom|bedder|rm)\b|(?<![\d.])[1-5]房|\b[1-5] bilik\b|\b[1-5] ?அறை"  # types of flats
    # the benchmark's names
    r"|(?<![\d.])[136]-?(?:m|month|months|个月)(?:的?复利)? ?(?:compounded )?(?:sora|singapore overnight|利率基准)"
    r"|\bsora 3 bulan\b|(?<![\d.])3m (?=sora)"
    r"|\b(?:ext\.?|extension|sambungan|分机) ?(?:no\.? ?)?\d{1,4}\b(?! ?(?:%|per|y|m|k|tahun|年))|\bpress \d\b"  # telephones
    r"|\b99(?:-|/|:| to |-to-|比)1\b"  # a way of buying that nobody may be encouraged to, by its name
    r"|\b(?:ir8a|ir8e|ir21|form [1-9]|covid-19|3d|4g|5g|office 365)\b"  # names that have figures
    r"|(?<!by the )(?<!on the )(?<!until the )(?<!before the )(?<!after the )\b(?:1st|2nd|3rd|4th|5th)\b"
    r"(?! quarter| half| of \w+ber)"
    r"|\b(?:1st|2nd|3rd|4th|5th) (?=point|question|step|option|thing|part)",
    re.MULTILINE,
)
# Double braces are Liquid, which is delivery's business: it reaches the customer as text.
_PLACEHOLDERS = re.compile(
    r"[\[<](?:(?:customer|client|broker|agent|company|your|first|last|full)[ _-]?)?(?:name|phone|e-?mail|nric|amount|rate"
    r"|date|link|address)[\]>]|\[(?:your |insert)[^\]]*\]|(?<!\{)\{[a-z_]+\}(?!\})|\bxx+(?:%|k\b)|\$x+\b|_{3,}"
)
# A figure's sentence and clause: what its rule's subject is looked for in.
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_CLAUSE_END = re.compile(
    r"[,;](?!\d)|[，；、]|\b(?:and|but|while|whereas|dan|tetapi|manakala)\b|而|但|和|மற்றும்|ஆனால்"
)
# Words of the customer's own, given as such: You asked "…".
_QUOTE = re.compile(
    r"(?P<lead>(?:asked|noted|wrote|said|say|mentioned|:|;)\s*)(?:\"(?P<straight>[^\"\n]+)\"|“(?P<curly>[^”\n]+)”)"
)


def check_reply(
    draft: str,
    *,
    lead: Lead | None,
    customer_texts: Sequence[str],
    evidence: Sequence[Evidence] = (),
    results: Sequence[str] = (),
    language: Language | None = None,
) -> Verdict:
    """Judge a draft against `evidence` (results and rules), the lead, the customer's own words and the texts of `results`.

    `language` is the one the customer writes in; None when that is not clear, and then any will do. A draft of more than
    4,000 characters is broken whatever it says. Of each text the first 4,000 characters are read, of all together 12,000
    with the last texts first: a figure beyond that proves nothing.

    `broken` holds the ids of the rules above, `reasons` a sentence for each that also tells the model what to mend,
    `proofs` the source of each figure that is proved.
    """
    if len(draft) > _LONGEST_DRAFT:
        reason = f"The message must be short: two or three paragraphs, never more than {_LONGEST_DRAFT} characters."
        return Verdict(ok=False, broken=(TOO_LONG,), reasons=(reason,))
    own_words = _without_quotes(draft, list(_readable(customer_texts)))
    known = [*evidence, *(of_lead(lead) if lead else ()), *_of_texts(customer_texts, results)]
    figures = list(_proofs(own_words, known))
    found = [*_empty(draft), *_placeholders(own_words), *_instructions(draft)]
    found += [(UNPROVED_FIGURE, _unproved(text)) for text, source in figures if source is None]
    found += links.foreign_links(own_words, customer_texts)
    found += [(rule.id, f'{rule.reason} Not: "{said}".') for rule, said in sentences.broken_by(own_words)]
    found += [(WRONG_LANGUAGE, reason) for reason in reply_language.mismatch(own_words, language)]
    return Verdict(
        ok=not found,
        broken=tuple(dict.fromkeys(rule for rule, _ in found)),
        reasons=tuple(dict.fromkeys(reason for _, reason in found)),
        proofs=tuple(dict.fromkeys((text, source) for text, source in figures if source)),
    )


def _of_texts(customer_texts: Sequence[str], results: Sequence[str]) -> Iterator[Evidence]:
    said = set(customer_texts)
    for text in _readable([*customer_texts, *results]):
        yield from of_text(text, "customer" if any(one.startswith(text) for one in said) else "result")


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


def _unproved(figure: str) -> str:
    return f'"{figure}" is neither in the customer\'s words nor in the facts or results.'


def _proofs(text: str, known: Iterable[Evidence]) -> Iterator[tuple[str, str | None]]:
    """Each figure that needs a proof, and the source of its first one."""
    evidence: dict[tuple[Kind, Decimal], list[Evidence]] = {}
    for one in known:
        evidence.setdefault((one.kind, one.value), []).append(one)
    for sentence in _SENTENCE_END.split(_HARMLESS.sub(" , ", normalised(text))):
        ends = [match.start() for match in _CLAUSE_END.finditer(sentence)]
        for figure in figures_of(sentence):
            if not _is_harmless(figure):
                possible = evidence.get(kind_to_prove(figure), ())
                clause = _clause_at(sentence, ends, figure.start) if possible else ""
                proofs = (one.source for one in possible if one.may_be_said_in(clause, sentence))
                yield figure.text, next(proofs, None)


def _clause_at(sentence: str, ends: Sequence[int], place: int) -> str:
    index = bisect_left(ends, place)
    return sentence[ends[index - 1] if index else 0 : ends[index] if index < len(ends) else len(sentence)]


def _is_harmless(figure: Figure) -> bool:
    return figure.kind is Kind.COUNT and figure.value <= _LARGEST_HARMLESS_COUNT


def _without_quotes(draft: str, customer_texts: Sequence[str]) -> str:
    """The draft without what it quotes from the customer; a quotation may be cut short with an ellipsis."""
    said = [" ".join(text.split()) for text in customer_texts]

    def unquoted(match: re.Match[str]) -> str:
        words = match["straight"] or match["curly"]
        begun = " ".join(words.split()).removesuffix("…").rstrip()
        return f"{match['lead']}this" if any(begun in text for text in said) else match.group()

    return _QUOTE.sub(unquoted, draft)
