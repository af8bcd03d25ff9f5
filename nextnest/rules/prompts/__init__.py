"""The versions of the prompt, as data. One is in use; others are there to be compared with (docs/evals.md).

A version is a module with its texts. A change to a text gives a new version by itself; to compare before and after, copy the
module under another name and change the copy.
"""

from __future__ import annotations

from nextnest.rules.prompts import calculators, no_calculators
from nextnest.rules.prompts.texts import PromptTexts

CURRENT = calculators.TEXTS
ALL = (calculators.TEXTS, no_calculators.TEXTS)
_BY_NAME = {texts.name: texts for texts in ALL}
NAMES = ("current", *_BY_NAME)


def texts_named(name: str) -> PromptTexts:
    """The texts of that name; `current` are those in use. ValueError when there are none of it."""
    if name == "current":
        return CURRENT
    if name not in _BY_NAME:
        raise ValueError(f"should be one of {', '.join(NAMES)}")
    return _BY_NAME[name]


def texts_of(version: str) -> PromptTexts:
    """The texts a prompt of this version was made of."""
    return next((texts for texts in ALL if texts.version == version), CURRENT)


__all__ = ["ALL", "CURRENT", "NAMES", "PromptTexts", "texts_named", "texts_of"]
