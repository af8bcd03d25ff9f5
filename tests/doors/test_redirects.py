"""A redirect is an answer, not an order: Chatwoot, the model, n8n and the collector cannot send us elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from nextnest.chatwoot import Chatwoot
from nextnest.errors import ChatwootUnavailable, ModelUnavailable, Permanent
from nextnest.legacy import Legacy
from nextnest.telemetry import spans
from sandbox.chatwoot import ChatwootSandbox
from sandbox.model import ModelSandbox
from tests.doors.attempts import ANY
from tests.doors.conftest import assistant_of, client_of
from tests.doors.test_assistant import ask
from tests.doors.wire import Answer, Request, says, server

STATUSES = [301, 302, 303, 307, 308]


@dataclass
class Elsewhere:
    """`url` sends everybody to another port with `status`; who asked there, and who came here."""

    url: str = ""
    status: int = 302
    asked: list[Request] = field(default_factory=list)
    came: list[Request] = field(default_factory=list)


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    seen = Elsewhere()

    def visited(request: Request) -> Answer:
        seen.came.append(request)
        return says({})(request)

    with server(visited) as target:

        def sends_on(request: Request) -> Answer:
            seen.asked.append(request)
            return Answer(seen.status, headers={"Location": f"{target}{request.path}"})

        with server(sends_on) as url:
            seen.url = url
            yield seen


@pytest.mark.parametrize("status", STATUSES)
async def test_chatwoot_cannot_send_the_token_elsewhere(sandbox: ChatwootSandbox, status: int) -> None:
    with elsewhere() as seen:
        seen.status = status
        async with client_of(sandbox, base_url=seen.url) as chatwoot:
            await _refused_in_all(chatwoot)
    assert {request.headers["Api-Access-Token"] for request in seen.asked} == {sandbox.token}
    assert seen.came == []


async def _refused_in_all(chatwoot: Chatwoot) -> None:
    for attempt in ANY.values():
        with pytest.raises(ChatwootUnavailable):
            await attempt(chatwoot)


@pytest.mark.parametrize("status", STATUSES)
async def test_the_models_provider_cannot_send_prompt_and_key_elsewhere(
    model: ModelSandbox, status: int
) -> None:
    with elsewhere() as seen:
        seen.status = status
        async with assistant_of(model, base_url=seen.url) as assistant:
            with pytest.raises(ModelUnavailable, match=str(status)):
                await ask(assistant)
            with pytest.raises(ModelUnavailable, match=str(status)):
                await assistant.listed_models()
    assert {request.headers["authorization"] for request in seen.asked} == {f"Bearer {model.api_key}"}
    assert seen.came == []


@pytest.mark.parametrize("status", STATUSES)
async def test_n8n_cannot_send_a_message_elsewhere_and_has_not_taken_it(status: int) -> None:
    with elsewhere() as seen:
        seen.status = status
        with pytest.raises(Permanent, match=str(status)):
            await Legacy(seen.url).forward(1, 2, "my income is 7200")
    assert len(seen.asked) == 1
    assert seen.came == []


@pytest.mark.parametrize("status", STATUSES)
def test_the_collector_cannot_send_traces_and_their_key_elsewhere(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a-key")
    with elsewhere() as seen:
        seen.status = status
        spans.start("web", seen.url)
        try:
            with spans.span("one"):
                pass
        finally:
            spans.stop()
    assert {(request.path, request.headers["x-key"]) for request in seen.asked} == {("/v1/traces", "a-key")}
    assert seen.came == []
