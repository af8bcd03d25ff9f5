"""Outside the rollout web greets by itself, in the background, and leaves to the worker what it cannot finish."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.chatwoot import ChatwootSandbox
from tests.waiting import until
from tests.web.conftest import AppFor, Query, Rows, form
from tests.web.test_webhooks import by_colleague, deliver, message

ROUTE = "/api/chatwoot-conversation"
OUTSIDE: dict[str, Any] = {
    "queue_rollout_percentage": 0,
    "n8n_ai_broker_webhook_url": "https://n8n.example/hook",
    "nextnest_pace": 0,
}


@pytest.fixture
def app(app_for: AppFor) -> Flask:
    return app_for(**OUTSIDE)


def greetings(query: Query) -> Rows:
    return query("select conversation_id from outgoing_messages where kind = 'greeting' and state = 'sent'")


def test_a_form_outside_the_rollout_is_answered_before_the_broker_arrives(
    app_for: AppFor, chatwoot: ChatwootSandbox, query: Query
) -> None:
    client = app_for(**OUTSIDE).test_client()
    chatwoot.faults.add("slow", method="POST", path="/custom_attributes$", seconds=1.5)
    assert client.post(ROUTE, json=form()).status_code == 201
    assert greetings(query) == []
    until(lambda: greetings(query) and not query("select * from legacy_engagements"))
    assert query("select * from procrastinate_jobs") == []


def test_the_same_form_again_engages_nobody_again(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    assert client.post(ROUTE, json=form()).status_code == 201
    until(lambda: greetings(query) and not query("select * from legacy_engagements"))
    assert client.post(ROUTE, json=form()).status_code == 200
    assert query("select * from legacy_engagements") == []
    assert len(greetings(query)) == 1


def test_a_form_of_somebody_n8n_talks_to_already_is_greeted(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    contact = chatwoot.add_contact(
        name="Tan", email="weiming@example.com", phone_number="+6591234567", inbox_id=chatwoot.inbox_id
    )
    theirs = chatwoot.add_conversation(contact["id"], custom_attributes={"loan_type": "new_purchase"})
    query(
        "insert into broker_conversations (conversation_id, uses_queue) values (%(id)s, false)",
        id=theirs["id"],
    )
    answer = client.post(ROUTE, json=form())
    assert answer.status_code == 200, answer.get_json()
    assert answer.get_json()["conversationId"] == theirs["id"]
    until(lambda: greetings(query))
    assert query("select * from procrastinate_jobs") == []


def test_what_chatwoot_does_not_take_is_left_to_the_worker(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    chatwoot.faults.add("rate_limited", method="POST", path="/messages$", times=None)
    assert client.post(ROUTE, json=form()).status_code == 201
    handed_on = "select * from legacy_engagements where held_until <= clock_timestamp()"
    until(lambda: query(handed_on))
    assert greetings(query) == []
    assert query("select status from broker_conversations") == [{"status": "active"}]


def test_closing_lets_an_arrival_under_way_end(app: Flask, chatwoot: ChatwootSandbox, query: Query) -> None:
    chatwoot.faults.add("slow", method="POST", path="/custom_attributes$", seconds=1)
    assert app.test_client().post(ROUTE, json=form()).status_code == 201
    app.extensions["doors"].close()
    assert len(greetings(query)) == 1
    assert query("select * from legacy_engagements") == []


def test_n8ns_words_are_kept_and_take_the_conversation_from_nobody(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    assert deliver(client, chatwoot, message()) == "forwarded"
    bot = {"id": 3, "name": "n8n", "type": "agent_bot"}
    assert deliver(client, chatwoot, message(id=502, message_type="outgoing", sender=bot)) == "recorded"
    assert deliver(client, chatwoot, by_colleague(id=503)) == "recorded"
    assert [row["message_id"] for row in query("select * from person_messages order by 1, 2")] == [502, 503]
    assert query("select held_by from broker_conversations") == [{"held_by": "ai"}]
    assert [row["task_name"] for row in query("select * from procrastinate_jobs")] == ["forward-message"]


def test_forms_at_once_for_one_person_engage_one_broker(
    app: Flask, chatwoot: ChatwootSandbox, query: Query
) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: app.test_client().post(ROUTE, json=form()).status_code, range(4)))
    assert sorted(answers) == [200, 200, 200, 201]
    until(lambda: greetings(query) and not query("select * from legacy_engagements"))
    assert len(greetings(query)) == 1
    assert query("select sum(current_workload)::int as places from ai_brokers") == [{"places": 1}]
