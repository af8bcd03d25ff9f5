"""A sandbox Chatwoot and our client of it, a sandbox model and our client of that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from nextnest.assistant import Assistant
from nextnest.chatwoot import Chatwoot
from sandbox.chatwoot import ChatwootSandbox
from sandbox.model import ModelSandbox


@pytest.fixture
def sandbox() -> Iterator[ChatwootSandbox]:
    with ChatwootSandbox() as running:
        yield running


@pytest.fixture
async def chatwoot(sandbox: ChatwootSandbox) -> AsyncIterator[Chatwoot]:
    async with client_of(sandbox) as client:
        yield client


@pytest.fixture
def conversation_id(sandbox: ChatwootSandbox) -> int:
    return int(sandbox.add_conversation()["id"])


@pytest.fixture
def model() -> Iterator[ModelSandbox]:
    with ModelSandbox() as running:
        yield running


@pytest.fixture
async def assistant(model: ModelSandbox) -> AsyncIterator[Assistant]:
    async with assistant_of(model) as client:
        yield client


def client_of(sandbox: ChatwootSandbox, *, base_url: str | None = None, timeout_s: float = 5) -> Chatwoot:
    """Our client of this sandbox, perhaps by way of another address."""
    return Chatwoot(
        base_url=base_url or sandbox.base_url,
        account_id=sandbox.account_id,
        inbox_id=sandbox.inbox_id,
        token=sandbox.token,
        timeout_s=timeout_s,
    )


def assistant_of(
    model: ModelSandbox,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    fallback_model: str | None = None,
    timeout_s: float = 5,
) -> Assistant:
    """Our client of this model, perhaps by way of another address."""
    return Assistant(
        api_key=api_key or model.api_key,
        base_url=base_url or model.base_url,
        model="gpt-6-luna",
        fallback_model=fallback_model,
        timeout_s=timeout_s,
        max_output_tokens=600,
    )
