"""A chat link is a key: it ends when nobody has written for long, or when an operator ends it, and says what to do then."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.chatwoot import ChatwootSandbox
from tests.web.conftest import AppFor, Query
from tests.web.test_chat import Chat, start

OLDER_THAN_A_LIFETIME = "91 days"
EVERYTHING = ("page", "messages", "events", "post")


@pytest.fixture
def chat(client: FlaskClient, app: Flask) -> Chat:
    return start(client, app)


@pytest.fixture
def aged(chat: Chat, query: Query) -> Chat:
    """A chat whose form came longer ago than a link lives, and in which nobody has written."""
    query(
        "update leads set received_at = now() - %(ago)s::interval where id = %(id)s",
        ago=OLDER_THAN_A_LIFETIME,
        id=chat.lead_id,
    )
    return chat


def asked(chat: Chat, what: str) -> int:
    """The status of one of the four things a link is for."""
    ways: dict[str, Callable[[], int]] = {
        "page": lambda: chat.client.get(f"/chat/{chat.link}").status_code,
        "messages": lambda: chat.client.get(f"/api/chat/{chat.link}/messages").status_code,
        "events": lambda: chat.client.get(f"/api/chat/{chat.link}/events").status_code,
        "post": lambda: chat.send().status_code,
    }
    return ways[what]()


def revoke(query: Query, chat: Chat) -> None:
    query("update leads set link_revoked_at = now() where id = %(id)s", id=chat.lead_id)


@pytest.mark.parametrize("what", EVERYTHING)
def test_a_link_ends_when_nobody_has_written_for_its_lifetime(aged: Chat, what: str) -> None:
    assert asked(aged, what) == 410


@pytest.mark.parametrize("what", EVERYTHING)
def test_a_link_that_was_ended_opens_nothing(chat: Chat, query: Query, what: str) -> None:
    revoke(query, chat)
    assert asked(chat, what) == 410


def test_nothing_is_posted_through_a_link_that_has_ended(
    chat: Chat, query: Query, chatwoot: ChatwootSandbox
) -> None:
    revoke(query, chat)
    chat.send("Hello?")
    assert chatwoot.messages(chat.conversation_id) == []
    assert query("select 1 from chat_posts") == []


@pytest.mark.parametrize(
    "sign_of_life",
    [
        "insert into incoming_messages (conversation_id, message_id, content, source, received_at)"
        " values (%(id)s, 1, 'Still there?', 'webhook', now() - interval '80 days')",
        "insert into person_messages values (%(id)s, 1, 'We are here', now() - interval '80 days')",
    ],
    ids=["customer", "colleague"],
)
def test_a_message_of_anybody_lets_the_link_live_on(aged: Chat, query: Query, sign_of_life: str) -> None:
    query(sign_of_life, id=aged.conversation_id)
    assert asked(aged, "messages") == 200
    assert asked(aged, "page") == 200


def test_a_link_of_the_release_before_lives_as_long_as_a_new_one(aged: Chat, app: Flask) -> None:
    """Links carry the lead's id alone, before and now: their end is computed, not written into them."""
    assert app.extensions["doors"].links().link(aged.lead_id) == aged.link


def test_without_a_lifetime_links_do_not_end_by_themselves(aged: Chat, app_for: AppFor) -> None:
    lasting = app_for(nextnest_chat_link_days=0).test_client()
    assert lasting.get(f"/chat/{aged.link}").status_code == 200


def test_who_comes_with_an_ended_link_reads_why_and_whom_to_call(aged: Chat, query: Query) -> None:
    expired = aged.client.get(f"/chat/{aged.link}").get_data(as_text=True)
    assert "This chat link has ended" in expired
    assert "Nobody has written here for a long time" in expired
    assert "+65 6123 4567" in expired
    revoke(query, aged)
    assert "to keep your conversation private" in aged.client.get(f"/chat/{aged.link}").get_data(as_text=True)
    answer = aged.client.get(f"/api/chat/{aged.link}/messages").get_json()
    assert answer["phoneFallback"] == "+65 6123 4567"


def test_the_same_customers_next_form_makes_a_link_that_opens(chat: Chat, app: Flask, query: Query) -> None:
    revoke(query, chat)
    again = start(chat.client, app)
    assert (again.conversation_id, asked(again, "messages")) == (chat.conversation_id, 200)
    assert asked(chat, "messages") == 410


def test_an_ended_link_tells_a_stranger_nothing_of_the_conversation(chat: Chat, query: Query) -> None:
    secret = f"my salary is {uuid4().int % 10**6}"
    query(
        "insert into incoming_messages values (%(id)s, 1, %(text)s, 'chat')",
        id=chat.conversation_id,
        text=secret,
    )
    revoke(query, chat)
    for path in (f"/chat/{chat.link}", f"/api/chat/{chat.link}/messages", f"/api/chat/{chat.link}/events"):
        assert secret not in chat.client.get(path).get_data(as_text=True)
