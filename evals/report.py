"""What a person reads: a table by kind, prompts side by side, and each failure with what was expected and what was said."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from evals.running import Run
from evals.scoring import PARTS, Score

THRESHOLDS = Path(__file__).parent / "thresholds.toml"
FOLDER = Path(".nextnest/evals")
_ALL = "everything"
_LONGEST_LINE = 220


def text(runs: Sequence[Run], model: str, seconds: float) -> str:
    """The report. The first run is the one that counts; the others are compared with it."""
    lines = [f"{len(runs[0].scores)} cases, model {model}, {seconds:.0f} s"]
    lines += [f"prompt {run.version}: {_spent(run)}" for run in runs]
    lines += ["", *_table(runs[0])]
    if len(runs) > 1:
        lines += ["", *_comparison(runs)]
    for run in runs:
        for scored in run.scores:
            lines += ["", *_failure(scored, run.version)] if not scored.passed else []
    return "\n".join(lines)


def below(run: Run, model_is_stand_in: bool) -> list[str]:
    """Each threshold that was missed, in words."""
    wanted = tomllib.loads(THRESHOLDS.read_text())["sandbox" if model_is_stand_in else "configured"]
    shares = {name: run.share(None if name == _ALL else name) for name in wanted}
    return [
        f"{name}: {_percent(shares[name])} passed, {_percent(least)} must"
        for name, least in wanted.items()
        if shares[name] < least
    ]


def keep(runs: Sequence[Run], model: str) -> Path:
    """Everything as JSON under .nextnest/evals/; the file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    kept = {
        "model": model,
        "runs": [
            {"prompt": run.prompt, "version": run.version, "scores": [_kept(one) for one in run.scores]}
            for run in runs
        ],
    }
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1, default=str))
    return path


def _kept(scored: Score) -> dict[str, object]:
    return {
        "id": scored.case.id,
        "kind": scored.case.kind,
        "passed": scored.passed,
        "parts": scored.parts,
        "failures": [asdict(failure) for failure in scored.failures],
        "evidence": asdict(scored.evidence),
    }


def _spent(run: Run) -> str:
    tokens = sum(scored.evidence.tokens for scored in run.scores)
    cost = sum(scored.evidence.cost for scored in run.scores)
    return f"{tokens:,} tokens" + (f", {cost:.2f} US dollars" if cost else "")


def _table(run: Run) -> Iterator[str]:
    yield f"{'kind':<16}{'cases':>6}{'passed':>8}" + "".join(f"{part:>11}" for part in PARTS)
    for kind in (*dict.fromkeys(scored.case.kind for scored in run.scores), None):
        scores = [one for one in run.scores if kind in {None, one.case.kind}]
        parts = "".join(f"{sum(one.parts[part] for one in scores):>11}" for part in PARTS)
        yield f"{kind or _ALL:<16}{len(scores):>6}{_percent(run.share(kind)):>8}{parts}"


def _comparison(runs: Sequence[Run]) -> Iterator[str]:
    """A column for each prompt, and what the last changes beside the first."""
    width = max(len(run.version) for run in runs) + 2
    yield f"{'passed':<16}" + "".join(f"{run.version:>{width}}" for run in runs) + f"{'difference':>12}"
    for kind in (*dict.fromkeys(scored.case.kind for scored in runs[0].scores), None):
        shares = [run.share(kind) for run in runs]
        columns = "".join(f"{_percent(share):>{width}}" for share in shares)
        yield f"{kind or _ALL:<16}{columns}{100 * (shares[-1] - shares[0]):>+11.0f}%"
    yield from _changes(runs[0], runs[-1])


def _changes(first: Run, last: Run) -> Iterator[str]:
    pairs = list(zip(first.scores, last.scores, strict=True))
    won = [one.case.id for one, other in pairs if other.passed and not one.passed]
    lost = [one.case.id for one, other in pairs if one.passed and not other.passed]
    yield f"only with {last.version}: {', '.join(won) or 'none'}"
    yield f"only with {first.version}: {', '.join(lost) or 'none'}"


def _failure(scored: Score, version: str) -> Iterator[str]:
    parts = " x ".join(f"{part} {value}" for part, value in scored.parts.items())
    yield f"FAILED {scored.case.id} ({scored.case.kind}), {version}: {parts}"
    for failure in scored.failures:
        yield f"  {failure.part:<10} expected {failure.expected}"
        yield f"  {'':<10} found    {failure.found}"
    for who, said in scored.evidence.lines:
        flat = " / ".join(said.split("\n"))
        yield f"    {who:<15} {flat if len(flat) <= _LONGEST_LINE else flat[:_LONGEST_LINE] + '...'}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
