"""Messages as Chatwoot keeps them: types, senders, Liquid, paging, the flood guard."""

import socket
from typing import Any

import httpx
import pytest

from sandbox.chatwoot import ChatwootSandbox, liquid


@pytest.fixture(autouse=True)
def conversation(chatwoot: ChatwootSandbox) -> dict[str, Any]:
    return chatwoot.add_conversation()


def post(api: httpx.Client, **body: Any) -> httpx.Response:
    return api.post("/conversations/1/messages", json=body)


def test_a_message_is_posted_by_the_tokens_owner_and_keeps_its_attributes(api: httpx.Client) -> None:
    body = post(api, content="Hi", content_attributes={"outbox_id": "7"}, echo_id="e1").json()
    assert (body["message_type"], body["sender"]["type"]) == (1, "user")
    assert body["content_attributes"] == {"outbox_id": "7"}
    assert body["echo_id"] == "e1"
    listed = api.get("/conversations/1/messages").json()["payload"][-1]
    assert listed["content_attributes"] == {"outbox_id": "7"}
    assert "echo_id" not in listed


@pytest.mark.parametrize(
    ("kind", "number"), [("incoming", 0), ("outgoing", 1), ("activity", 2), ("template", 3)]
)
def test_every_message_type_is_asked_for_by_name_and_answered_by_number(
    api: httpx.Client, kind: str, number: int
) -> None:
    body = post(api, content="x", message_type=kind).json()
    assert body["message_type"] == number
    assert body["sender"]["type"] == ("user" if kind == "outgoing" else "contact")


@pytest.mark.parametrize(
    "wrong", [{"message_type": "shout"}, {"content_type": "poem"}, {"content": "x" * 150_001}]
)
def test_every_refused_message_is_a_422_with_one_error(api: httpx.Client, wrong: dict[str, Any]) -> None:
    answer = post(api, **{"content": "x", **wrong})
    assert answer.status_code == 422
    assert list(answer.json()) == ["error"]


def test_the_two_hundred_and_first_message_of_a_minute_is_refused(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    for number in range(200):
        chatwoot.customer_says(1, str(number))
    answer = post(api, content="one too many")
    assert (answer.status_code, answer.json()) == (422, {"error": "Validation failed: Too many messages"})


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Hello {{ nobody }}!", "Hello !"),
        ("Hello {{contact.first_name}}", "Hello Tan"),
        ("{% if rich %}Yes{% endif %}", "Yes"),
        ("Literal {{ 5 }} and {{ 'x' }}", "Literal 5 and x"),
        ("Protected `{{ nobody }}` and `{% if %}`", "Protected `{{ nobody }}` and `{% if %}`"),
        ("{% raw %}{{ kept }}{% endraw %}", "{{ kept }}"),
        ("Unclosed {{ stays", "Unclosed {{ stays"),
        ("Unknown {% frobnicate %} stays, with {{ it }}", "Unknown {% frobnicate %} stays, with {{ it }}"),
    ],
)
def test_outgoing_text_is_a_liquid_template(api: httpx.Client, written: str, stored: str) -> None:
    assert post(api, content=written).json()["content"] == stored
    assert post(api, content=written, private=True).json()["content"] == stored


def test_incoming_text_is_not_a_template(api: httpx.Client) -> None:
    assert post(api, content="{{ x }}", message_type="incoming").json()["content"] == "{{ x }}"


def test_rendering_knows_its_drops() -> None:
    assert liquid.render("{{ a | upcase }} {{b}}", {"a": "A"}) == "A "


