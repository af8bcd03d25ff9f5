"""docs/promises.md keeps its word: every promise names a test, and every test it names is there."""

from __future__ import annotations

import re

import pytest

from tests.house.proofs import NAMED, ROOT, exists, part, rows

PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
TABLES = {
    heading: rows(part(PAGE, f"## {heading}")) for heading in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
}
ROWS = [(heading, row) for heading, table in TABLES.items() for row in table]


def _label(value: object) -> str:
    return f"{value[0]}" if isinstance(value, list) else str(value)


@pytest.mark.parametrize(("heading", "row"), ROWS, ids=_label)
def test_every_promise_is_proved(heading: str, row: list[str]) -> None:
    *said, proof = row
    assert all(said), f"a cell under {heading} is empty"
    assert NAMED.findall(proof), f"nothing proves: {said[-1]}"


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED.findall(PAGE))))
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    assert exists(file, test), f"{file} has no {test}"


def test_every_table_is_whole_and_numbered() -> None:
    for heading, table in TABLES.items():
        assert len({len(row) for row in table}) == 1, f"a row of {heading!r} has lost a cell"
        assert [row[0] for row in table] == [str(number) for number in range(1, len(table) + 1)]
    assert [len(table) for table in TABLES.values()][:2] == [32, 29]
