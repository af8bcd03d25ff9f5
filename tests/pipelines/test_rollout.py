"""Conversations outside the rollout belong to the legacy path, and to it alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.world import World, running_world


class N8n(ThreadingHTTPServer):
    """Takes what is forwarded to it and remembers it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[dict[str, Any]] = []
        self.refuse_next = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhook"


class _Handler(BaseHTTPRequestHandler):
    server: N8n

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.refuse_next:
            self.server.refuse_next -= 1
            self.send_response(503)
        else:
            self.server.received.append(body)
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def n8n() -> Iterator[N8n]:
    with N8n() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.fixture
def legacy_world(database_url: str, tmp_path: Path, n8n: N8n) -> Iterator[World]:
    settings = {"QUEUE_ROLLOUT_PERCENTAGE": "0", "N8N_AI_BROKER_WEBHOOK_URL": n8n.url}
    with running_world(database_url, tmp_path, **settings) as world:
        yield world


def test_a_message_outside_the_rollout_is_forwarded_once_and_never_answered_by_us(
    legacy_world: World, n8n: N8n
) -> None:
    world = legacy_world
    n8n.refuse_next = 1
    conversation_id = world.greeted()
    said = len(world.said(conversation_id))
    world.chatwoot.faults.add("duplicate_webhook", copies=5, event="message_created:incoming")
    asked = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    world.until(lambda: world.outcome_of(f"forward-{conversation_id}-{asked['id']}") == "forwarded")
    assert world.chatwoot.settle()
    [forwarded] = n8n.received
    assert forwarded == {
        "conversation_id": conversation_id,
        "message_id": asked["id"],
        "message": "What is TDSR?",
    }
    assert len(world.said(conversation_id)) == said
    assert world.model.calls == []
