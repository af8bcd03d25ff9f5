"""Deliveries that changed nothing, written down together: one commit in five seconds instead of one for each.

Chatwoot tells us of every message of ours and of every touch of a conversation, four times for one answer, and most of it
changes nothing. That they came is a figure for the console, and for the alarm that misses them. A process that is killed
takes up to five seconds of these figures with it, and nothing else.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from nextnest.store import incoming
from nextnest.store.incoming import Delivered

log = structlog.get_logger(__name__)

# As often as the console looks.
EVERY_S = 5.0
# While the database is away the oldest give way: at a hundred a second this is well over a minute.
_MOST = 10_000


class QuietDeliveries:
    """Written by a thread of its own, which begins with the first one. `transaction` opens one as the routes do."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection[Any]]]) -> None:
        self._transaction = transaction
        self._waiting: deque[Delivered] = deque(maxlen=_MOST)
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, event: str, conversation_id: int | None, delivery_id: str | None, status: str) -> None:
        """Write it down within some five seconds."""
        self._waiting.append(Delivered(event, conversation_id, delivery_id, status, datetime.now(UTC)))
        with self._lock:
            if self._thread is None:
                self._ending.clear()
                self._thread = threading.Thread(target=self._run, name="quiet-deliveries", daemon=True)
                self._thread.start()

    @property
    def waiting(self) -> int:
        """How many are not written down yet."""
        return len(self._waiting)

    def close(self) -> None:
        """Write down what waits, and end."""
        with self._lock:
            thread, self._thread = self._thread, None
        self._ending.set()
        if thread:
            thread.join()

    def _run(self) -> None:
        while not self._ending.wait(EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not taken:
            return
        try:
            with self._transaction() as conn:
                incoming.record_quiet(conn, taken)
        except psycopg.OperationalError as error:
            log.warning("quiet deliveries wait for the database", error=type(error).__name__)
            self._waiting.extendleft(reversed(taken))
        except psycopg.Error as error:
            log.error("quiet deliveries not written down", error=type(error).__name__, count=len(taken))
