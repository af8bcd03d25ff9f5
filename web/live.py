"""Open chat pages that hear of news at once: server-sent events, woken by one listening connection per process.

An event says "there is news" and nothing else: the page then reads its own conversation as always, so a stream can show
nothing of another one. A stream holds a thread of the server while it is open, so there is a bound, a stream ends after some
minutes, and whoever finds no place goes on polling. Nothing depends on an event: pages look now and then all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection

from nextnest.database import WEB_POOL, AnyDoor, conninfo
from nextnest.door import look
from nextnest.errors import ConfigurationError
from nextnest.settings import Settings

log = structlog.get_logger(__name__)

# Both stand in migrations/20261123000600_chat_news.sql.
_CHANNEL = "nextnest_chat"
_LINE_MOVED = "line"

# Somebody has the page open in a tab or two and on the phone.
_PER_LEAD = 3
# Threads that streams never take: as many as a process has connections in its pool.
_FOR_REQUESTS = WEB_POOL
# Routers and proxies cut what is silent for 30 to 60 seconds.
_BEAT_S = 15.0
# Then the place is free for whoever waits for one; the page comes back by itself.
_LONGEST_S = 300.0
# A page comes back this soon after its stream ended.
_RETRY_MS = 2000
# How long a new stream waits for the first connection, and how soon everything here lets go of a stopping process.
_CONNECT_S = 3.0
_LOOK_S = 1.0


class NoPlace(Exception):
    """No stream for this page now; it polls."""


@dataclass(eq=False)
class Stream:
    """One open chat page."""

    lead_id: UUID
    conversation_id: int
    ends: float = field(default_factory=lambda: monotonic() + _LONGEST_S)
    bell: Event = field(default_factory=Event)
    over: bool = False
    replaced: bool = False


@dataclass(eq=False)
class _Listener:
    thread: Thread
    ready: Event = field(default_factory=Event)


class Live:
    """The streams of one process. Nothing is opened before the first, and the connection closes after the last."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._most = settings.nextnest_live_streams
        self._goes_on: Callable[[], bool] = lambda: True
        self._lock = Lock()
        self._streams: set[Stream] = set()
        self._listener: _Listener | None = None

    def serve_in(self, threads: int, goes_on: Callable[[], bool]) -> None:
        """Leave enough of the server's threads to requests, and end the streams when the server stops."""
        self._most = min(self._most, max(0, threads - _FOR_REQUESTS))
        self._goes_on = goes_on

    def open(self, lead_id: UUID, conversation_id: int) -> Stream:
        """A place for this page, listening already; NoPlace when there is none. `leave` gives it back.

        A page that was reloaded holds its old place until its next beats, so the newest page of a lead wins.
        """
        stream = Stream(lead_id, conversation_id)
        with self._lock:
            self._make_room(lead_id)
            if len(self._streams) >= self._most:
                raise NoPlace
            self._streams.add(stream)
            listener = self._listener = self._listener or self._start()
        if not listener.ready.wait(_CONNECT_S) or stream.over:
            self.leave(stream)
            raise NoPlace
        return stream

    def leave(self, stream: Stream) -> None:
        """The page has gone; leaving twice is leaving once."""
        with self._lock:
            self._streams.discard(stream)

    def events(self, stream: Stream) -> Iterator[str]:
        """The lines of an event stream: `news`, a `beat` by which the page knows we are there, `replaced` at the end of one
        whose place a newer page of the same lead got."""
        yield f"retry: {_RETRY_MS}\n\n"
        while (event := self._next(stream)) is not None:
            yield _event(event)
        if stream.replaced:
            yield _event("replaced")

    def close(self) -> None:
        """End every stream and the connection; both are gone within a second or two."""
        with self._lock:
            listener = self._listener
            self._end_all()
        if listener:
            listener.thread.join(_CONNECT_S)

    def _next(self, stream: Stream) -> str | None:
        beat = monotonic() + _BEAT_S
        while not stream.over and self._goes_on() and monotonic() < stream.ends:
            if stream.bell.wait(_LOOK_S):
                stream.bell.clear()
                return None if stream.over else "news"
            if monotonic() >= beat:
                return "beat"
        return None

    def _make_room(self, lead_id: UUID) -> None:
        """Called with the lock held."""
        mine = [stream for stream in self._streams if stream.lead_id == lead_id]
        if len(mine) >= _PER_LEAD:
            oldest = min(mine, key=lambda stream: stream.ends)
            oldest.replaced = oldest.over = True
            oldest.bell.set()
            self._streams.discard(oldest)

    def _start(self) -> _Listener:
        listener = _Listener(Thread(name="web-live", daemon=True, target=lambda: self._listen(listener)))
        listener.thread.start()
        return listener

    def _listen(self, listener: _Listener) -> None:
        """Ring for what is told, while there is somebody to ring for."""
        try:
            with self._connected() as conn:
                conn.execute(f"listen {_CHANNEL}")
                listener.ready.set()
                while self._wanted(listener):
                    for notice in conn.notifies(timeout=_LOOK_S):
                        self._ring(notice.payload)
        except (psycopg.Error, ConfigurationError) as error:
            log.warning("live pages poll", error=type(error).__name__)
        self._lost(listener)
        listener.ready.set()

    def _connected(self) -> Connection[Any]:
        """A connection that hears; behind a transaction-mode pooler there is none, and nobody need look again."""
        dsn = self._settings.database()
        if not look(dsn).keeps_session:
            self._most = 0
            raise psycopg.NotSupportedError
        return AnyDoor.connect(conninfo(dsn, "web-live"), autocommit=True)

    def _wanted(self, listener: _Listener) -> bool:
        """Whether a stream is open; when none is, the next one gets a connection of its own."""
        with self._lock:
            wanted = self._listener is listener and bool(self._streams) and self._goes_on()
        if not wanted:
            self._lost(listener)
        return wanted

    def _lost(self, listener: _Listener) -> None:
        """Nobody would hear of news any more; a listener that was replaced has no streams."""
        with self._lock:
            if self._listener is listener:
                self._end_all()

    def _ring(self, told: str) -> None:
        with self._lock:
            for stream in self._streams:
                if told in (_LINE_MOVED, str(stream.conversation_id)):
                    stream.bell.set()

    def _end_all(self) -> None:
        """Called with the lock held."""
        for stream in self._streams:
            stream.over = True
            stream.bell.set()
        self._streams.clear()
        self._listener = None


def _event(name: str) -> str:
    return f"event: {name}\ndata:\n\n"
