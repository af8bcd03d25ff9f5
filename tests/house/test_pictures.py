"""Pictures in the documentation: each is shown somewhere, small, and as wide as it says."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*"))
PAGES = sorted((ROOT / "docs").glob("*.md"))
# All of them are fetched with the repository.
MOST_BYTES = 1_500_000
# What scripts/screenshots.py takes: pages of the console, phones side by side, and the narrowest phone.
WIDEST = 1280


def test_every_picture_is_shown_and_every_picture_shown_exists() -> None:
    shown = {
        name for page in PAGES for name in re.findall(r"\]\(pictures/([\w.-]+)\)", page.read_text("utf-8"))
    }
    assert shown == {path.name for path in PICTURES}
    assert shown


def test_a_picture_says_in_words_what_it_shows() -> None:
    words = [text for page in PAGES for text in re.findall(r"!\[(.*?)\]\(pictures/", page.read_text("utf-8"))]
    assert len(words) == len(PICTURES)
    assert [text for text in words if len(text.split()) < 5] == []


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_fits_a_page(path: Path) -> None:
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG"), path
    width, _height = struct.unpack(">II", head[16:24])
    assert width <= WIDEST


def test_the_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in PICTURES) < MOST_BYTES
