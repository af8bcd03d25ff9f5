"""Whether a draft tells what the model was told: a long run of the prompt's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from nextnest.rules.prompts import ALL

# So many words in a row are no coincidence. What a broker does say ("a human colleague can be asked for at any time") is
# shorter.
_RUN = 15
_WORD = re.compile(r"\w+")


def told_instructions(draft: str) -> str | None:
    """The words of the instructions that a draft repeats, if it does."""
    known = _runs_of_prompts()
    return next((" ".join(run) for run in _runs(draft) if run in known), None)


@cache
def _runs_of_prompts() -> frozenset[tuple[str, ...]]:
    return frozenset(run for texts in ALL for run in _runs(texts.rules))


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    for start in range(len(words) - _RUN + 1):
        yield tuple(words[start : start + _RUN])
