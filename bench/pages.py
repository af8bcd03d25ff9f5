"""Tables and pictures go into the documentation by a command, never by hand.

A page holds a place for each scenario, `<!-- bench: replies -->` to `<!-- /bench -->`; what stands between is replaced. Only
what was measured is replaced, so each place says when and under which load. The figures that targets are held against are
kept in measured.json beside the pictures, and the table of targets is written anew from all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import targets
from bench.figures import Table

PLACE = r"(<!-- bench: {} -->\n).*?(<!-- /bench -->)"


@dataclass(frozen=True)
class Result:
    """A scenario's table, the command that repeats it, and one line on when and under which load it was measured."""

    name: str
    table: Table
    command: str
    measured: str


class NoPlace(Exception):
    """No page has a place for this scenario."""


def write(folder: Path, results: Sequence[Result], machine: Sequence[str]) -> list[Path]:
    """Pictures into `folder`, tables into the pages beside it; the files that changed. Raises NoPlace."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = [_picture(folder, plot.name, plot.svg()) for result in results for plot in result.table.plots]
    kept = _keep(folder / "measured.json", {result.name: result.table.figures for result in results})
    blocks = {result.name: _block(result, folder.name) for result in results}
    blocks |= {"machine": "\n".join(["```", *machine, "```"]), "targets": targets.table(kept).grid}
    return changed + _fill(sorted(folder.parent.glob("*.md")), blocks)


def _block(result: Result, pictures: str) -> str:
    """A scenario as a page shows it."""
    table = result.table
    shown = [f"![{plot.title}]({pictures}/{plot.name}.svg)" for plot in table.plots]
    more = [part for each in table.more for part in (f"**{each.title}**", each.grid, "\n".join(each.notes))]
    head = f"{result.measured} Repeat it: `{result.command}`"
    parts = [head, table.grid, *shown, "\n".join(table.notes), *more]
    return "\n\n".join(part for part in parts if part)


def _fill(pages: Sequence[Path], blocks: Mapping[str, str]) -> list[Path]:
    placed: set[str] = set()
    changed = []
    for page in pages:
        text = filled = page.read_text(encoding="utf-8")
        for name, block in blocks.items():
            filled, count = _replaced(filled, name, block)
            placed |= {name} if count else set()
        if filled != text:
            page.write_text(filled, encoding="utf-8")
            changed.append(page)
    if missing := sorted(set(blocks) - placed):
        raise NoPlace(f"no page has a place for: {', '.join(missing)}")
    return changed


def _replaced(text: str, name: str, block: str) -> tuple[str, int]:
    place = re.compile(PLACE.format(re.escape(name)), re.DOTALL)
    return place.subn(lambda found: f"{found[1]}{block}\n{found[2]}", text)


def _picture(folder: Path, name: str, svg: str) -> Path:
    path = folder / f"{name}.svg"
    path.write_text(svg, encoding="utf-8")
    return path


def _keep(path: Path, figures: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """What earlier runs measured, and over it what this one did."""
    kept: dict[str, dict[str, float]] = json.loads(path.read_text()) if path.exists() else {}
    for name, new in figures.items():
        kept[name] = {figure: round(value, 6) for figure, value in new.items()}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return kept