def test_messages_are_listed_twenty_newest_in_ascending_order(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    for number in range(25):
        chatwoot.customer_says(1, str(number))
    answer = api.get("/conversations/1/messages").json()
    assert [row["content"] for row in answer["payload"]] == [str(number) for number in range(5, 25)]
    assert answer["meta"]["contact"]["name"] == "Tan Wei Ming"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"before": 130}, list(range(110, 130))),
        ({"after": 10}, list(range(11, 111))),
        ({"after": 10, "before": 130}, list(range(10, 130))),
    ],
)
def test_pages_before_and_after_have_their_own_sizes_and_bounds(
    chatwoot: ChatwootSandbox, api: httpx.Client, query: dict[str, int], expected: list[int]
) -> None:
    for number in range(150):
        chatwoot.customer_says(1, str(number))
    payload = api.get("/conversations/1/messages", params=query).json()["payload"]
    assert [row["id"] for row in payload] == expected


def test_internal_messages_can_be_left_out(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    chatwoot.customer_says(1, "Hello")
    chatwoot.agent_says(1, "Careful", private=True)
    post(api, content="Rachel joined", message_type="activity")
    answer = api.get("/conversations/1/messages", params={"filter_internal_messages": "true"}).json()
    assert [row["content"] for row in answer["payload"]] == ["Hello"]


def test_an_unknown_conversation_is_not_found(api: httpx.Client) -> None:
    assert api.get("/conversations/99/messages").status_code == 404
    assert api.post("/conversations/99/messages", json={"content": "x"}).status_code == 404


def test_the_conversation_shows_its_last_message_and_the_last_spoken_one(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    chatwoot.customer_says(1, "Hello")
    post(api, content="Rachel joined", message_type="activity")
    body = api.get("/conversations/1").json()
    assert body["messages"][0]["content"] == "Rachel joined"
    assert body["last_non_activity_message"]["content"] == "Hello"
    assert body["unread_count"] == 1


def test_a_persons_first_reply_ends_the_waiting(chatwoot: ChatwootSandbox) -> None:
    chatwoot.customer_says(1, "Hello")
    assert chatwoot.conversation(1)["waiting_since"] > 0
    chatwoot.agent_says(1, "A note", private=True)
    assert chatwoot.conversation(1)["waiting_since"] > 0
    chatwoot.agent_says(1, "Good morning")
    after = chatwoot.conversation(1)
    assert after["waiting_since"] == 0
    assert after["first_reply_created_at"] > 0


def test_a_repeated_post_makes_a_second_message(chatwoot: ChatwootSandbox, api: httpx.Client) -> None:
    for _ in range(2):
        post(api, content="Hi", source_id="same", content_attributes={"outbox_id": "same"})
    assert len(chatwoot.messages(1)) == 2


def test_the_customers_own_api_shows_neither_notes_nor_activities(chatwoot: ChatwootSandbox) -> None:
    base = f"{chatwoot.base_url}/public/api/v1/inboxes/sandbox-inbox-1"
    source_id = httpx.post(f"{base}/contacts", json={"name": "Lim"}).json()["source_id"]
    conversation = httpx.post(f"{base}/contacts/{source_id}/conversations", json={}).json()
    messages = f"{base}/contacts/{source_id}/conversations/{conversation['id']}/messages"
    posted = httpx.post(messages, json={"content": "Hello"}).json()
    chatwoot.agent_says(conversation["id"], "Secret", private=True)
    chatwoot.resolve(conversation["id"])
    assert posted["message_type"] == 0
    assert [row["content"] for row in httpx.get(messages).json()] == ["Hello"]


def test_a_request_whose_sender_dies_in_the_middle_of_it_never_happens(
    chatwoot: ChatwootSandbox, api: httpx.Client
) -> None:
    head = (
        f"POST /api/v1/accounts/{chatwoot.account_id}/conversations/1/messages HTTP/1.1\r\nHost: localhost\r\n"
        f"api_access_token: {chatwoot.token}\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(chatwoot.base_url.rsplit(":", 1)[1]))) as connection:
        connection.sendall(head.encode() + b'{"content": "cut o')
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b"", "the server answered half a request"
    assert api.get("/conversations/1/messages").json()["payload"] == []
