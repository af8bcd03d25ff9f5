"""What came in and what was answered, for tests and for the pages."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

KEPT = 20_000
"""Entries kept; a bench of some minutes must not fill the memory."""


@dataclass(frozen=True)
class RequestRecord:
    """One request: times are epoch seconds, `status` is None when no answer was sent."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int | None
    at: float
    finished_at: float
    fault: str | None = None
    cancelled: bool = False
    answer: Any = None  # the JSON sent, where the sandbox keeps it


Entry = TypeVar("Entry")


class Journal(Generic[Entry]):
    """A bounded list that many threads append to."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    def last(self, count: int) -> list[Entry]:
        """The newest entries, newest first."""
        return self.entries()[: -count - 1 : -1]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
