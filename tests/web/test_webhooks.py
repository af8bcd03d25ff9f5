"""Chatwoot's webhooks: only ours, only once, only what is true."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from sandbox.chatwoot import ChatwootSandbox
from tests.waiting import until
from tests.web.conftest import AppFor, Query

ROUTE = "/api/chatwoot-webhook"
CONVERSATION = 7


def conversation(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": CONVERSATION,
        "inbox_id": 1,
        "status": "pending",
        "meta": {"sender": {"id": 88, "type": "contact"}, "assignee": None, "assignee_type": None},
    }
    return usual | changes


def message(**changes: Any) -> dict[str, Any]:
    """A `message_created` as Chatwoot writes it, with these keys changed."""
    usual = {
        "event": "message_created",
        "id": 501,
        "content": "How much may I borrow?",
        "content_attributes": {},
        "message_type": "incoming",
        "private": False,
        "created_at": "2026-06-17T10:00:00.000Z",
        "account": {"id": 1, "name": "NextNest"},
        "inbox": {"id": 1, "name": "Website"},
        "sender": {"id": 88, "name": "Tan"},
        "conversation": conversation(),
    }
    return usual | changes


def by_colleague(**changes: Any) -> dict[str, Any]:
    return message(message_type="outgoing", sender={"id": 2, "name": "Priya", "type": "user"}, **changes)


def deliver(client: FlaskClient, chatwoot: ChatwootSandbox, payload: object, **options: Any) -> str:
    """Deliver it as Chatwoot does; the status of the answer."""
    body = json.dumps(payload).encode()
    answer = client.post(ROUTE, data=body, headers=chatwoot.signed_headers(body, **options))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_json()["status"])


def jobs(query: Query) -> list[str]:
    rows = query("select task_name from procrastinate_jobs where status = 'todo' order by id")
    return [row["task_name"] for row in rows]


@pytest.fixture
def known(query: Query) -> None:
    """A conversation the AI has."""
    query(
        "insert into broker_conversations (conversation_id, contact_id) values (%(id)s, 88)", id=CONVERSATION
    )


def held_by(query: Query) -> str:
    return str(query("select held_by from broker_conversations")[0]["held_by"])


def test_a_customers_message_is_remembered_and_its_job_deferred(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, message()) == "queued"
    [row] = query("select * from incoming_messages")
    assert (row["message_id"], row["content"], row["source"]) == (501, "How much may I borrow?", "webhook")
    assert row["sent_at"].isoformat() == "2026-06-17T10:00:00+00:00"
    [job] = query("select * from procrastinate_jobs")
    assert (job["queueing_lock"], job["lock"]) == ("incoming-7-501", "conversation-7")
    assert job["args"] == {"conversation_id": 7, "message_id": 501}


def test_a_message_is_processed_once_however_often_it_is_delivered(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    statuses = [deliver(client, chatwoot, message()) for _ in range(3)]
    assert statuses == ["queued", "duplicate_skipped", "duplicate_skipped"]
    assert jobs(query) == ["incoming-message"]


def test_two_identical_short_texts_are_both_taken_in(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, message(id=501, content="ok")) == "queued"
    assert deliver(client, chatwoot, message(id=502, content="ok")) == "queued"
    assert len(query("select * from incoming_messages")) == 2


def test_somebody_who_writes_without_a_form_is_greeted_first(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    assert deliver(client, chatwoot, message()) == "queued"
    assert jobs(query) == ["new-conversation", "incoming-message"]
    assert query("select contact_id from broker_conversations") == [{"contact_id": 88}]


def test_a_conversation_outside_the_rollout_is_forwarded(
    app_for: AppFor, chatwoot: ChatwootSandbox, query: Query
) -> None:
    client = app_for(
        queue_rollout_percentage=0, n8n_ai_broker_webhook_url="https://n8n.example/hook"
    ).test_client()
    assert deliver(client, chatwoot, message()) == "forwarded"
    assert jobs(query) == ["forward-message"]


@pytest.mark.parametrize("message_type", ["outgoing", "incoming"])
def test_our_own_message_is_an_echo_by_the_id_it_carries(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None, message_type: str
) -> None:
    effect = uuid4()
    query(
        "insert into outgoing_messages (id, conversation_id, kind, payload) values (%(effect)s, 7, 'reply', '{}')",
        effect=effect,
    )
    query("update outgoing_messages set state = 'sending', sending_at = now() - interval '6 seconds'")
    echo = message(message_type=message_type, content_attributes={"nextnest_id": str(effect)})
    assert deliver(client, chatwoot, echo) == "echo_skipped"
    [sent] = query("select state, chatwoot_message_id from outgoing_messages")
    assert sent == {"state": "sent", "chatwoot_message_id": 501}
    assert jobs(query) == []


def test_an_echo_that_comes_at_once_leaves_it_to_the_sender_to_say_that_it_was_sent(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    effect = uuid4()
    query(
        "insert into outgoing_messages (id, conversation_id, kind, payload) values (%(effect)s, 7, 'reply', '{}')",
        effect=effect,
    )
    query("update outgoing_messages set state = 'sending', sending_at = now()")
    echo = message(message_type="outgoing", content_attributes={"nextnest_id": str(effect)})
    assert deliver(client, chatwoot, echo) == "echo_skipped"
    assert query("select state from outgoing_messages") == [{"state": "sending"}]
    assert query("select held_by from broker_conversations") == [{"held_by": "ai"}]


def test_our_own_message_is_an_echo_by_chatwoots_id(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    query(
        "insert into outgoing_messages (conversation_id, kind, payload, sent_at, chatwoot_message_id)"
        " values (7, 'reply', '{}', now(), 501)"
    )
    query("update outgoing_messages set state = 'sent'")
    assert deliver(client, chatwoot, by_colleague()) == "echo_skipped"
    assert held_by(query) == "ai"


def test_a_customer_who_repeats_our_words_is_answered(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    query(
        "insert into outgoing_messages (conversation_id, kind, payload, sent_at, chatwoot_message_id)"
        """ values (7, 'reply', '{"content": "ok"}', now(), 500)"""
    )
    query("update outgoing_messages set state = 'sent'")
    assert deliver(client, chatwoot, message(content="ok")) == "queued"


def test_a_colleague_who_writes_silences_the_ai(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, by_colleague(content="Hello, Priya here.")) == "recorded"
    assert held_by(query) == "person"
    assert query("select content from person_messages") == [{"content": "Hello, Priya here."}]


@pytest.mark.parametrize(
    "payload",
    [
        by_colleague(private=True),
        message(message_type="outgoing", sender=None, content_attributes={"automation_rule_id": 4}),
        message(message_type="outgoing", sender=None, additional_attributes={"campaign_id": 4}),
        message(message_type="outgoing", sender={"id": 3, "name": "Bot", "type": "agent_bot"}),
        message(message_type="template", sender=None),
        message(message_type="activity"),
        message(content=""),
        message(content=None),
        message(id="no number"),
    ],
    ids=["note", "automation", "campaign", "bot", "template", "activity", "empty", "null", "malformed"],
)
def test_what_nobody_said_to_the_customer_or_to_us_is_ignored(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None, payload: dict[str, Any]
) -> None:
    assert deliver(client, chatwoot, payload) == "ignored"
    assert held_by(query) == "ai"
    assert jobs(query) == []
    assert not query("select * from person_messages")


def test_a_picture_without_words_is_a_turn_of_the_customer(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, message(content=None, attachments=[{"id": 1}])) == "queued"
    assert query("select content from incoming_messages") == [{"content": "[attachment]"}]


def test_numbers_may_come_as_text_and_types_as_numbers(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    odd = message(message_type=0, inbox={"id": "1"}, account=None, conversation=conversation(id="7"))
    assert deliver(client, chatwoot, odd) == "queued"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"inbox": {"id": 2}},
        {"account": {"id": 2}},
        {"inbox": None, "conversation": conversation(inbox_id=2)},
        {"inbox": None, "conversation": {"id": 7}},
        {"conversation": None},
    ],
)
def test_a_webhook_for_another_inbox_is_ignored(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, elsewhere: dict[str, Any]
) -> None:
    assert deliver(client, chatwoot, message(**elsewhere)) == "ignored"
    assert not query("select * from incoming_messages")
    assert not query("select * from broker_conversations")


def status_changed(status: str, at: float | None = None, **changes: Any) -> dict[str, Any]:
    picture = conversation(status=status, **changes) | ({} if at is None else {"updated_at": at})
    return {"event": "conversation_status_changed", "changed_attributes": None, **picture}


def test_a_conversation_somebody_opened_is_a_persons_until_it_is_given_back(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, status_changed("open")) == "recorded"
    assert held_by(query) == "person"
    assert deliver(client, chatwoot, status_changed("pending")) == "recorded"
    assert held_by(query) == "ai"


def test_a_delivery_that_is_sent_again_changes_nothing(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    body = json.dumps(status_changed("pending")).encode()
    headers = chatwoot.signed_headers(body)
    statuses = [client.post(ROUTE, data=body, headers=headers).get_json()["status"]]
    deliver(client, chatwoot, status_changed("open"))
    before = query("select * from broker_conversations")
    statuses.append(client.post(ROUTE, data=body, headers=headers).get_json()["status"])
    assert statuses == ["recorded", "duplicate_skipped"]
    assert query("select * from broker_conversations") == before
    assert held_by(query) == "person", "it was not given back by who sent it again"


def test_a_status_chatwoot_did_not_have_is_ignored(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, status_changed("archived")) == "ignored"


def updated(changed: object, assignee_type: str | None) -> dict[str, Any]:
    meta = {"assignee": {"id": 2} if assignee_type else None, "assignee_type": assignee_type}
    return {"event": "conversation_updated", "changed_attributes": changed, **conversation(meta=meta)}


def test_a_person_put_in_charge_silences_the_ai(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    changed = [{"updated_at": {}}, {"assignee_id": {"previous_value": None, "current_value": 2}}]
    assert deliver(client, chatwoot, updated(changed, "User")) == "recorded"
    assert held_by(query) == "person"


@pytest.mark.parametrize(
    ("changed", "assignee_type"),
    [
        ([{"waiting_since": {}}], "User"),
        ([{"assignee_id": {}}], None),
        ([{"assignee_id": {}}], "AgentBot"),
        (None, "User"),
        ("text", None),
    ],
)
def test_any_other_update_is_ignored(
    client: FlaskClient,
    chatwoot: ChatwootSandbox,
    query: Query,
    known: None,
    changed: object,
    assignee_type: str,
) -> None:
    assert deliver(client, chatwoot, updated(changed, assignee_type)) == "ignored"
    assert held_by(query) == "ai"


def test_a_colleague_who_writes_from_a_phone_silences_the_ai(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    echo = message(message_type="outgoing", sender=None, content_attributes={"external_echo": True})
    assert deliver(client, chatwoot, echo) == "recorded"
    assert held_by(query) == "person"


def note(text: str, number: int, **changes: Any) -> dict[str, Any]:
    return by_colleague(private=True, content=text, id=number, **changes)


def test_a_private_note_takes_the_conversation_and_another_gives_it_back(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, note("/take I know her", 601)) == "recorded"
    assert held_by(query) == "person"
    assert deliver(client, chatwoot, note("/give", 602)) == "recorded"
    assert held_by(query) == "ai"
    assert deliver(client, chatwoot, note("/take I know her", 601)) == "duplicate_skipped"
    assert held_by(query) == "ai"


def test_the_newest_command_holds_in_whichever_order_they_come(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, note("/give", 602)) == "recorded"
    assert deliver(client, chatwoot, note("/take", 601)) == "recorded"
    assert deliver(client, chatwoot, by_colleague(id=600, content="Hello")) == "recorded"
    assert held_by(query) == "ai"


@pytest.mark.parametrize(
    "payload",
    [
        message(content="/take"),
        by_colleague(content="/give"),
        note("/taken care of", 601),
        note("please /take", 601),
        message(
            message_type="outgoing", private=True, content="/take", sender={"id": 3, "type": "agent_bot"}
        ),
        message(message_type="outgoing", private=True, content="/take", sender=None),
    ],
    ids=["customer", "public", "other word", "not in front", "bot", "nobody"],
)
def test_only_a_colleagues_private_note_commands(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None, payload: dict[str, Any]
) -> None:
    deliver(client, chatwoot, payload)
    assert not query("select * from person_commands")


def labelled(*labels: str, at: float = 1.0) -> dict[str, Any]:
    changed = [{"label_list": {}}]
    return {
        "event": "conversation_updated",
        "changed_attributes": changed,
        **conversation(labels=list(labels), updated_at=at),
    }


def test_the_label_silences_the_ai_and_gives_back_when_it_is_taken_off(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, labelled("vip", at=1)) == "ignored"
    assert deliver(client, chatwoot, labelled("vip", "Person", at=2)) == "recorded"
    assert held_by(query) == "person"
    assert deliver(client, chatwoot, labelled("vip", at=4)) == "recorded"
    assert held_by(query) == "ai"
    assert deliver(client, chatwoot, labelled("person", at=3)) == "duplicate_skipped"
    assert held_by(query) == "ai"


def assignment(person: int | None, kind: str | None = "User", at: float = 1.0) -> dict[str, Any]:
    meta = {"assignee": {"id": person} if person else None, "assignee_type": kind if person else None}
    return {
        "event": "conversation_updated",
        "changed_attributes": [{"assignee_id": {}}],
        **conversation(meta=meta, updated_at=at),
    }


def test_unassignment_gives_back_what_assignment_took(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    assert deliver(client, chatwoot, assignment(2, at=1)) == "recorded"
    assert held_by(query) == "person"
    assert deliver(client, chatwoot, assignment(9, "AgentBot", at=2)) == "ignored"
    assert held_by(query) == "person"
    assert deliver(client, chatwoot, assignment(2, at=3)) == "recorded"
    assert deliver(client, chatwoot, assignment(None, at=4)) == "recorded"
    assert held_by(query) == "ai"


def test_a_repeated_assignment_takes_nothing_that_was_given_back(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    deliver(client, chatwoot, assignment(2))
    deliver(client, chatwoot, note("/give", 601))
    assert deliver(client, chatwoot, assignment(2)) == "duplicate_skipped"
    assert held_by(query) == "ai"


def test_while_the_label_is_on_unassignment_gives_nothing_back(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    deliver(client, chatwoot, assignment(2, at=1))
    deliver(client, chatwoot, labelled("person", at=2))
    deliver(client, chatwoot, assignment(None, at=3))
    assert held_by(query) == "person"


def ours(query: Query, kind: str, payload: str) -> None:
    """An effect of ours that was just carried out."""
    query(
        "insert into outgoing_messages (conversation_id, kind, payload) values (7, %(kind)s, %(payload)s)",
        kind=kind,
        payload=payload,
    )
    query(
        "update outgoing_messages set state = 'sending', sending_at = now() where kind = %(kind)s", kind=kind
    )


def test_the_same_opening_is_ours_once_and_a_persons_the_second_time(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    ours(query, "status", '{"status": "open"}')
    deliver(client, chatwoot, status_changed("open", at=1))
    assert held_by(query) == "ai"
    deliver(client, chatwoot, status_changed("pending", at=2))
    deliver(client, chatwoot, status_changed("open", at=3))
    assert held_by(query) == "person"


def test_an_opening_of_ours_that_changed_nothing_excuses_no_later_one(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    ours(query, "status", '{"status": "open"}')
    query("update outgoing_messages set state = 'sent', sent_at = now()")
    deliver(client, chatwoot, status_changed("pending", at=2))
    deliver(client, chatwoot, status_changed("open", at=3))
    assert held_by(query) == "person"


def test_our_own_assignment_takes_nothing_and_the_next_one_does(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    ours(query, "assignment", '{"assignee_id": 2}')
    assert deliver(client, chatwoot, assignment(2, at=1)) == "echo_skipped"
    assert held_by(query) == "ai"
    assert deliver(client, chatwoot, assignment(3, at=2)) == "recorded"
    assert held_by(query) == "person"


def test_an_older_picture_of_a_conversation_changes_nothing(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    deliver(client, chatwoot, status_changed("open", at=5))
    assert deliver(client, chatwoot, status_changed("pending", at=4)) == "duplicate_skipped"
    assert held_by(query) == "person"


def test_a_closed_conversation_the_customer_wakes_stays_with_whoever_had_it(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    deliver(client, chatwoot, message(id=501))
    deliver(client, chatwoot, status_changed("resolved", at=1, messages=[{"id": 501, "message_type": 0}]))
    woken = status_changed("open", at=2, messages=[{"id": 502, "message_type": 0}])
    deliver(client, chatwoot, woken)
    assert held_by(query) == "ai"


def test_a_closed_conversation_a_person_opens_is_hers(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    deliver(client, chatwoot, message(id=501))
    deliver(client, chatwoot, status_changed("resolved", at=1, messages=[{"id": 501, "message_type": 0}]))
    deliver(client, chatwoot, status_changed("open", at=2, messages=[{"id": 501, "message_type": 0}]))
    assert held_by(query) == "person"


@pytest.mark.parametrize(
    "payload",
    [
        {"event": "webwidget_triggered", "id": 4},
        {"event": "conversation_glowed", **conversation()},
        {},
        {"event": 5},
    ],
)
def test_unknown_events_are_recorded_and_ignored(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, payload: dict[str, Any]
) -> None:
    assert deliver(client, chatwoot, payload) == "ignored"
    seen = "select event, status, delivery_id from webhook_events"
    [row] = until(lambda: query(seen), 20, "it is written down")
    assert (row["event"], row["status"]) == (str(payload.get("event") or "unnamed"), "ignored")
    assert row["delivery_id"]


def test_a_recorded_event_says_nothing_of_what_was_said(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    deliver(client, chatwoot, message(inbox={"id": 2}, content="my salary is 7200"))
    rows = until(lambda: query("select * from webhook_events"), 20, "it is written down")
    assert "7200" not in str(rows)


def refused(client: FlaskClient, body: bytes, headers: dict[str, str]) -> bool:
    return client.post(ROUTE, data=body, headers=headers).status_code == 401


def test_a_wrong_or_missing_signature_is_refused(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    body = json.dumps(message()).encode()
    good = chatwoot.signed_headers(body)
    assert refused(client, body, {})
    assert refused(client, body + b" ", good)
    assert refused(client, body, good | {"X-Chatwoot-Timestamp": str(int(time.time()) - 1)})
    assert refused(client, body, good | {"X-Chatwoot-Signature": "sha256=" + "0" * 64})
    assert not query("select * from incoming_messages")


@pytest.mark.parametrize("seconds", [-301, 400])
def test_a_stale_signature_is_refused(client: FlaskClient, chatwoot: ChatwootSandbox, seconds: int) -> None:
    body = json.dumps(message()).encode()
    assert refused(client, body, chatwoot.signed_headers(body, timestamp=int(time.time()) + seconds))


def test_without_a_secret_webhooks_are_refused(app_for: AppFor, chatwoot: ChatwootSandbox) -> None:
    client = app_for(chatwoot_webhook_secret=None).test_client()
    body = json.dumps(message()).encode()
    assert refused(client, body, chatwoot.signed_headers(body))


def test_unsigned_webhooks_are_taken_only_when_that_was_asked_for(app_for: AppFor) -> None:
    client = app_for(chatwoot_webhook_secret=None, chatwoot_allow_unsigned=True).test_client()
    assert client.post(ROUTE, json=message()).get_json() == {"status": "queued"}


def test_a_set_secret_is_never_given_up_for_unsigned_webhooks(app_for: AppFor) -> None:
    client = app_for(chatwoot_allow_unsigned=True).test_client()
    assert client.post(ROUTE, json=message()).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_a_signed_body_that_is_no_json_object_is_refused(
    client: FlaskClient, chatwoot: ChatwootSandbox, body: bytes
) -> None:
    assert client.post(ROUTE, data=body, headers=chatwoot.signed_headers(body)).status_code == 400


def test_a_body_beyond_a_mebibyte_is_refused(client: FlaskClient, chatwoot: ChatwootSandbox) -> None:
    body = json.dumps(message(content="x" * 1024 * 1024)).encode()
    assert client.post(ROUTE, data=body, headers=chatwoot.signed_headers(body)).status_code == 413


def test_a_webhook_makes_no_network_call(client: FlaskClient, chatwoot: ChatwootSandbox, known: None) -> None:
    deliver(client, chatwoot, message())
    deliver(client, chatwoot, by_colleague(id=502))
    deliver(client, chatwoot, status_changed("open"))
    assert not chatwoot.requests


def test_without_a_database_chatwoot_is_told_to_try_again(app_for: AppFor, chatwoot: ChatwootSandbox) -> None:
    client = app_for(database_url="postgresql://nobody@127.0.0.1:9/none").test_client()
    body = json.dumps(message()).encode()
    answer = client.post(ROUTE, data=body, headers=chatwoot.signed_headers(body))
    assert answer.status_code == 500
