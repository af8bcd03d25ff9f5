"""Conversations as Chatwoot keeps them: creating, replacing attributes, statuses, assignments, lists."""

from typing import Any

import httpx
import pytest

from sandbox.chatwoot import ChatwootSandbox
from tests.sandbox.conftest import client


def create(api: httpx.Client, contact: dict[str, Any], **more: Any) -> httpx.Response:
    source_id = contact["contact_inboxes"][0]["source_id"]
    return api.post(
        "/conversations", json={"inbox_id": 1, "contact_id": contact["id"], "source_id": source_id, **more}
    )


def test_a_conversation_is_created_unwrapped_with_the_status_asked_for(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    answer = create(
        api, chatwoot.add_contact(name="Tan"), status="pending", custom_attributes={"loan_type": "x"}
    )
    body = answer.json()
    assert answer.status_code == 200
    assert (body["id"], body["status"], body["custom_attributes"]) == (1, "pending", {"loan_type": "x"})
    assert body["meta"]["sender"]["name"] == "Tan"
    assert "assignee" not in body["meta"]
    assert isinstance(body["created_at"], int)
    assert isinstance(body["updated_at"], float)


def test_with_a_bot_at_the_inbox_every_new_conversation_is_pending() -> None:
    with ChatwootSandbox(agent_bot=True) as chatwoot, client(chatwoot, chatwoot.token) as api:
        assert create(api, chatwoot.add_contact(name="Tan"), status="open").json()["status"] == "pending"


def test_a_source_id_of_another_contact_is_refused(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    first, second = chatwoot.add_contact(name="A"), chatwoot.add_contact(name="B")
    answer = create(api, first | {"id": second["id"]})
    assert (answer.status_code, answer.json()) == (422, {"error": "source_id should be unique"})


def test_without_a_source_id_the_contact_gets_a_second_entry(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    contact = chatwoot.add_contact(name="Tan")
    api.post("/conversations", json={"inbox_id": 1, "contact_id": contact["id"]})
    entries = api.get(f"/contacts/{contact['id']}").json()["payload"]["contact_inboxes"]
    assert len({entry["source_id"] for entry in entries}) == 2


@pytest.mark.parametrize("body", [{"status": "bot"}, {"custom_attributes": "text"}])
def test_values_rails_chokes_on_are_internal_errors(
    chatwoot: ChatwootSandbox, api: httpx.Client, body: dict[str, Any]
) -> None:
    assert create(api, chatwoot.add_contact(name="Tan"), **body).status_code == 500
    assert chatwoot.conversations() == []


def test_custom_attributes_of_a_conversation_are_replaced_whole(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    chatwoot.add_conversation(custom_attributes={"a": 1, "b": 1})
    answer = api.post("/conversations/1/custom_attributes", json={"custom_attributes": {"b": 2}})
    assert answer.json() == {"custom_attributes": {"b": 2}}
    assert chatwoot.conversation(1)["custom_attributes"] == {"b": 2}


@pytest.mark.parametrize(
    ("value", "status"), [("x" * 1500, 200), ("x" * 1501, 422), (9_999_999_999, 200), (10_000_000_000, 422)]
)
def test_attribute_values_have_limits(
    chatwoot: ChatwootSandbox, api: httpx.Client, value: object, status: int
) -> None:
    chatwoot.add_conversation()
    answer = api.post("/conversations/1/custom_attributes", json={"custom_attributes": {"a": value}})
    assert answer.status_code == status


def test_toggling_the_status_is_wrapped_in_payload_and_leaves_an_activity_line(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    chatwoot.add_conversation()
    payload = api.post("/conversations/1/toggle_status", json={"status": "resolved"}).json()["payload"]
    assert payload == {
        "success": True,
        "conversation_id": 1,
        "current_status": "resolved",
        "snoozed_until": None,
    }
    last = chatwoot.messages(1)[-1]
    assert (last["message_type"], last["content"]) == (2, "Conversation was marked resolved by NextNest Desk")


def test_an_agent_who_opens_a_conversation_gets_it_but_an_administrator_does_not(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    for _ in range(2):
        chatwoot.add_conversation(status="pending", contact_id=chatwoot.add_contact(name="T")["id"])
    api.post("/conversations/1/toggle_status", json={"status": "open"})
    with client(chatwoot, chatwoot.agent_token) as agent:
        agent.post("/conversations/2/toggle_status", json={"status": "open"})
    assert "assignee" not in chatwoot.conversation(1)["meta"]
    assert chatwoot.conversation(2)["meta"]["assignee"]["name"] == chatwoot.agent.name


def test_an_unknown_status_is_an_internal_error(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    chatwoot.add_conversation()
    assert api.post("/conversations/1/toggle_status", json={"status": "bot"}).status_code == 500


@pytest.mark.parametrize(("bot", "status"), [(False, "open"), (True, "pending")])
def test_a_customer_reopens_a_resolved_conversation_for_the_bot_first(bot: bool, status: str) -> None:
    with ChatwootSandbox(agent_bot=bot) as chatwoot:
        chatwoot.add_conversation()
        chatwoot.resolve(1)
        chatwoot.customer_says(1, "One more thing")
        assert chatwoot.conversation(1)["status"] == status


def test_assigning_nobody_known_unassigns_without_a_word(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    chatwoot.add_conversation()
    assigned = api.post("/conversations/1/assignments", json={"assignee_id": 2})
    assert assigned.json()["role"] == "agent"
    answer = api.post("/conversations/1/assignments", json={"assignee_id": 99})
    assert (answer.status_code, answer.json()) == (200, None)
    assert "assignee" not in chatwoot.conversation(1)["meta"]


def test_labels_are_replaced_whole_and_cleared_by_nothing(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    chatwoot.add_conversation()
    assert api.post("/conversations/1/labels", json={"labels": ["hot", "hdb"]}).json() == {
        "payload": ["hot", "hdb"]
    }
    assert api.post("/conversations/1/labels", json={"labels": ["hdb"]}).json() == {"payload": ["hdb"]}
    assert api.post("/conversations/1/labels", json={}).json() == {"payload": []}


def test_the_list_is_wrapped_in_data_and_shows_open_conversations_only(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    for status in ("open", "pending", "resolved"):
        chatwoot.add_conversation(status=status, contact_id=chatwoot.add_contact(name=status)["id"])
    data = api.get("/conversations").json()["data"]
    assert [row["status"] for row in data["payload"]] == ["open"]
    assert data["meta"] == {"mine_count": 0, "assigned_count": 0, "unassigned_count": 1, "all_count": 1}
    assert len(api.get("/conversations", params={"status": "all"}).json()["data"]["payload"]) == 3


def test_the_list_has_pages_of_twenty_five_unless_a_time_window_is_asked_for(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    contact = chatwoot.add_contact(name="Tan")
    for _ in range(27):
        chatwoot.add_conversation(contact["id"])
    pages = [api.get("/conversations", params={"page": page}).json()["data"]["payload"] for page in (1, 2)]
    assert [len(page) for page in pages] == [25, 2]
    window = api.get("/conversations", params={"updated_within": 60}).json()["data"]["payload"]
    assert len(window) == 27


def test_the_filter_has_no_data_wrapper_and_joins_its_conditions(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    first, second = chatwoot.add_contact(name="A"), chatwoot.add_contact(name="B")
    for contact, status in ((first, "open"), (first, "resolved"), (second, "open")):
        chatwoot.add_conversation(contact["id"], status=status)
    conditions = [
        {
            "attribute_key": "status",
            "filter_operator": "equal_to",
            "values": ["open"],
            "query_operator": "AND",
        },
        {"attribute_key": "contact_id", "filter_operator": "equal_to", "values": [first["id"]]},
    ]
    answer = api.post("/conversations/filter", json={"payload": conditions}).json()
    assert [row["id"] for row in answer["payload"]] == [1]
    assert answer["meta"] == {"mine_count": 0, "unassigned_count": 1, "all_count": 1}


def test_typing_answers_with_an_empty_body(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    chatwoot.add_conversation()
    answer = api.post("/conversations/1/toggle_typing_status", json={"typing_status": "on"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_inbox_and_its_secret_are_shown_to_administrators(api: httpx.Client) -> None:
    inbox = api.get("/inboxes").json()["payload"][0]
    assert (inbox["id"], inbox["channel_type"]) == (1, "Channel::Api")
    assert inbox["secret"]
    assert api.get("/inboxes/99").status_code == 404
