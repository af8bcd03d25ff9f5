"""A small HTTP client that is cheap enough not to be what is measured: prepared bytes over kept connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """What a burst of requests took: each latency, all of it, and the client's own processor time, in seconds."""

    latencies: list[float]
    took_s: float
    client_cpu_s: float

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.took_s

    @property
    def client_share(self) -> float:
        """How busy the client was; near 1 it would be the bottleneck."""
        return self.client_cpu_s / self.took_s


def post(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """One request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + END_OF_HEAD + body


def send(
    port: int, requests: Sequence[bytes], connections: int, rate: float | None = None, answer: int = 200
) -> Load:
    """Send all of them over this many connections, each with one request under way. Any other answer is an error.

    With a `rate`, at most so many a second. A latency then counts from when its request was due, so one that had to wait
    for a connection says so.
    """
    return asyncio.run(_send(port, requests, connections, rate, answer))


async def _send(
    port: int, requests: Sequence[bytes], connections: int, rate: float | None, answer: int
) -> Load:
    queue = _due(requests, rate)
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    lines = [_Line(queue, latencies, loop.create_future(), answer) for _ in range(connections)]
    try:
        for line in lines:
            await loop.create_connection(lambda line=line: line, "127.0.0.1", port)  # type: ignore[misc]
        cpu, started = time.process_time(), time.perf_counter()
        for line in lines:
            line.next()
        await asyncio.gather(*(line.done for line in lines))
        return Load(latencies, time.perf_counter() - started, time.process_time() - cpu)
    finally:
        for line in lines:
            line.close()


def _due(requests: Sequence[bytes], rate: float | None) -> Iterator[tuple[bytes, float]]:
    """Each with the moment it is due by the performance counter, 0 when at once; the clock starts with the first."""
    begin = time.perf_counter()
    for number, request in enumerate(requests):
        yield request, begin + number / rate if rate else 0.0


class _Line(asyncio.Protocol):
    """One connection: sends a request, reads its answer, sends the next."""

    def __init__(
        self,
        queue: Iterator[tuple[bytes, float]],
        latencies: list[float],
        done: asyncio.Future[None],
        answer: int,
    ) -> None:
        self.queue, self.latencies, self.done = queue, latencies, done
        self.wanted = f" {answer} ".encode()
        self.transport: asyncio.Transport | None = None
        self.received = b""
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def next(self) -> None:
        assert self.transport
        found = next(self.queue, None)
        if found is None:
            self.done.set_result(None)
            return
        request, due = found
        now = time.perf_counter()
        self.sent_at = due or now
        asyncio.get_running_loop().call_later(max(0.0, due - now), self.transport.write, request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(END_OF_HEAD)
        if not found or len(body) < _content_length(head):
            return
        self.latencies.append(time.perf_counter() - self.sent_at)
        self.received = b""
        if self.wanted in head[:16]:
            self.next()
        else:
            self._fail(f"answered {head.splitlines()[0].decode()}")

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self._fail("the connection was closed")

    def close(self) -> None:
        if self.transport:
            self.transport.close()

    def _fail(self, what: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(what))


def _content_length(head: bytes) -> int:
    for line in head.lower().splitlines():
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise RuntimeError("an answer without Content-Length")
