"""docs/privacy.md as data: which columns it calls what, and who it says may read a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "privacy.md"
KINDS = ("sensitive", "personal", "none")
_SECTION = re.compile(r"^### `(\w+)`\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `(\w+)` \| (`.*`) \|$", re.MULTILINE)


@dataclass
class Described:
    """What the page says of one table. `kinds`: the columns of each kind, in the page's order."""

    readers: set[str] = field(default_factory=set)
    kinds: dict[str, list[str]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        return [column for kind in KINDS for column in self.kinds.get(kind, [])]


def described() -> dict[str, Described]:
    """Every table the page has, by its name."""
    text = PAGE.read_text(encoding="utf-8")
    sections = {table: _section(body) for table, body in _SECTION.findall(text)}
    technical = text.split("## Tables without personal data\n")[1]
    return sections | {
        table: Described(kinds={"none": _names(row)}) for table, row in _ROW.findall(technical)
    }


def sensitive() -> list[tuple[str, str]]:
    """Every table and column the page calls sensitive."""
    return [
        (table, column) for table, one in described().items() for column in one.kinds.get("sensitive", [])
    ]


def _section(body: str) -> Described:
    lines = dict(re.findall(r"^- ([a-z ]+): (.+)$", body, re.MULTILINE))
    kinds = {kind: _names(lines[kind]) for kind in KINDS if kind in lines}
    return Described(set(lines["read by"].split(", ")), kinds)


def _names(written: str) -> list[str]:
    return re.findall(r"`(\w+)`", written)
