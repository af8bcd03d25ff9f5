"""What we write, made fit for Chatwoot: Liquid harmless, texts and attributes storable."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Chatwoot renders what we send as a Liquid template, and `{{income}}` would reach the customer as nothing.
_LIQUID = re.compile(r"\{(?=[{%])")
_WORD_JOINER = "\u2060"
# Chatwoot's validator of custom attributes (jsonb_attributes_length_validator.rb).
_LONGEST_ATTRIBUTE = 1500
_LARGEST_ATTRIBUTE = 9_999_999_999


def harmless(text: str) -> str:
    """The same characters to the eye, and none of them Liquid.

    An invisible word joiner goes between `{` and `{` or `%`. It has no width and allows no line break.
    """
    return _LIQUID.sub("{" + _WORD_JOINER, text)


def storable(text: str) -> str:
    """Without NUL, which Postgres cannot hold: Chatwoot would refuse the message for ever."""
    return text.replace("\0", "")


def fitting(attributes: Mapping[str, object]) -> dict[str, object]:
    """Attributes as Chatwoot accepts them: long texts are cut, integers too large are written as text."""
    return {name: _fitting(value) for name, value in attributes.items()}


def _fitting(value: object) -> object:
    if isinstance(value, str):
        return storable(str(value))[:_LONGEST_ATTRIBUTE]
    if isinstance(value, int) and not isinstance(value, bool) and value > _LARGEST_ATTRIBUTE:
        return str(value)
    return value
