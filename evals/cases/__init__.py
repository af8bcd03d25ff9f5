"""The cases, one file a kind, and their reader."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from evals.case import Case, case_from

FOLDER = Path(__file__).parent


def load() -> list[Case]:
    """Every case, file by file. ValueError names the file and the case that cannot be read, or an id used twice."""
    found = [case for path in sorted(FOLDER.glob("*.toml")) for case in _of(path)]
    twice = [name for name, times in Counter(case.id for case in found).items() if times > 1]
    if twice:
        raise ValueError(f"more than one case is called {', '.join(twice)}")
    return found


def _of(path: Path) -> list[Case]:
    kind = path.stem.replace("_", " ")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    try:
        return [case_from(row, kind) for row in rows]
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
