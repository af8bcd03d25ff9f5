"""A job's life as lines and as one bar: each attempt with what it waited for and ran, and what people did in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Literal

from nextnest.store.statements import Row

Kind = Literal["good", "bad", "warn", "busy", "quiet"]

# The bar is so wide, whatever it is shown at; what is shorter than a hair is drawn as one.
BAR = 1000.0
_HAIR = 3.0
_WAITS_AGAIN = {"deferred", "deferred_for_retry", "retried"}
# How the queue's own notes end an attempt, when nothing of ours says it better.
_ENDS: dict[str, tuple[str, Kind]] = {
    "deferred_for_retry": ("put back", "warn"),
    "failed": ("failed", "bad"),
    "succeeded": ("succeeded", "good"),
    "aborted": ("stopped", "warn"),
}
_LOST: dict[str, Kind] = {
    "failed": "bad",
    "handed back": "warn",
    "stopped": "warn",
    "worker died": "bad",
    "buried": "bad",
}


@dataclass
class Attempt:
    """One start of a job. Spans are seconds; `ran_s` is None while it runs, and `worker` when it was not kept."""

    number: int
    began: datetime
    waited_s: float | None
    ran_s: float | None = None
    how: str = "runs"
    kind: Kind = "busy"
    worker: int | None = None
    on_purpose_s: float = 0.0
    error: str | None = None
    frames: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Act:
    """What somebody did to the job through the console."""

    at: datetime
    operator: str
    action: str


@dataclass(frozen=True)
class Stretch:
    """A part of the bar, in its units: `kind` is waited, ran or lost; `seconds` is how long that was."""

    kind: Literal["waited", "ran", "lost"]
    left: float
    width: float
    seconds: float


def lines(steps: Sequence[Row]) -> list[Attempt | Act]:
    """Attempts and acts, oldest first, of steps in the order in which they happened."""
    found: list[Attempt | Act] = []
    attempt: Attempt | None = None
    waits_since: datetime | None = None
    for step in steps:
        what, at = step["what"], step["at"]
        if what == "act":
            found.append(Act(at, step["detail"]["operator"], step["detail"]["action"]))
        elif what == "started":
            number = 1 + sum(isinstance(one, Attempt) for one in found)
            attempt = Attempt(number, at, (at - waits_since).total_seconds() if waits_since else None)
            found.append(attempt)
            waits_since = None
        elif attempt:
            _tell(attempt, step)
        if what in _WAITS_AGAIN:
            waits_since = at
    return found


def _tell(attempt: Attempt, step: Row) -> None:
    """Add to an attempt what came after its start."""
    what, detail = step["what"], step["detail"]
    if what in _ENDS and attempt.ran_s is None:
        attempt.ran_s = (step["at"] - attempt.began).total_seconds()
    if what in _ENDS and attempt.how == "runs":
        attempt.how, attempt.kind = _ENDS[what]
    elif what == "attempt lost":
        attempt.how, attempt.kind = detail["reason"], _LOST[detail["reason"]]
        attempt.error, attempt.frames = detail["error"], detail["frames"]
        attempt.worker = detail["worker"]
    elif what == "outcome":
        failed = detail["outcome"] == "failed"
        attempt.how, attempt.kind = detail["outcome"], "bad" if failed else "good"
        attempt.error = attempt.error or detail["detail"]
        attempt.worker = attempt.worker or detail["worker"]
        attempt.on_purpose_s = detail["waited_s"] or 0.0


def bar(found: Sequence[Attempt | Act], waits_since: datetime | None, now: datetime) -> list[Stretch]:
    """The attempts on one scale of time, and what is waited for since then; empty when nothing is as long as a moment."""
    spans = _spans([one for one in found if isinstance(one, Attempt)], now)
    if waits_since:
        spans.append(("waited", (now - waits_since).total_seconds()))
    whole = sum(seconds for _, seconds in spans)
    if whole <= 0:
        return []
    widths = [max(_HAIR, BAR * seconds / whole) for _, seconds in spans]
    scale = BAR / sum(widths)
    edges = [scale * sum(widths[:index]) for index in range(len(widths) + 1)]
    return [
        Stretch(kind, left, right - left, seconds)
        for (kind, seconds), (left, right) in zip(spans, pairwise(edges), strict=True)
    ]


def _spans(
    attempts: Sequence[Attempt], now: datetime
) -> list[tuple[Literal["waited", "ran", "lost"], float]]:
    spans: list[tuple[Literal["waited", "ran", "lost"], float]] = []
    for one in attempts:
        if one.waited_s:
            spans.append(("waited", one.waited_s))
        ran_s = (now - one.began).total_seconds() if one.ran_s is None else one.ran_s
        spans.append(("lost" if one.kind in {"bad", "warn"} else "ran", max(0.0, ran_s)))
    return spans


def waits_since(job: Row, steps: Sequence[Row]) -> datetime | None:
    """Since when a job that waits has waited; None when it does not."""
    if job["status"] != "todo":
        return None
    return next((step["at"] for step in reversed(steps) if step["what"] in {*_WAITS_AGAIN, "act"}), None)
