"""Which sentences of a text must not be said, clause by clause: a denial counts within its own clause only.

"Nobody can promise approval" is fine; "don't worry, it will be approved" is a promise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nextnest.rules.sayings import RULES
from nextnest.rules.sayings.rule import (
    ASKED_FOR_IDENTITY,
    CLAIMED_ACTION,
    CLAIMED_ADVISER,
    CLAIMED_HUMAN,
    ENCOURAGED_EVASION,
    GAVE_ADVICE,
    PROMISED_APPROVAL,
    PROMISED_CONTACT,
    PROMISED_RATE,
    PROMISED_SAVINGS,
    REASONS,
    SPOKE_FOR_BANK,
    TOLD_INSTRUCTIONS,
    Rule,
    scripts_of,
)

__all__ = [
    "ASKED_FOR_IDENTITY",
    "CLAIMED_ACTION",
    "CLAIMED_ADVISER",
    "CLAIMED_HUMAN",
    "ENCOURAGED_EVASION",
    "GAVE_ADVICE",
    "PROMISED_APPROVAL",
    "PROMISED_CONTACT",
    "PROMISED_RATE",
    "PROMISED_SAVINGS",
    "REASONS",
    "RULES",
    "SPOKE_FOR_BANK",
    "TOLD_INSTRUCTIONS",
    "Rule",
    "broken_by",
    "clauses",
]

_BREAK = re.compile(
    r"(?<=[.!?。！？])\s*(?!\d)|\n+|[,;，；：、](?!\d)|:\s|\s[-–—]\s|—|\b(?:but|however|though|although|because|so|tapi|tetapi)\b"
    r"|但是|但|不过|不過|ஆனால்"
    # "We don't need more papers and your loan will be approved": what is new after "and" is denied by nothing before.
    r"|\band (?=(?:your (?:loan|application)|it) (?:is|will)\b|you(?:'ll| will)\b|(?:i|we)(?:'ll| will)\b)"
)


def broken_by(text: str) -> Iterator[tuple[Rule, str]]:
    """Each rule that a clause breaks, with the words that break it."""
    for clause in clauses(text):
        scripts = scripts_of(clause)
        for rule in RULES:
            if rule.script in scripts and (words := rule.broken_by(clause)):
                yield rule, words


def clauses(text: str) -> Iterator[str]:
    """The clauses of a text, lower case, with single spaces and plain apostrophes."""
    plain = text.casefold().replace("’", "'").replace("‘", "'").replace("**", "")
    for line in plain.splitlines():
        for clause in _BREAK.split(line):
            if spoken := " ".join((clause or "").split()):
                yield spoken
