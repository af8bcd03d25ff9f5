"""The chat page: its link opens one conversation, shows what was said, and posts each text once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.chatwoot import ChatwootSandbox
from tests.waiting import until
from tests.web.conftest import AppFor, Query, form, served


@dataclass
class Chat:
    """One lead's conversation as its customer sees it."""

    client: FlaskClient
    link: str
    lead_id: UUID
    conversation_id: int

    def read(self, after: int = 0) -> dict[str, Any]:
        answer = self.client.get(f"/api/chat/{self.link}/messages?after={after}")
        assert answer.status_code == 200
        return answer.get_json()

    def lines(self) -> list[tuple[str, str]]:
        return [(line["role"], line["text"]) for line in self.read()["messages"]]

    def send(self, text: object = "How long does it take?", client_id: object = None) -> Any:
        body = {"text": text, "clientId": str(client_id or uuid4())}
        return self.client.post(f"/api/chat/{self.link}/messages", json=body)


def start(client: FlaskClient, app: Flask, **fields: Any) -> Chat:
    """Send the lead form and open its chat."""
    answer = client.post("/api/chatwoot-conversation", json=form(**fields)).get_json()
    link = answer["chatUrl"].rpartition("/")[2]
    lead_id = app.extensions["doors"].links().lead_id(link)
    return Chat(client, link, lead_id, answer.get("conversationId") or 0)


@pytest.fixture
def chat(client: FlaskClient, app: Flask) -> Chat:
    return start(client, app)


@pytest.fixture
def say(query: Query) -> Any:
    """Puts a line of ours or of a colleague into the conversation, as the worker or a webhook would."""

    def run(conversation_id: int, message_id: int, kind: str, text: str, ago: str = "0 s") -> None:
        if kind == "person":
            query(
                "insert into person_messages values (%(c)s, %(m)s, %(t)s, now() - %(ago)s::interval)",
                c=conversation_id, m=message_id, t=text, ago=ago,
            )  # fmt: skip
            return
        query(
            "insert into outgoing_messages"
            " (conversation_id, kind, turn, payload, sent_at, chatwoot_message_id) values"
            " (%(c)s, %(k)s, %(m)s, jsonb_build_object('content', %(t)s::text), now() - %(ago)s::interval, %(m)s)",
            c=conversation_id, k=kind, m=message_id, t=text, ago=ago,
        )  # fmt: skip
        query("update outgoing_messages set state = 'sent' where chatwoot_message_id = %(m)s", m=message_id)

    return run


def assign(query: Query, conversation_id: int) -> None:
    query(
        "update broker_conversations set status = 'active', broker_id ="
        " (select id from ai_brokers where name = 'Rachel Tan') where conversation_id = %(id)s",
        id=conversation_id,
    )


@pytest.fixture
def rachel(query: Query) -> None:
    """A broker, whether or not the seed has her."""
    query(
        "insert into ai_brokers (slug, name, personality_type, title, persona)"
        " values ('rachel-of-tests', 'Rachel Tan', 'balanced', 'Broker', '{}') on conflict do nothing"
    )


def test_the_page_opens_with_its_link(chat: Chat) -> None:
    answer = chat.client.get(f"/chat/{chat.link}")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert f'data-messages-url="/api/chat/{chat.link}/messages"' in page
    assert "+65 6123 4567" in page


def test_every_line_shows_with_its_role_in_the_order_of_its_id(chat: Chat, say: Any, query: Query) -> None:
    for number, kind in enumerate(["activity", "greeting", "person", "waiting_notice", "handoff_notice"]):
        say(chat.conversation_id, 1000 + number, kind, f"line {number}")
    query(
        "insert into incoming_messages (conversation_id, message_id, content, source)"
        " values (%(id)s, 999, 'first', 'webhook')",
        id=chat.conversation_id,
    )
    assert chat.lines() == [
        ("customer", "first"),
        ("system", "line 0"),
        ("broker", "line 1"),
        ("person", "line 2"),
        ("broker", "line 3"),
        ("broker", "line 4"),
    ]


def test_private_notes_never_show(chat: Chat, say: Any) -> None:
    say(chat.conversation_id, 1000, "greeting", "Hello")
    say(chat.conversation_id, 1001, "private_note", "wants a discount, looks shaky")
    assert chat.lines() == [("broker", "Hello")]


def test_what_was_not_sent_never_shows(chat: Chat, query: Query) -> None:
    for state in ("planned", "sending", "unknown", "withheld"):
        query(
            "insert into outgoing_messages (conversation_id, kind, turn, payload)"
            """ values (%(c)s, 'reply', hashtext(%(s)s), '{"content": "draft"}')""",
            c=chat.conversation_id, s=state,
        )  # fmt: skip
        query("update outgoing_messages set state = %(s)s where turn = hashtext(%(s)s)", s=state)
    assert chat.lines() == []


def test_only_newer_lines_come_after_the_cursor(chat: Chat, say: Any) -> None:
    say(chat.conversation_id, 1000, "greeting", "Hello")
    first = chat.read()
    say(chat.conversation_id, 1001, "reply", "More")
    second = chat.read(first["cursor"])
    assert [line["text"] for line in second["messages"]] == ["More"]
    assert chat.read(second["cursor"])["messages"] == []
    assert chat.read(second["cursor"])["cursor"] == second["cursor"]


