"""Between a process and its database: counts statements and round trips as they go over the wire, and changes nothing.

A round trip is counted when the client speaks after the server has spoken. Statements are the messages Query and Execute of
the frontend protocol (https://www.postgresql.org/docs/17/protocol-message-formats.html), BEGIN and COMMIT among them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

# StartupMessage of protocol 3.x; before it a client may ask for encryption, in packets of the same shape.
_PROTOCOL_3 = 3
_STATEMENTS = (b"Q", b"E")
_READY_S = 10
_Look = Callable[[bytes], None]


@dataclass
class Counter:
    """What went through so far, all connections together."""

    round_trips: int = 0
    statements: int = 0


@contextmanager
def counted(database_url: str) -> Iterator[tuple[str, Counter]]:
    """A connection string that leads to the same database, and its counter. TLS is not asked for on the way."""
    counter = Counter()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    parts = urlsplit(database_url)
    target = (parts.hostname or "127.0.0.1", parts.port or 5432)
    server = asyncio.run_coroutine_threadsafe(_serve(target, counter), loop).result(_READY_S)
    try:
        port = server.sockets[0].getsockname()[1]
        user, _, _ = parts.netloc.rpartition("@")
        yield parts._replace(netloc=f"{user}@127.0.0.1:{port}").geturl(), counter
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(_READY_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_READY_S)
        loop.close()


async def _serve(target: tuple[str, int], counter: Counter) -> asyncio.Server:
    async def line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream = await asyncio.open_connection(*target)
        except OSError:
            writer.close()
            return
        frames = _Frames(counter)
        await asyncio.gather(
            _pump(reader, upstream[1], frames.sent), _pump(upstream[0], writer, frames.answered)
        )

    return await asyncio.start_server(line, "127.0.0.1", 0)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: _Look) -> None:
    """Pass on what comes until one side has gone."""
    try:
        while data := await reader.read(65536):
            look(data)
            writer.write(data)
            await writer.drain()
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def _close(server: asyncio.Server) -> None:
    """The processes behind it have ended; what is still open is cut off."""
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Frames:
    """One connection: cuts what the client says into messages."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._rest = b""
        self._started = False
        self._servers_turn = False

    def sent(self, data: bytes) -> None:
        if not self._servers_turn:
            self._servers_turn = True
            self._counter.round_trips += 1
        self._rest += data
        while message := self._next():
            self._counter.statements += message in _STATEMENTS

    def answered(self, _data: bytes) -> None:
        self._servers_turn = False

    def _next(self) -> bytes:
        """The type of the next whole message, `startup` before there are types; empty when none is whole."""
        head = 1 if self._started else 0
        if len(self._rest) < head + 4:
            return b""
        end = head + int.from_bytes(self._rest[head : head + 4])
        if len(self._rest) < end:
            return b""
        message, self._rest = self._rest[:end], self._rest[end:]
        if self._started:
            return message[:1]
        self._started = int.from_bytes(message[4:6]) == _PROTOCOL_3
        return b"startup"
