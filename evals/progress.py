"""A bar on standard error: how many cases are done, how many failed, which was the last."""

from __future__ import annotations

import sys
import threading

_WIDTH = 30
# Without a terminal, a line for so many cases.
_EVERY = 10


class Progress:
    """Safe to move from any thread."""

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total = title, total
        self._done = self._failed = 0
        self._lock = threading.Lock()

    def done(self, name: str, passed: bool) -> None:
        """One more case is done."""
        with self._lock:
            self._done += 1
            self._failed += not passed
            if sys.stderr.isatty():
                self._draw(name)
            elif self._done % _EVERY == 0 or self._done == self._total:
                say(f"{self._title}  {self._done}/{self._total}, {self._failed} failed")

    def _draw(self, name: str) -> None:
        filled = _WIDTH * self._done // self._total
        bar = "#" * filled + "." * (_WIDTH - filled)
        end = "\n" if self._done == self._total else ""
        print(
            f"\r\033[K{self._title}  [{bar}] {self._done}/{self._total}, {self._failed} failed  {name}",
            end=end,
            file=sys.stderr,
            flush=True,
        )


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