def test_the_count_shows_a_line_that_came_late_with_an_older_id(chat: Chat, say: Any) -> None:
    say(chat.conversation_id, 1001, "reply", "newer")
    cursor = chat.read()["cursor"]
    say(chat.conversation_id, 1000, "greeting", "older, known late")
    later = chat.read(cursor)
    assert (later["messages"], later["total"]) == ([], 2)


def test_the_chat_link_opens_that_conversation_and_nothing_else(
    client: FlaskClient, app: Flask, say: Any
) -> None:
    mine = start(client, app)
    other = start(client, app, email="other@example.com", phone="8123 4567")
    say(other.conversation_id, 2000, "greeting", "for somebody else")
    say(mine.conversation_id, 2001, "greeting", "for me")
    assert mine.lines() == [("broker", "for me")]
    assert mine.send("hello").status_code == 201
    assert ("customer", "hello") not in other.lines()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_we_did_not_sign_opens_nothing(chat: Chat, app_for: AppFor, method: str) -> None:
    forged = app_for(nextnest_secret_key="another").extensions["doors"].links().link(chat.lead_id)
    for link in (forged, chat.link[:-2], chat.link + "x", chat.lead_id.hex, "x", f'"{chat.lead_id.hex}"'):
        answer = getattr(chat.client, method)(f"/api/chat/{link}/messages", json={})
        assert answer.status_code == 404
        assert answer.is_json


def test_a_wrong_link_shows_a_kind_page(client: FlaskClient) -> None:
    answer = client.get("/chat/nonsense")
    assert answer.status_code == 404
    assert "+65 6123 4567" in answer.get_data(as_text=True)


def test_a_lead_that_goes_on_in_an_older_conversation_never_shows_what_was_said_before(
    client: FlaskClient, app: Flask, say: Any
) -> None:
    owner = start(client, app)
    say(owner.conversation_id, 1000, "greeting", "Hello Wei Ming", ago="1 hour")
    say(owner.conversation_id, 1001, "person", "your payslip arrived", ago="50 minutes")
    stranger = start(client, app)
    say(stranger.conversation_id, 1002, "reply", "Welcome back")
    assert stranger.conversation_id == owner.conversation_id
    assert stranger.lines() == [("broker", "Welcome back")]
    assert (stranger.read()["total"], stranger.read()["reused"]) == (1, True)
    assert len(owner.lines()) == 3


def test_a_lead_without_a_conversation_is_connecting(app_for: AppFor) -> None:
    app = app_for(chatwoot_base_url="http://127.0.0.1:9")
    chat = start(app.test_client(), app)
    state = chat.read()
    assert (state["status"], state["messages"], state["brokerName"]) == ("connecting", [], None)
    answer = chat.send()
    assert answer.status_code == 409
    assert int(answer.headers["Retry-After"]) > 0


def test_the_standing_follows_the_conversation(chat: Chat, query: Query, rachel: None) -> None:
    def standing() -> tuple[str, int | None]:
        state = chat.read()
        return state["status"], state["position"]

    assert standing() == ("connecting", None)
    query("update broker_conversations set status = 'waiting', waiting_since = now()")
    assert standing() == ("waiting", 1)
    assign(query, chat.conversation_id)
    assert standing() == ("active", None)
    assert chat.read()["brokerName"] == "Rachel Tan"
    query("update broker_conversations set held_by = 'person'")
    assert standing() == ("person", None)
    query("update broker_conversations set status = 'resolved'")
    assert standing() == ("closed", None)


def test_typing_shows_while_the_ai_owes_an_answer(chat: Chat, query: Query, rachel: None) -> None:
    assign(query, chat.conversation_id)
    assert chat.read()["typing"] is False
    chat.send("Are you there?")
    assert chat.read()["typing"] is True
    query("update broker_conversations set held_by = 'person'")
    assert chat.read()["typing"] is False


def test_a_text_reaches_chatwoot_as_the_customers_and_is_taken_in_at_once(
    chat: Chat, chatwoot: ChatwootSandbox, query: Query
) -> None:
    client_id = uuid4()
    answer = chat.send("  How long does it take?  ", client_id)
    assert answer.status_code == 201
    [message] = chatwoot.messages(chat.conversation_id)
    assert (message["message_type"], message["content"]) == (0, "How long does it take?")
    assert answer.get_json() == {"success": True, "id": message["id"], "clientId": str(client_id)}
    assert query("select source, state from incoming_messages") == [{"source": "chat", "state": "unanswered"}]
    [line] = chat.read()["messages"]
    assert (line["role"], line["clientId"], line["id"]) == ("customer", str(client_id), message["id"])


def test_a_text_sent_twice_is_posted_once(chat: Chat, chatwoot: ChatwootSandbox) -> None:
    client_id = uuid4()
    first, second = chat.send("hello", client_id), chat.send("hello", client_id)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json() == second.get_json()
    assert len(chatwoot.messages(chat.conversation_id)) == 1


