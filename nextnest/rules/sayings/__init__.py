"""Sentences a reply must not contain, as data: a module for each language, Singlish with English."""

from __future__ import annotations

from nextnest.rules.sayings import chinese, english, english_claims, malay, tamil
from nextnest.rules.sayings.rule import Rule

RULES: tuple[Rule, ...] = (
    *english.RULES,
    *english_claims.RULES,
    *chinese.RULES,
    *malay.RULES,
    *tamil.RULES,
)
