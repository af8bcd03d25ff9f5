"""A Chatwoot and a model for each test, clients for them, and a receiver for webhooks."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from sandbox.chatwoot import ChatwootSandbox
from sandbox.model import ModelSandbox

PATIENCE_S = 5.0


@dataclass
class Received:
    headers: dict[str, str]
    raw: bytes
    at: float

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)


def _ignore(_body: dict[str, Any]) -> None:
    """A receiver that only remembers."""


@dataclass
class Receiver:
    """A webhook receiver that remembers what it got; `answers` are used up one by one, then 200."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    on_receive: Callable[[dict[str, Any]], None] = _ignore

    def take(self, headers: dict[str, str], raw: bytes) -> int:
        self.received.append(Received(headers, raw, time.time()))
        self.on_receive(json.loads(raw))
        return self.answers.pop(0) if self.answers else 200

    def bodies(self, event: str) -> list[dict[str, Any]]:
        return [each.body for each in self.received if each.body["event"] == event]

    def events(self) -> list[str]:
        return [each.body["event"] for each in self.received]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # twenty deliveries at once must not wait for a second SYN
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.receiver.take(dict(self.headers), raw)  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.receiver = Receiver(url=f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.receiver
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def chatwoot() -> Iterator[ChatwootSandbox]:
    with ChatwootSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def api(chatwoot: ChatwootSandbox) -> Iterator[httpx.Client]:
    """The administrator's client."""
    with client(chatwoot, chatwoot.token) as found:
        yield found


@pytest.fixture
def model() -> Iterator[ModelSandbox]:
    with ModelSandbox() as sandbox:
        yield sandbox


def client(chatwoot: ChatwootSandbox, token: str, **options: Any) -> httpx.Client:
    base = f"{chatwoot.base_url}/api/v1/accounts/{chatwoot.account_id}"
    return httpx.Client(base_url=base, headers={"Api-Access-Token": token}, **options)


def eventually(check: Callable[[], Any]) -> Any:
    """Looks until `check` gives something true, and gives it back; fails when patience ends."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = check()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"still not true after {PATIENCE_S} s")
