"""docs/mortgage-rules.md says what the rule book and the catalogue say."""

from __future__ import annotations

import re
from pathlib import Path

from nextnest.rules.mortgage.dated import CHECKED_ON, RECHECK_BY, Rule, Series
from nextnest.rules.mortgage.rulebook import RULES
from nextnest.rules.mortgage.tools import TOOLS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "mortgage-rules.md").read_text(encoding="utf-8")


def test_the_page_has_exactly_the_rules_of_the_book() -> None:
    assert _rows("## The rules") == [_row(series, rule) for series in RULES.values() for rule in series.rules]


def test_the_page_has_exactly_the_tools_of_the_catalogue() -> None:
    rows = _rows("## The calculators")
    assert [(row.split(" | ")[0], row.split(" | ")[-1]) for row in rows] == [
        (f"| `{tool.name}`", f"`{tool.version}` |") for tool in TOOLS.values()
    ]


def test_the_page_names_the_days_of_checking() -> None:
    assert f"checked on {CHECKED_ON.isoformat()}" in PAGE
    assert f"again by {RECHECK_BY.isoformat()}" in PAGE


def _rows(heading: str) -> list[str]:
    """The rows of the first table below a heading, without its head."""
    section = re.split(r"^## ", PAGE.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def _row(series: Series[object], rule: Rule[object]) -> str:
    since = f"{'by ' if rule.in_place_by else ''}{rule.effective_from.isoformat()}"
    until = rule.effective_to.isoformat() if rule.effective_to else ""
    cells = (
        f"`{rule.id}`", series.title, series.says(rule.value), since, until, rule.source, rule.grade.value
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"
