"""Contacts as Chatwoot keeps them: wrappers, uniqueness, merging, searching."""

import httpx
import pytest

from sandbox.chatwoot import ChatwootSandbox
from tests.sandbox.conftest import client


def test_a_created_contact_comes_back_doubly_nested_with_its_source_id(api: httpx.Client) -> None:
    answer = api.post("/contacts", json={"inbox_id": 1, "name": "Tan", "email": "TAN@Example.sg"})

    assert answer.status_code == 200
    payload = answer.json()["payload"]
    assert payload["contact"]["email"] == "tan@example.sg"
    assert payload["contact"]["contact_inboxes"][0]["source_id"] == payload["contact_inbox"]["source_id"]
    assert payload["contact_inbox"]["inbox"]["channel_type"] == "Channel::Api"
    assert isinstance(payload["contact"]["created_at"], int)
    assert "last_activity_at" not in payload["contact"]  # never active


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        ("email", "a@example.sg", "A@EXAMPLE.SG"),
        ("phone_number", "+6591234567", "+6591234567"),
        ("identifier", "lead-1", "lead-1"),
    ],
)
def test_a_second_contact_with_the_same_key_is_refused_by_field(
    api: httpx.Client, field: str, first: str, second: str
) -> None:
    api.post("/contacts", json={field: first})
    answer = api.post("/contacts", json={field: second})

    assert answer.status_code == 422
    assert answer.json()["attributes"] == [field]
    assert "already been taken" in answer.json()["message"]


@pytest.mark.parametrize("phone", ["91234567", "+0591234567", "+65 9123 4567"])
def test_a_phone_number_that_is_not_e164_is_refused(api: httpx.Client, phone: str) -> None:
    assert api.post("/contacts", json={"phone_number": phone}).status_code == 422


def test_a_refused_contact_takes_no_id(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    api.post("/contacts", json={"email": "a@example.sg"})
    api.post("/contacts", json={"email": "a@example.sg"})
    assert len(chatwoot.contacts()) == 1
    assert api.post("/contacts", json={"email": "b@example.sg"}).json()["payload"]["contact"]["id"] == 2


def test_attributes_of_a_contact_are_merged(api: httpx.Client) -> None:
    api.post("/contacts", json={"email": "a@example.sg", "custom_attributes": {"a": 1, "b": 1}})
    answer = api.put("/contacts/1", json={"name": "Ah Meng", "custom_attributes": {"b": 2}})
    assert answer.json()["payload"]["custom_attributes"] == {"a": 1, "b": 2}
    assert answer.json()["payload"]["name"] == "Ah Meng"


def test_a_changed_email_frees_the_old_one(api: httpx.Client) -> None:
    api.post("/contacts", json={"email": "old@example.sg"})
    api.put("/contacts/1", json={"email": "new@example.sg"})
    assert api.post("/contacts", json={"email": "old@example.sg"}).status_code == 200
    assert api.post("/contacts", json={"email": "new@example.sg"}).status_code == 422


def test_search_finds_substrings_without_case_and_counts_its_page_only(api: httpx.Client) -> None:
    for number in range(17):
        api.post("/contacts", json={"name": f"Person {number}", "email": f"p{number}@example.sg"})

    first = api.get("/contacts/search", params={"q": "PERSON"}).json()
    assert first["meta"] == {"count": 15, "current_page": 1, "has_more": True}
    second = api.get("/contacts/search", params={"q": "person", "page": 2}).json()
    assert second["meta"] == {"count": 2, "current_page": "2", "has_more": False}


def test_search_takes_a_longer_phone_number_for_a_hit(api: httpx.Client) -> None:
    api.post("/contacts", json={"name": "Long", "phone_number": "+65912345678"})
    found = api.get("/contacts/search", params={"q": "+6591234567"}).json()["payload"]
    assert [contact["name"] for contact in found] == ["Long"]


def test_filter_finds_the_exact_phone_number_with_or_without_its_plus(api: httpx.Client) -> None:
    api.post("/contacts", json={"name": "Short", "phone_number": "+6591234567"})
    api.post("/contacts", json={"name": "Long", "phone_number": "+65912345678"})
    condition = {"attribute_key": "phone_number", "filter_operator": "equal_to", "values": ["6591234567"]}
    found = api.post("/contacts/filter", json={"payload": [condition]}).json()
    assert [contact["name"] for contact in found["payload"]] == ["Short"]
    assert found["meta"]["count"] == 1


def test_filter_refuses_an_attribute_nobody_defined(api: httpx.Client) -> None:
    condition = {"attribute_key": "shoe_size", "filter_operator": "equal_to", "values": ["43"]}
    answer = api.post("/contacts/filter", json={"payload": [condition]})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error"}


def test_the_inbox_entry_is_found_by_source_id_and_its_absence_has_an_empty_body(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    source_id = chatwoot.add_contact(name="Tan")["contact_inboxes"][0]["source_id"]
    found = api.post("/contact_inboxes/filter", json={"inbox_id": 1, "source_id": source_id})
    missing = api.post("/contact_inboxes/filter", json={"inbox_id": 1, "source_id": "nobody"})
    assert found.json()["name"] == "Tan"
    assert (missing.status_code, missing.content) == (404, b"")


def test_a_contacts_conversations_come_newest_activity_first_and_twenty_at_most(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    contact = chatwoot.add_contact(name="Tan")
    ids = [chatwoot.add_conversation(contact["id"])["id"] for _ in range(21)]
    chatwoot.customer_says(ids[0], "I am the newest now")

    payload = api.get(f"/contacts/{contact['id']}/conversations").json()["payload"]

    assert len(payload) == 20
    assert [row["id"] for row in payload[:2]] == [ids[0], ids[-1]]


@pytest.mark.parametrize("header", ["Api-Access-Token", "api_access_token"])
def test_both_spellings_of_the_token_header_are_read(chatwoot: ChatwootSandbox, header: str) -> None:
    url = f"{chatwoot.base_url}/api/v1/profile"
    answer = httpx.get(url, headers={header: chatwoot.token})
    assert answer.json()["role"] == "administrator"


def test_a_missing_token_and_a_wrong_one_get_different_bodies(chatwoot: ChatwootSandbox) -> None:
    url = f"{chatwoot.base_url}/api/v1/accounts/1/contacts"
    missing = httpx.get(url)
    wrong = httpx.get(url, headers={"Api-Access-Token": "nonsense"})
    assert (missing.status_code, list(missing.json())) == (401, ["errors"])
    assert (wrong.status_code, wrong.json()) == (401, {"error": "Invalid Access Token"})


def test_a_bot_may_post_messages_but_not_read_them_or_touch_contacts(chatwoot: ChatwootSandbox) -> None:
    chatwoot.add_conversation()
    with client(chatwoot, chatwoot.bot_token) as bot:
        posted = bot.post("/conversations/1/messages", json={"content": "Beep"})
        assert posted.json()["sender"]["type"] == "agent_bot"
        for refused in (bot.get("/conversations/1/messages"), bot.get("/contacts/search?q=a")):
            assert refused.status_code == 401
            assert refused.json() == {"error": "Access to this endpoint is not authorized for bots"}


def test_another_account_does_not_exist(chatwoot: ChatwootSandbox) -> None:
    url = f"{chatwoot.base_url}/api/v1/accounts/2/contacts"
    answer = httpx.get(url, headers={"Api-Access-Token": chatwoot.token})
    assert (answer.status_code, answer.json()) == (404, {"error": "Resource could not be found"})
