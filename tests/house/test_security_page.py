"""docs/security.md: every threat says what stops it and which test shows that, and every test it names is there."""

from __future__ import annotations

import re

import pytest

from tests.house.proofs import NAMED, ROOT, exists, part, rows

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
THREATS = part(PAGE, "## Threats")
*HEADINGS, LAST = re.findall(r"^### .+$", THREATS, re.MULTILINE)
TABLES = {heading: rows(part(PAGE, heading)) for heading in HEADINGS}
ROWS = [row for table in TABLES.values() for row in table]
# What the product promises to stand against, by words of its row.
EXPECTED = [
    "a webhook Chatwoot did not send",
    "sent again later",
    "sent again at once",
    "fills the memory",
    "floods the form",
    "programs fill in the form",
    "flood one contact",
    "markup and runs",
    "leads elsewhere",
    "metadata service",
    "sends us elsewhere",
    "found years later",
    "have leaked",
    "an error or a traceback",
    "metrics or traces",
    "beside the code",
    "public keys",
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_every_threat_says_what_stops_it_and_what_shows_that(row: list[str]) -> None:
    assert len(row) == 3, "a cell is missing or too much"
    threat, wall, proof = row
    assert threat
    assert wall
    assert NAMED.findall(proof), f"nothing shows what stops: {threat}"
    assert NAMED.sub("", proof).strip(", ") == "", "a test is not named as `tests/path.py::test_name`"


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED.findall(PAGE))))
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    assert exists(file, test), f"{file} has no {test}"


@pytest.mark.parametrize("words", EXPECTED)
def test_what_must_be_stood_against_has_its_row(words: str) -> None:
    assert [row for row in ROWS if words in row[0]]


def test_every_part_has_its_table_and_no_threat_stands_twice() -> None:
    assert [heading for heading, table in TABLES.items() if not table] == []
    threats = [row[0] for row in ROWS]
    assert sorted(threats) == sorted(set(threats))


def test_what_no_test_shows_is_said() -> None:
    assert LAST == "### What no test shows"
    assert len(re.findall(r"^- \*\*", part(PAGE, LAST), re.MULTILINE)) > 5
