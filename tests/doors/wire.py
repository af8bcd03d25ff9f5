"""A plain HTTP server in a thread: it answers what a test says, or passes everything on and remembers it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # with the query
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """`pieces` are sent one by one; their iterator may take its time."""

    status: int = 200
    pieces: Iterable[bytes] = ()
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def says(body: Any, status: int = 200, content_type: str = "application/json") -> Callable[[Request], Answer]:
    """The same answer to everything: bytes as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _request: Answer(status, (raw,), content_type)


@contextmanager
def server(answer: Callable[[Request], Answer]) -> Iterator[str]:
    """Serve `answer` on localhost; yields the base URL."""

    class Handler(_Handler):
        reply = staticmethod(answer)

    running = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


@dataclass(frozen=True)
class Exchange:
    """One request that was passed on, and what came back."""

    request: Request
    status: int
    body: bytes


@dataclass
class Recorder:
    """Passes requests on to `target` and keeps every exchange. `before` is called first and may act in between."""

    target: str
    before: Callable[[Request], None] = lambda _request: None
    exchanges: list[Exchange] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.before(request)
        kept = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        with httpx.Client(trust_env=False) as client:
            came = client.request(
                request.method, f"{self.target}{request.path}", headers=kept, content=request.body
            )
        self.exchanges.append(Exchange(request, came.status_code, came.content))
        return Answer(
            came.status_code, (came.content,), came.headers.get("content-type", "application/octet-stream")
        )


_HOP_BY_HOP = {"host", "connection", "content-length", "accept-encoding"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # the default of 5 makes the sixth of several calls at once wait a second


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    reply: Callable[[Request], Answer]

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        answer = type(self).reply(request)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Connection", "close")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        self._send(answer.pieces)

    def _send(self, pieces: Iterable[bytes]) -> None:
        try:
            for piece in pieces:
                self.wfile.write(piece)
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            return  # the client had enough

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """Quiet."""
