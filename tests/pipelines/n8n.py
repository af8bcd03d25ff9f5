"""A stand-in for n8n: takes what is forwarded to it, remembers it, and misbehaves on request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_REFUSALS = {"away": 503, "moved": 301}


class N8n(ThreadingHTTPServer):
    """`faults`, one per request: "away" refuses, "moved" redirects; "drop" takes the message and hangs up.

    "hang" takes it and is silent.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhook"

    def heard(self, conversation_id: int) -> list[str]:
        """What was forwarded of a conversation, in order."""
        return [body["message"] for body in self.received if body["conversation_id"] == conversation_id]


class _Handler(BaseHTTPRequestHandler):
    server: N8n

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault in _REFUSALS:
            self.server.refused.append(body)
            self._answer(_REFUSALS[fault])
            return
        self.server.received.append(body)
        if fault == "hang":
            self.server.closing.wait(30)
        if fault is None:
            self._answer(200)
        self.close_connection = True

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status in range(300, 400):
            self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def running_n8n() -> Iterator[N8n]:
    """One n8n, stopped afterwards."""
    with N8n() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join(5)
