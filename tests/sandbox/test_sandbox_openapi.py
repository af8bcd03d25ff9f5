"""The sandbox's answers against Chatwoot's own description, where CHATWOOT_OPENAPI names the file."""

import json
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from sandbox.chatwoot import ChatwootSandbox

FILE = os.environ.get("CHATWOOT_OPENAPI")
pytestmark = pytest.mark.skipif(not FILE, reason="CHATWOOT_OPENAPI does not name Chatwoot's OpenAPI file")

# Where the description and Chatwoot's code disagree, the code wins; these are the places met here.
DRIFT = re.compile(
    r"\.snoozed_until$"  # ISO text in the code, a number in the description
    r"|\.payload\[\d+\]\.sender\.type$"  # the description knows only contacts as senders
)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return json.loads(Path(FILE or "").read_text())


def complaints(description: dict[str, Any], name: str, body: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
    found = Draft202012Validator(schema).iter_errors(body)
    return [f"{error.json_path}: {error.message}" for error in found if not DRIFT.search(error.json_path)]


@pytest.fixture
def furnished(chatwoot: ChatwootSandbox) -> ChatwootSandbox:
    contact = chatwoot.add_contact(name="Tan", email="tan@example.sg", phone_number="+6591234567")
    chatwoot.add_conversation(contact["id"], custom_attributes={"lead_score": 72})
    chatwoot.customer_says(1, "Hello")
    chatwoot.agent_says(1, "Good morning")
    chatwoot.assign(1, chatwoot.agent)
    return chatwoot


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/contacts/search?q=tan", "contacts_list_response"),
        ("/contacts/1", "contact_show_response"),
        ("/contacts/1/conversations", "contact_conversations_response"),
        ("/conversations", "conversation_list"),
        ("/conversations/1", "conversation_show"),
        ("/conversations/1/messages", "conversation_messages"),
        ("/conversations/1/labels", "conversation_labels"),
        ("/inboxes/1", "inbox"),
    ],
)
def test_what_is_read_fits_the_description(
    furnished: ChatwootSandbox, api: httpx.Client, description: dict[str, Any], path: str, schema: str
) -> None:
    answer = api.get(path)
    assert answer.status_code == 200
    assert complaints(description, schema, answer.json()) == []


def test_what_is_written_fits_the_description(
    furnished: ChatwootSandbox, api: httpx.Client, description: dict[str, Any]
) -> None:
    contact = api.post("/contacts", json={"inbox_id": 1, "name": "Lim", "email": "lim@example.sg"}).json()
    message = api.post("/conversations/1/messages", json={"content": "Hi"}).json()
    agent = api.post("/conversations/1/assignments", json={"assignee_id": 2}).json()
    profile = httpx.get(
        f"{furnished.base_url}/api/v1/profile", headers={"Api-Access-Token": furnished.token}
    ).json()
    # The description calls this payload a list; the code sends an object.
    assert complaints(description, "contact", contact["payload"]["contact"]) == []
    assert complaints(description, "message", message) == []
    assert complaints(description, "agent", agent) == []
    assert complaints(description, "user", profile) == []
