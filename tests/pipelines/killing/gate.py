"""Every step of a worker passes here; at one of them the worker dies."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.pipelines.killing import steps

Side = Literal["before", "after"]


@dataclass(frozen=True)
class Boundary:
    """Before: the step never left the worker. After: it took effect, and the worker never learned of it."""

    label: str
    nth: int
    side: Side

    def __str__(self) -> str:
        return f"{self.side} {self.label}" + (f" ({self.nth})" if self.nth > 1 else "")


@dataclass
class Idle:
    """What a worker says with nobody there: each beginning of what it says on one loan of a connection."""

    said: set[tuple[str, ...]] = field(default_factory=set)
    learning: bool = False

    def says(self, labels: tuple[str, ...]) -> bool:
        """Whether this is idle talk. While learning everything is."""
        if self.learning:
            self.said.add(labels)
        return labels in self.said


@dataclass(frozen=True)
class Step:
    """A step on its way. `cut`: the worker is dead, go no further. `label` is None for idle talk."""

    label: str | None
    nth: int = 0
    cut: bool = False


class Gate:
    """Counts the steps of one scenario and strikes at the one it was told. Used by the proxies' thread and the test's.

    `passed` are the boundaries seen since `reset`, in order; `struck` is set once the worker has been struck.
    """

    def __init__(self, idle: Idle) -> None:
        self.idle = idle
        self.struck = threading.Event()
        self.passed: list[Boundary] = []
        self._counts: Counter[str] = Counter()
        self._target: Boundary | None = None
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Begin to count anew, striking nowhere."""
        with self._lock:
            self._nothing_armed()

    def arm(
        self,
        boundary: Boundary,
        strike: Callable[[], None],
        due: Callable[[str], bool],
        *,
        deadly: bool = True,
    ) -> None:
        """Strike when the boundary is reached. `due` says whether a job of a task waits: what a fetch will bring is not
        in its text. After a strike that is not deadly the step goes on."""
        with self._lock:
            self._nothing_armed()
            self._target, self._strike, self._due, self._deadly = boundary, strike, due, deadly

    def before(self, labels: tuple[str, ...]) -> Step:
        """A step is about to be taken; `labels` end with its own and begin with what went before on this connection."""
        with self._lock:
            if labels[-1] == steps.FETCH:
                return Step(None, cut=self._strikes_before_fetch())
            if self.idle.says(labels):
                return Step(None)
            nth = self._count(labels[-1])
            return Step(labels[-1], nth, self._strikes(Boundary(labels[-1], nth, "before")))

    def after(self, step: Step) -> bool:
        """A step took effect; True when the worker is dead and must not learn of it."""
        if step.label is None:
            return False
        with self._lock:
            return self._strikes(Boundary(step.label, step.nth, "after"))

    def after_fetch(self, answer: bytes) -> bool:
        """The same for a fetch: only its answer says whether it was a step."""
        label = steps.of_fetch(answer)
        if label is None:
            return False
        with self._lock:
            nth = self._count(label)
            self.passed.append(Boundary(label, nth, "before"))
            return self._strikes(Boundary(label, nth, "after"))

    def _nothing_armed(self) -> None:
        self.struck.clear()
        self.passed = []
        self._counts.clear()
        self._target = None

    def _count(self, label: str) -> int:
        self._counts[label] += 1
        return self._counts[label]

    def _strikes(self, here: Boundary) -> bool:
        self.passed.append(here)
        return here == self._target and self._hit()

    def _strikes_before_fetch(self) -> bool:
        """The first fetch that would bring a job of that task."""
        target = self._target
        if target is None or target.side != "before" or not target.label.startswith(steps.FETCH):
            return False
        task = target.label.removeprefix(f"{steps.FETCH} ")
        return target.nth == self._counts[target.label] + 1 and self._due(task) and self._hit()

    def _hit(self) -> bool:
        self._target = None
        self._strike()
        self.struck.set()
        return self._deadly
