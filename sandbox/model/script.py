"""Replies laid out in advance: the next calls get these instead of the responder's."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model import responses


@dataclass
class Line:
    """What the next `times` matching calls get: a text, or calls of functions."""

    text: str | None = None
    calls: tuple[tuple[str, Mapping[str, Any] | str], ...] = ()
    times: int = 1

    def output(self) -> list[dict[str, Any]]:
        if self.calls:
            return [responses.function_call(name, arguments) for name, arguments in self.calls]
        return [responses.message(self.text or "")]


class Script:
    """First come, first served; safe to use from any thread."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque()
        self._lock = threading.Lock()

    def add(self, line: Line) -> None:
        with self._lock:
            self._lines.append(line)

    def clear(self) -> None:
        with self._lock:
            self._lines.clear()

    def waiting(self) -> int:
        with self._lock:
            return sum(line.times for line in self._lines)

    def take(self) -> Line | None:
        with self._lock:
            if not self._lines:
                return None
            line = self._lines[0]
            line.times -= 1
            if line.times <= 0:
                self._lines.popleft()
            return line
