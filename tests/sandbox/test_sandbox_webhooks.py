"""Webhooks as Chatwoot sends them: who hears of what, how it is signed, what happens when nobody answers."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.chatwoot import ChatwootSandbox
from sandbox.chatwoot.events import signed_headers
from tests.sandbox.conftest import Receiver, client, eventually


@pytest.fixture
def chatwoot(receiver: Receiver) -> Iterator[ChatwootSandbox]:
    with ChatwootSandbox(receiver.url) as sandbox:
        sandbox.add_conversation()
        assert sandbox.settle()
        receiver.received.clear()
        yield sandbox


def test_the_signature_is_that_of_the_published_example() -> None:
    headers = signed_headers(b'{"event":"message_created","id":1}', "test-secret", "d", 1_700_000_000)
    expected = "sha256=77a4c9ecab8fe968b13a6cc51d3ddcd4b2d74f50c837661ab5972c9e6791bb15"
    assert headers["X-Chatwoot-Signature"] == expected


def test_a_delivery_verifies_on_its_raw_bytes_only(chatwoot: ChatwootSandbox, receiver: Receiver) -> None:
    chatwoot.customer_says(1, "1 < 2 & 3 > 2")
    assert chatwoot.settle()
    got = next(each for each in receiver.received if each.body["event"] == "message_created")
    stamp = got.headers["X-Chatwoot-Timestamp"].encode()

    def signature(body: bytes) -> str:
        digest = hmac.new(chatwoot.webhook_secret.encode(), stamp + b"." + body, hashlib.sha256)
        return f"sha256={digest.hexdigest()}"

    assert got.headers["X-Chatwoot-Signature"] == signature(got.raw)
    assert got.headers["X-Chatwoot-Signature"] != signature(json.dumps(got.body).encode())
    assert b"1 \\u003c 2 \\u0026 3 \\u003e 2" in got.raw
    assert abs(int(stamp) - time.time()) < 5


def test_a_message_is_the_top_level_and_its_type_a_word(
    chatwoot: ChatwootSandbox, receiver: Receiver
) -> None:
    chatwoot.customer_says(1, "Hello\n")
    assert chatwoot.settle()
    (body,) = receiver.bodies("message_created")
    assert (body["message_type"], body["content"], body["private"]) == ("incoming", "Hello", False)
    assert body["created_at"].endswith("Z")
    assert "type" not in body["sender"]
    assert body["conversation"]["id"] == 1
    assert body["conversation"]["messages"][0]["message_type"] == 0
    assert "uuid" not in body["conversation"]
    assert body["account"] == {"id": 1, "name": "NextNest"}


def test_our_own_messages_and_private_notes_come_back_but_activities_never_do(
    chatwoot: ChatwootSandbox, receiver: Receiver
) -> None:
    with client(chatwoot, chatwoot.token) as api:
        api.post("/conversations/1/messages", json={"content": "Joined", "message_type": "activity"})
        api.post(
            "/conversations/1/messages", json={"content": "Hi", "content_attributes": {"outbox_id": "7"}}
        )
        api.post("/conversations/1/messages", json={"content": "Note", "private": True})
    assert chatwoot.settle()
    bodies = sorted(receiver.bodies("message_created"), key=lambda body: body["id"])
    assert [(body["content"], body["message_type"], body["private"]) for body in bodies] == [
        ("Hi", "outgoing", False),
        ("Note", "outgoing", True),
    ]
    assert bodies[0]["content_attributes"] == {"outbox_id": "7"}
    assert bodies[0]["sender"] == {
        "id": 1,
        "name": "NextNest Desk",
        "email": "desk@nextnest.example",
        "type": "user",
    }
    assert bodies[1]["conversation"]["messages"][0]["content"] == "Hi"  # the last public one


def test_a_status_change_is_told_with_the_conversation_at_the_top_level(
    chatwoot: ChatwootSandbox, receiver: Receiver
) -> None:
    chatwoot.resolve(1)
    assert chatwoot.settle()
    (body,) = receiver.bodies("conversation_status_changed")
    assert (body["id"], body["status"], body["changed_attributes"]) == (1, "resolved", None)
    assert "conversation_resolved" not in receiver.events()  # bots only


def test_changed_attributes_name_the_old_value_and_the_new_one(
    chatwoot: ChatwootSandbox, receiver: Receiver
) -> None:
    with client(chatwoot, chatwoot.token) as api:
        for _ in range(2):  # the second changes nothing and is not told
            api.post("/conversations/1/custom_attributes", json={"custom_attributes": {"k": 1}})
    assert chatwoot.settle()
    (body,) = receiver.bodies("conversation_updated")
    assert {"custom_attributes": {"previous_value": {}, "current_value": {"k": 1}}} in body[
        "changed_attributes"
    ]


def test_only_subscribed_events_are_sent(chatwoot: ChatwootSandbox, receiver: Receiver) -> None:
    chatwoot.set_webhook(receiver.url, ("message_created",))
    chatwoot.customer_says(1, "Hello")
    chatwoot.resolve(1)
    assert chatwoot.settle()
    assert receiver.events() == ["message_created"]


def test_a_refused_delivery_is_never_tried_again(chatwoot: ChatwootSandbox, receiver: Receiver) -> None:
    chatwoot.set_webhook(receiver.url, ("message_created",))
    receiver.answers = [503]
    message = chatwoot.customer_says(1, "Hello")
    assert chatwoot.settle()
    assert len(receiver.received) == 1
    assert chatwoot.webhooks[-1].status == 503
    assert chatwoot.messages(1)[-1]["status"] == message["status"] == "sent"


def test_a_webhook_made_over_the_api_gets_a_secret_of_its_own(
    chatwoot: ChatwootSandbox, receiver: Receiver
) -> None:
    chatwoot.set_webhook(None)
    with client(chatwoot, chatwoot.token) as api:
        body = {"webhook": {"url": receiver.url, "subscriptions": ["message_created"]}}
        made = api.post("/webhooks", json=body).json()["payload"]["webhook"]
        wrong = api.post("/webhooks", json={"webhook": {"url": receiver.url, "subscriptions": ["nonsense"]}})
    chatwoot.customer_says(1, "Hello")
    assert chatwoot.settle()
    (got,) = receiver.received
    stamp = int(got.headers["X-Chatwoot-Timestamp"])
    assert (
        got.headers["X-Chatwoot-Signature"]
        == signed_headers(got.raw, made["secret"], "", stamp)["X-Chatwoot-Signature"]
    )
    assert wrong.status_code == 422


def test_a_bot_is_tried_three_times_on_500_with_one_delivery_id(receiver: Receiver) -> None:
    receiver.answers = [500, 500]
    with ChatwootSandbox(agent_bot=True, bot_url=receiver.url, bot_retry_pause=0.05) as chatwoot:
        chatwoot.add_conversation()
        chatwoot.customer_says(1, "Hello")
        assert chatwoot.settle()
        attempts = [each for each in receiver.received if each.body["event"] == "message_created"]
        assert len(attempts) == 3
        assert len({each.headers["X-Chatwoot-Delivery"] for each in attempts}) == 1
        assert chatwoot.conversation(1)["status"] == "pending"


def test_a_bot_out_of_reach_leaves_the_conversation_to_people(receiver: Receiver) -> None:
    receiver.answers = [503]
    with ChatwootSandbox(agent_bot=True, bot_url=receiver.url) as chatwoot:
        chatwoot.add_conversation()
        chatwoot.customer_says(1, "Hello")
        eventually(lambda: chatwoot.conversation(1)["status"] == "open")
        assert chatwoot.messages(1)[-1]["message_type"] == 2
        assert chatwoot.settle()


def test_a_duplicate_webhook_arrives_as_often_as_asked(chatwoot: ChatwootSandbox, receiver: Receiver) -> None:
    chatwoot.faults.add("duplicate_webhook", copies=20)
    chatwoot.customer_says(1, "Hello")
    assert chatwoot.settle()
    bodies = receiver.bodies("message_created")
    assert len(bodies) == 20
    assert len({body["id"] for body in bodies}) == 1


def test_a_lost_webhook_is_stored_but_never_sent(chatwoot: ChatwootSandbox, receiver: Receiver) -> None:
    chatwoot.faults.add("lost_webhook")
    chatwoot.customer_says(1, "Lost")
    chatwoot.customer_says(1, "Found")
    assert chatwoot.settle()
    assert [body["content"] for body in receiver.bodies("message_created")] == ["Found"]
    assert [row["content"] for row in chatwoot.messages(1)] == ["Lost", "Found"]


def test_a_late_webhook_arrives_after_a_younger_one_and_shows_the_conversation_as_it_is_then(
    chatwoot: ChatwootSandbox, receiver: Receiver
) -> None:
    chatwoot.set_webhook(receiver.url, ("message_created",))
    chatwoot.faults.add("late_webhook", seconds=0.3)
    chatwoot.customer_says(1, "First")
    chatwoot.customer_says(1, "Second")
    assert chatwoot.settle()
    late = receiver.received[-1].body
    assert [each.body["content"] for each in receiver.received] == ["Second", "First"]
    assert late["conversation"]["messages"][0]["content"] == "Second"


def test_an_early_echo_is_answered_before_the_call_that_made_it(
    chatwoot: ChatwootSandbox, receiver: Receiver
) -> None:
    chatwoot.set_webhook(receiver.url, ("message_created",))
    chatwoot.faults.add("echo_early")
    returned = False
    seen: list[tuple[str, bool]] = []
    receiver.on_receive = lambda body: seen.append((body["content"], returned))
    with client(chatwoot, chatwoot.token) as api:
        api.post("/conversations/1/messages", json={"content": "Echo"})
        returned = True
    assert seen == [("Echo", False)]


def test_a_receiver_may_call_back_while_an_early_echo_waits(
    chatwoot: ChatwootSandbox, receiver: Receiver
) -> None:
    chatwoot.set_webhook(receiver.url, ("message_created",))
    chatwoot.faults.add("echo_early")
    answers: list[int] = []

    def read_back(_body: dict[str, Any]) -> None:
        with client(chatwoot, chatwoot.token) as other:
            answers.append(other.get("/conversations/1/messages").status_code)

    receiver.on_receive = read_back
    with client(chatwoot, chatwoot.token) as api:
        api.post("/conversations/1/messages", json={"content": "Echo"})
    assert answers == [200]