def test_two_equal_texts_are_two_messages(chat: Chat, chatwoot: ChatwootSandbox, query: Query) -> None:
    chat.send("ok")
    chat.send("ok")
    assert len(chatwoot.messages(chat.conversation_id)) == 2
    assert len(query("select * from incoming_messages")) == 2


@pytest.mark.parametrize("fault", ["error_500_after", "drop_after"])
def test_a_lost_answer_is_looked_up_before_anything_is_said_to_have_failed(
    chat: Chat, chatwoot: ChatwootSandbox, query: Query, fault: str
) -> None:
    chatwoot.faults.add(fault, method="POST", path="/messages$")
    answer = chat.send("hello")
    assert answer.status_code == 201
    [message] = chatwoot.messages(chat.conversation_id)
    assert answer.get_json()["id"] == message["id"]
    assert len(query("select * from incoming_messages")) == 1


def test_a_text_whose_fate_was_unknown_is_found_when_it_is_sent_again(
    chat: Chat, chatwoot: ChatwootSandbox
) -> None:
    client_id = uuid4()
    chatwoot.faults.add("error_500_after", method="POST", path="/messages$")
    chatwoot.faults.add("error_500_before", method="GET", path="/messages$")
    unknown = chat.send("hello", client_id)
    assert unknown.status_code == 503
    assert int(unknown.headers["Retry-After"]) > 0
    assert unknown.get_json()["phoneFallback"] == "+65 6123 4567"
    assert chat.send("hello", client_id).status_code == 201
    assert len(chatwoot.messages(chat.conversation_id)) == 1


def test_a_lost_text_is_posted_again_only_after_it_had_time_to_show_up(
    app_for: AppFor, chatwoot: ChatwootSandbox, query: Query
) -> None:
    app = app_for(chatwoot_settle_s=60)
    chat, client_id = start(app.test_client(), app), uuid4()
    chatwoot.faults.add("error_500_before", method="POST", path="/messages$")
    assert chat.send("hello", client_id).status_code == 503
    assert chat.send("hello", client_id).status_code == 503
    query("update chat_posts set attempted_at = attempted_at - interval '61 s'")
    assert chat.send("hello", client_id).status_code == 201
    assert len(chatwoot.messages(chat.conversation_id)) == 1


def test_a_refused_text_may_be_sent_again_at_once(chat: Chat, chatwoot: ChatwootSandbox) -> None:
    client_id = uuid4()
    chatwoot.faults.add("rate_limited", method="POST", path="/messages$")
    assert chat.send("hello", client_id).status_code == 503
    assert chat.send("hello", client_id).status_code == 201
    assert len(chatwoot.messages(chat.conversation_id)) == 1


def test_a_text_whose_webhook_comes_too_is_taken_in_once(
    app: Flask, chatwoot: ChatwootSandbox, query: Query
) -> None:
    with served(app) as url:
        chatwoot.set_webhook(f"{url}/api/chatwoot-webhook")
        chat = start(app.test_client(), app)
        assert chat.send("hello").status_code == 201
        assert chatwoot.settle()
        chatwoot.set_webhook(None)
    delivered = [json.loads(d.body)["status"] for d in chatwoot.webhooks if d.event == "message_created"]
    assert delivered in (["queued"], ["duplicate_skipped"])
    assert len(query("select * from incoming_messages")) == 1
    assert len(query("select * from procrastinate_jobs where task_name = 'incoming-message'")) == 1


@pytest.mark.parametrize("text", ["", "   ", None, 7, ["a"], "x" * 4001])
def test_a_text_that_cannot_be_sent_is_refused(chat: Chat, chatwoot: ChatwootSandbox, text: object) -> None:
    assert chat.send(text).status_code == 400
    assert not chatwoot.messages(chat.conversation_id)


def test_a_text_needs_an_id_of_its_own(chat: Chat) -> None:
    for client_id in ("", "1", None, 5, {}):
        body = {"text": "hello", "clientId": client_id}
        assert chat.client.post(f"/api/chat/{chat.link}/messages", json=body).status_code == 400


def test_the_longest_text_is_sent(chat: Chat) -> None:
    assert chat.send("说" * 4000).status_code == 201


def test_who_writes_too_fast_is_asked_to_wait(app_for: AppFor, query: Query) -> None:
    app = app_for(nextnest_rate_limits=True)
    chat = start(app.test_client(), app)
    statuses = [chat.send("").status_code for _ in range(32)]
    windows = query("select requests from rate_limits where client like 'chat-%%'")
    assert statuses.count(429) == sum(max(0, window["requests"] - 30) for window in windows)


def test_chat_pages_are_not_kept_and_tell_nobody_their_address(chat: Chat) -> None:
    for path in (f"/chat/{chat.link}", f"/api/chat/{chat.link}/messages"):
        headers = chat.client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_a_link_opens_nothing_any_more_when_the_lead_is_gone(chat: Chat, query: Query) -> None:
    query("delete from leads")
    assert chat.client.get(f"/chat/{chat.link}").status_code == 404
    until(lambda: chat.send().status_code == 404, 2, "posting is refused, too")
