"""docs/promises.md keeps its word: every promise names a test, and every test it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def _rows(heading: str) -> list[list[str]]:
    """The cells of each row of the table under a heading."""
    part = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


ROWS = [(heading, row) for heading in HEADINGS for row in _rows(heading)]


def _label(value: object) -> str:
    return f"{value[0]}" if isinstance(value, list) else str(value)


@pytest.mark.parametrize(("heading", "row"), ROWS, ids=_label)
def test_every_promise_is_proved(heading: str, row: list[str]) -> None:
    *said, proof = row
    assert all(said), "a cell is empty"
    assert NAMED.findall(proof), f"nothing proves: {said[-1]}"


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED.findall(PAGE))))
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    assert (ROOT / file).is_file(), f"{file} is not there"
    assert test in _tests_of(ROOT / file), f"{file} has no {test}"


def test_every_table_is_whole_and_numbered() -> None:
    for heading in HEADINGS:
        rows = _rows(heading)
        assert len({len(row) for row in rows}) == 1, f"a row of {heading!r} has lost a cell"
        assert [row[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert [len(_rows(heading)) for heading in HEADINGS][:2] == [32, 29]


@cache
def _tests_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions if function.name.startswith("test_"))
