"""Between a worker and what it speaks HTTP with: each request and its answer, whole."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from tests.pipelines.killing import steps
from tests.pipelines.killing.gate import Gate
from tests.pipelines.killing.streams import Streams


class HttpWire:
    """Serves connections of workers to `base_url`. Lengths are given by both sides; nothing is chunked."""

    def __init__(self, base_url: str, gate: Gate) -> None:
        self._base, self._gate = urlsplit(base_url), gate

    def url(self, port: int) -> str:
        """The same address by way of a proxy on `port`."""
        return self._base._replace(netloc=f"127.0.0.1:{port}").geturl()

    async def connect(self) -> Streams:
        """To the real server."""
        assert self._base.hostname
        return Streams(*await asyncio.open_connection(self._base.hostname, self._base.port))

    async def serve(self, worker: Streams, server: Streams) -> None:
        """One connection, until either end closes it or the worker dies here."""
        while True:
            request = await _message(worker)
            method, target, _ = request.split(b"\r\n", 1)[0].decode().split(" ")
            step = self._gate.before((steps.of_request(method, target),))
            if step.cut:
                return
            await server.send(request)
            answer = await _message(server)
            if self._gate.after(step):
                return
            await worker.send(answer)


async def _message(streams: Streams) -> bytes:
    head = await streams.read_until(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await streams.read(int(line.partition(b":")[2]))
    return head
