"""Whether a reply is in the customer's language. Judged only where both are clear: people mix, and so may we."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nextnest.rules.language import Language, weights

# So many words of one language make it clear, and this share of all that tell anything.
_LEAST_WORDS, _CLEAR_SHARE = 3, 0.7
# Below this share of the customer's language a reply is in another: names and terms of the trade stay in English.
_LEAST_SHARE = 0.25
_NAMES = {
    Language.ENGLISH: "English",
    Language.CHINESE: "Chinese",
    Language.MALAY: "Malay",
    Language.TAMIL: "Tamil",
}
_NAMED = re.compile(
    r"\b(?:in|speak|write|reply in|use) (?:english|chinese|mandarin|malay|bahasa|tamil)\b"
    r"|中文|华语|華語|英文|英语|英語|马来|\b(?:bahasa|dalam) (?:melayu|inggeris|english)\b|தமிழ|ஆங்கில",
    re.IGNORECASE,
)


def asked_in(turn: Sequence[str], earlier: Sequence[str] = ()) -> Language | None:
    """The language of the customer's last words; None when they are too few or mixed, or when any of her words name a
    language: then she may have asked for another."""
    if any(_NAMED.search(text) for text in (*turn, *earlier)):
        return None
    found = weights("\n".join(turn))
    language, weight = max(found.items(), key=lambda item: item[1])
    clear = weight >= _LEAST_WORDS and weight >= _CLEAR_SHARE * sum(found.values())
    return language if clear else None


def mismatch(draft: str, language: Language | None) -> Iterator[str]:
    """The reason, when the draft is clearly in another language than this one."""
    if language is None:
        return
    found = weights(draft)
    total = sum(found.values())
    if total >= _LEAST_WORDS and found[language] < _LEAST_SHARE * total:
        yield f"Write in the language of the customer's last message, {_NAMES[language]}."
