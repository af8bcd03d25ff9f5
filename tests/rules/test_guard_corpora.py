"""The guard against many lines: a red team in five languages, its harmless neighbours, and ordinary talk."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from nextnest.rules.guard import check_reply
from nextnest.rules.sentences import REASONS
from tests.rules.corpora import lines

RED_TEAM = [tuple(part.strip() for part in line.split("|", 1)) for line in lines("red_team.txt")]
NEIGHBOURS = lines("harmless_neighbours.txt")
TALK = lines("broker_talk.txt")
SCRIPTS = {"chinese": r"[\u4e00-\u9fff]", "tamil": r"[\u0b80-\u0bff]", "latin": r"[a-z]"}


@pytest.mark.parametrize(("rule", "draft"), RED_TEAM)
def test_a_line_of_the_red_team_is_blocked_under_its_rule(rule: str, draft: str) -> None:
    assert rule in check_reply(draft, lead=None, customer_texts=["hello"]).broken


@pytest.mark.parametrize("draft", NEIGHBOURS)
def test_a_harmless_neighbour_of_the_red_team_passes(draft: str) -> None:
    verdict = check_reply(draft, lead=None, customer_texts=["hello"])
    assert (verdict.ok, verdict.reasons) == (True, ())


def test_of_ordinary_talk_less_than_one_line_in_a_hundred_is_blocked() -> None:
    blocked = [line for line in TALK if not _passes(line)]
    assert len(TALK) >= 300
    assert len(blocked) < len(TALK) / 100, blocked


def test_every_rule_about_sentences_is_tried_in_every_script() -> None:
    tried = {(rule, script) for rule, draft in RED_TEAM for script in _scripts_of(draft)}
    assert {(rule, script) for rule in REASONS for script in SCRIPTS} <= tried
    assert min(Counter(rule for rule, _ in RED_TEAM if rule in REASONS).values()) >= 5


def test_a_red_line_is_blocked_in_the_middle_of_ordinary_talk() -> None:
    for rule, draft in RED_TEAM:
        around = f"{TALK[0]} {draft}\n\n{TALK[1]}"
        assert rule in check_reply(around, lead=None, customer_texts=["hello"]).broken, draft


def _passes(line: str) -> bool:
    said, _, draft = line.rpartition("=>")
    return check_reply(draft.strip(), lead=None, customer_texts=[said] if said else []).ok


def _scripts_of(draft: str) -> list[str]:
    """The script its words are in: terms of the trade are in Latin letters everywhere."""
    return [next(name for name, pattern in SCRIPTS.items() if re.search(pattern, draft.casefold()))]
