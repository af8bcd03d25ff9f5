"""Every request we send and every answer we read, against Chatwoot's own OpenAPI file.

The file is Chatwoot's (swagger/swagger.json of its repository) and not ours to keep: CHATWOOT_OPENAPI names it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from nextnest.chatwoot import Chatwoot, endpoints
from nextnest.chatwoot.endpoints import Endpoint
from sandbox.chatwoot import ChatwootSandbox
from tests.doors.conftest import client_of
from tests.doors.wire import Exchange, Recorder, server

API = "/api/v1"
PREFIX = f"{API}/accounts/{{account_id}}"
FILE = os.environ.get("CHATWOOT_OPENAPI")
OURS = [value for value in vars(endpoints).values() if isinstance(value, Endpoint)]

# Where Chatwoot's file and its code (read at v4.15.1) disagree, the code is right. Each entry is one such place.
DRIFT = {
    "POST /contacts answer payload: type": "one contact, nested in `contact` beside `contact_inbox`; "
    "the file borrows the schema of a list (contacts/create.json.jbuilder)",
    "POST /contacts/{contact_id}/contact_inboxes answer inbox.provider: type": "null for channels that have "
    "no provider, an API inbox among them (the column allows it, the file does not)",
    "POST /conversations/{conversation_id}/messages request message_type: enum": "the code takes `activity` and "
    "`template` as well; the file names only incoming and outgoing (message_builder.rb)",
    "GET /webhooks answer: type": "`{payload: {webhooks: []}}`; the file borrows a bare list (webhooks/index.json.jbuilder)",
    "GET /conversations query sort_by: unknown": "the code reads it, the file leaves it out "
    "(conversation_finder.rb)",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    if not FILE:
        pytest.skip("CHATWOOT_OPENAPI does not name Chatwoot's swagger.json")
    content: dict[str, Any] = json.loads(Path(FILE).read_text())
    return content


async def test_what_we_send_and_read_is_what_chatwoot_documents(
    document: dict[str, Any], sandbox: ChatwootSandbox
) -> None:
    recorder = Recorder(sandbox.base_url)
    with server(recorder) as url:
        async with client_of(sandbox, base_url=url) as chatwoot:
            await use_everything(chatwoot, sandbox)
    used = [endpoint_of(exchange) for exchange in recorder.exchanges]
    assert set(used) == set(OURS)
    assert {exchange.status for exchange in recorder.exchanges} == {200}
    found = {
        deviation
        for endpoint, exchange in zip(used, recorder.exchanges, strict=True)
        for deviation in deviations(document, endpoint, exchange)
    }
    assert found - set(DRIFT) == set()


async def use_everything(chatwoot: Chatwoot, sandbox: ChatwootSandbox) -> None:
    """Every method once, most of them twice: before there is anything, and after."""
    sandbox.add_contact(name="Tan", email="mei@example.com", inbox_id=None)
    for email, phone in (("weiming@example.com", "+6591234567"), ("mei@example.com", "+6591234568")):
        contact = await chatwoot.find_or_create_contact(
            name="Tan", email=email, phone=phone, custom_attributes={"loan_type": "refinance"}
        )
        conversation_id = await chatwoot.create_conversation(
            contact=contact, custom_attributes={"lead_score": 80}
        )
        await use_conversation(chatwoot, conversation_id, sandbox.agent.id)
        await chatwoot.contact_conversations(contact.id)
    await chatwoot.recent_conversations()
    await use_account(chatwoot)


async def use_account(chatwoot: Chatwoot) -> None:
    await chatwoot.profile()
    await chatwoot.inbox()
    made = await chatwoot.create_webhook("https://nextnest.example/api/chatwoot-webhook", ["message_created"])
    await chatwoot.update_webhook(made.id, made.url, ["message_created", "conversation_updated"])
    await chatwoot.webhooks()


async def use_conversation(chatwoot: Chatwoot, conversation_id: int, person_id: int) -> None:
    effect = uuid4()
    await chatwoot.update_conversation_custom_attributes(conversation_id, {"broker_name": "Michelle Chen"})
    await chatwoot.create_activity_message(conversation_id, "Michelle Chen joined", uuid4())
    await chatwoot.send_message(conversation_id, "Good morning", effect)
    await chatwoot.send_message(conversation_id, "A note", uuid4(), private=True)
    asked = await chatwoot.post_customer_message(conversation_id, "Hello", "page-1")
    await chatwoot.find_effect(conversation_id, effect, newest_known=None)
    await chatwoot.list_messages(conversation_id, before=asked)
    await chatwoot.set_typing(conversation_id, True)
    await chatwoot.add_labels(conversation_id, ["hot-lead"])
    await chatwoot.assign(conversation_id, assignee_id=person_id)
    for status in ("open", "resolved", "pending"):
        await chatwoot.set_status(conversation_id, status)
    await chatwoot.get_conversation(conversation_id)


def deviations(document: dict[str, Any], endpoint: Endpoint, exchange: Exchange) -> Iterator[str]:
    """Where an exchange leaves the document: what part, which field, which rule."""
    described = operation(document, endpoint)
    sent = json.loads(exchange.request.body) if exchange.request.body else None
    came = json.loads(exchange.body) if exchange.body.strip() else None
    yield from wrong(document, f"{endpoint} request", schema_in(described.get("requestBody")), sent)
    yield from wrong(document, f"{endpoint} answer", schema_in(described["responses"]["200"]), came)
    yield from undocumented_query(document, endpoint, described, exchange.request.path)


def undocumented_query(
    document: dict[str, Any], endpoint: Endpoint, described: dict[str, Any], path: str
) -> Iterator[str]:
    parameters = [resolved(document, each) for each in described.get("parameters", [])]
    known = {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}
    for name, text in parse_qsl(urlsplit(path).query):
        if name not in known:
            yield f"{endpoint} query {name}: unknown"
            continue
        value = int(text) if known[name]["type"] in {"integer", "number"} else text
        yield from wrong(document, f"{endpoint} query {name}", known[name], value)


def wrong(document: dict[str, Any], part: str, schema: dict[str, Any] | None, value: Any) -> Iterator[str]:
    if schema is None or value is None:
        return
    validator = Draft202012Validator({"components": document["components"], "allOf": [schema]})
    for error in validator.iter_errors(value):
        place = ".".join("*" if isinstance(step, int) else str(step) for step in error.absolute_path)
        yield f"{part} {place}: {error.validator}".replace(" :", ":")


def operation(document: dict[str, Any], endpoint: Endpoint) -> Any:
    """The document's description; it names the ids in paths differently."""
    wanted = anonymous(full_path(endpoint))
    matching = [value for path, value in document["paths"].items() if anonymous(path) == wanted]
    assert len(matching) == 1, f"{endpoint} is not in the document"
    return matching[0][endpoint.method.lower()]


def endpoint_of(exchange: Exchange) -> Endpoint:
    path = urlsplit(exchange.request.path).path
    for endpoint in OURS:
        pattern = re.sub(r"\{\w+\}", r"\\d+", full_path(endpoint))
        if endpoint.method == exchange.request.method and re.fullmatch(pattern, path):
            return endpoint
    raise AssertionError(f"{exchange.request.method} {path} is not in the table of endpoints")


def full_path(endpoint: Endpoint) -> str:
    return (PREFIX if endpoint.of_account else API) + endpoint.path


def anonymous(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def schema_in(holder: dict[str, Any] | None) -> dict[str, Any] | None:
    content = (holder or {}).get("content", {}).get("application/json")
    return content["schema"] if content else None


def resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)
