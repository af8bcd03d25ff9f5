"""Both ends of a proxied connection, and the thread in which all of them are served."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

# What ends a connection in the ordinary way: either side went away.
_ENDED = (asyncio.IncompleteReadError, ConnectionError)


@dataclass(frozen=True)
class Streams:
    """One end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self, count: int) -> bytes:
        return await self.reader.readexactly(count)

    async def read_until(self, end: bytes) -> bytes:
        return await self.reader.readuntil(end)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class Wire(Protocol):
    """One kind of server to stand in front of."""

    def url(self, port: int) -> str: ...
    async def connect(self) -> Streams: ...
    async def serve(self, worker: Streams, server: Streams) -> None: ...


class Proxies:
    """Listening sockets on localhost, served by one thread; a context manager."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies")
        self._servers: list[asyncio.Server] = []
        self._serving: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self, wire: Wire) -> str:
        """Stand in front of a server; the address to use instead of its own."""
        return wire.url(self._run(self._listen(wire)))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self, wire: Wire) -> int:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(_serve(wire, Streams(reader, writer)))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()


async def first_of(*work: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends; its error is raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _serve(wire: Wire, worker: Streams) -> None:
    """A server that cannot be reached is a connection that closes at once."""
    try:
        with suppress(*_ENDED):
            server = await wire.connect()
            try:
                await wire.serve(worker, server)
            finally:
                await server.close()
    finally:
        await worker.close()
