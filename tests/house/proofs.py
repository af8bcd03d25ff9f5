"""Pages that name their proofs: the tables under a heading, and the tests a text names."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(text: str) -> list[list[str]]:
    """The cells of each row of a text's table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def part(page: str, heading: str) -> str:
    """What stands under a heading such as `## Threats`, up to the next of its level or above."""
    level = heading.index(" ")
    return re.split(rf"^#{{1,{level}}} ", page.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def exists(file: str, test: str) -> bool:
    """Whether a file is there and has this test, in a class or not."""
    return (ROOT / file).is_file() and test in _tests_of(ROOT / file)


@cache
def _tests_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions if function.name.startswith("test_"))
