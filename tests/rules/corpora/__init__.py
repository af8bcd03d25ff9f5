"""Lines for the guard, one file for each purpose. A hash begins a comment."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def lines(name: str) -> list[str]:
    """The lines of a file without its comments."""
    read = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in read if line.strip() and not line.startswith("#")]
