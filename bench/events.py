"""A small discrete-event simulation: processes are generators that wait for time, for a place, or for a flush of the WAL."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from itertools import count
from typing import Any

# What a process yields: seconds to wait, or something to queue at.
Step = Generator[Any, None, None]


class Clock:
    """Runs processes in the order of their moments, in simulated seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def call(self, action: Callable[[], None], after: float = 0.0) -> None:
        """So many seconds from now."""
        heapq.heappush(self._due, (self.now + after, next(self._order), action))

    def resume(self, process: Step, after: float = 0.0) -> None:
        """Let it begin, or go on, so many seconds from now."""
        self.call(partial(self._step, process), after)

    def run(self, until: float) -> None:
        """All that happens up to that moment."""
        while self._due and self._due[0][0] <= until:
            self._next()
        self.now = until

    def run_out(self) -> None:
        """All that happens, until nothing is left."""
        while self._due:
            self._next()

    def _next(self) -> None:
        self.now, _, action = heapq.heappop(self._due)
        action()

    def _step(self, process: Step) -> None:
        wanted = next(process, None)
        if isinstance(wanted, Places | Wal):
            wanted.queue(process)
        elif wanted is not None:
            self.resume(process, wanted)


class Places:
    """So many can be in at once, the others wait in line: cores, connections, a lock. Yield it to get in, free it later."""

    def __init__(self, clock: Clock, number: int) -> None:
        self.clock, self.number, self.taken = clock, number, 0
        self.busy_s = 0.0
        self._since = 0.0
        self._line: deque[Step] = deque()

    def queue(self, process: Step) -> None:
        if self.taken < self.number:
            self._count(1)
            self.clock.resume(process)
        else:
            self._line.append(process)

    def free(self) -> None:
        """Whoever was in leaves; the first in line takes its place."""
        if self._line:
            self.clock.resume(self._line.popleft())
        else:
            self._count(-1)

    def utilisation(self) -> float:
        """Share of all places that was taken, from the beginning until now."""
        self._count(0)
        return self.busy_s / (self.number * self.clock.now) if self.clock.now else 0.0

    def _count(self, change: int) -> None:
        self.busy_s += self.taken * (self.clock.now - self._since)
        self._since = self.clock.now
        self.taken += change


class Wal:
    """One flush at a time; all commits that came during one share the next, as Postgres groups them."""

    def __init__(self, clock: Clock, flush_s: float) -> None:
        self.clock, self.flush_s = clock, flush_s
        self.flushes = 0
        self._waiting: list[Step] = []
        self._flushing = False

    def queue(self, process: Step) -> None:
        self._waiting.append(process)
        if not self._flushing:
            self._flush()

    def _flush(self) -> None:
        together, self._waiting = self._waiting, []
        self.flushes += 1
        self._flushing = True
        self.clock.call(partial(self._ended, together), self.flush_s)

    def _ended(self, together: list[Step]) -> None:
        self._flushing = False
        for process in together:
            self.clock.resume(process)
        if self._waiting:
            self._flush()
