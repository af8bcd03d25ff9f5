"""Webhooks as Chatwoot sends them: distinct messages in the stand-in's own words, signed."""

from __future__ import annotations

import copy
import json
from typing import Any

from bench.load import post
from sandbox.chatwoot import ChatwootSandbox

NOWHERE = "http://127.0.0.1:9/"  # the discard port: the delivery fails, its body is what we want


class Chatter:
    """Makes message_created webhooks of customers: conversations have ids from 1, messages from `first`."""

    def __init__(self, conversations: int, first: int = 1_000_000) -> None:
        self.conversations = conversations
        self._template = _a_customers_message()
        self._next_message = first

    def signed(self, sandbox: ChatwootSandbox, count: int) -> list[tuple[dict[str, str], bytes]]:
        """Headers and bodies of this many webhooks; no message comes twice."""
        made = []
        for _ in range(count):
            body = json.dumps(self._payload(), separators=(",", ":")).encode()
            made.append((sandbox.signed_headers(body), body))
        return made

    def _payload(self) -> dict[str, Any]:
        self._next_message += 1
        payload = copy.copy(self._template)
        conversation = 1 + self._next_message % self.conversations
        payload["id"] = self._next_message
        payload["content"] = f"How much can I borrow? (question {self._next_message})"
        payload["conversation"] = payload["conversation"] | {"id": conversation}
        return payload


def requests(path: str, signed: list[tuple[dict[str, str], bytes]]) -> list[bytes]:
    """The same webhooks for one route."""
    return [post(path, headers, body) for headers, body in signed]


def _a_customers_message() -> dict[str, Any]:
    with ChatwootSandbox(NOWHERE) as sandbox:
        conversation = sandbox.add_conversation()
        sandbox.customer_says(conversation["id"], "How much can I borrow?")
        sandbox.settle()
        payloads = [delivery.payload for delivery in sandbox.webhooks]
    return next(payload for payload in payloads if payload["event"] == "message_created")
