"""The lead form's route: nothing is lost, whatever is away."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.chatwoot import ChatwootSandbox
from tests.waiting import until
from tests.web.conftest import AppFor, Query, form

ROUTE = "/api/chatwoot-conversation"
NOBODY_LISTENS = "http://127.0.0.1:9"


def test_a_lead_becomes_a_conversation_with_a_link_to_its_chat(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    answer = client.post(ROUTE, json=form())
    assert answer.status_code == 201
    body = answer.get_json()
    [conversation] = chatwoot.conversations()
    [lead] = query("select * from leads")
    assert body == {
        "success": True,
        "conversationId": conversation["id"],
        "contactId": conversation["meta"]["sender"]["id"],
        "reused": False,
        "leadScore": lead["lead_score"],
        "chatUrl": body["chatUrl"],
    }
    assert body["chatUrl"].startswith("https://nextnest.example/chat/")
    assert (lead["state"], lead["client_lead_score"]) == ("opened", 97)
    assert [job["task_name"] for job in query("select task_name from procrastinate_jobs")] == [
        "new-conversation"
    ]


def test_a_second_form_goes_on_in_the_open_conversation(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    first = client.post(ROUTE, json=form()).get_json()
    answer = client.post(ROUTE, json=form(propertyPrice=700000))
    assert (answer.status_code, answer.get_json()["reused"]) == (200, True)
    assert answer.get_json()["conversationId"] == first["conversationId"]
    assert answer.get_json()["chatUrl"] != first["chatUrl"]
    assert len(chatwoot.conversations()) == 1
    assert len(query("select id from procrastinate_jobs")) == 1


def test_a_lead_is_kept_before_the_first_network_call(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    fault = chatwoot.faults.add("slow", seconds=20, times=None)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.post, ROUTE, json=form())
        until(lambda: query("select id from leads where state = 'received'"), 5, "the lead is kept")
        assert not chatwoot.requests
        chatwoot.faults.clear(fault.id)
        assert answer.result().status_code in {201, 202}


def test_a_lead_is_accepted_while_chatwoot_is_away(app_for: AppFor, query: Query) -> None:
    answer = app_for(chatwoot_base_url=NOBODY_LISTENS).test_client().post(ROUTE, json=form())
    assert answer.status_code == 202
    body = answer.get_json()
    [lead] = query("select id, state from leads")
    assert body == {
        "success": True,
        "pending": True,
        "leadId": str(lead["id"]),
        "chatUrl": body["chatUrl"],
        "phoneFallback": "+65 6123 4567",
    }
    [job] = query("select task_name, queueing_lock, lock, args from procrastinate_jobs")
    assert job == {
        "task_name": "open-conversation",
        "queueing_lock": f"open-conversation-{lead['id']}",
        "lock": f"lead-{lead['id']}",
        "args": {"lead_id": str(lead["id"])},
    }


@pytest.mark.parametrize("fault", ["error_500_before", "refuse_401", "rate_limited"])
def test_a_lead_is_accepted_whatever_chatwoot_answers(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, fault: str
) -> None:
    chatwoot.faults.add(fault, times=None)
    assert client.post(ROUTE, json=form()).status_code == 202
    assert query("select state from leads") == [{"state": "received"}]


def test_every_bad_field_is_named_in_one_answer_and_the_form_is_kept(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    answer = client.post(ROUTE, json=form(phone="12", loanType="bridging", actualAges=["old"]))
    assert answer.status_code == 400
    problems = answer.get_json()["problems"]
    assert [(problem["field"], problem["got"]) for problem in problems] == [
        ("formData.phone", "12"),
        ("formData.actualAges.0", "old"),
        ("formData.loanType", "bridging"),
    ]
    assert all(problem["expected"] for problem in problems)
    [kept] = query("select state, raw, problems from leads")
    assert kept["state"] == "rejected"
    assert kept["raw"]["formData"]["email"] == "weiming@example.com"
    assert kept["problems"] == problems
    assert not chatwoot.requests


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b"[" * 20_000,
        b"\xff\xfe",
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_json_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = client.post(ROUTE, data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json()["success"] is False


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "7"])
def test_json_that_is_no_form_is_named(client: FlaskClient, body: str) -> None:
    answer = client.post(ROUTE, data=body)
    assert answer.status_code == 400
    assert answer.get_json()["problems"][0]["field"] == "formData"


def test_a_body_beyond_the_limit_is_refused(client: FlaskClient, query: Query) -> None:
    answer = client.post(ROUTE, json=form(name="x" * 65 * 1024))
    assert answer.status_code == 413
    assert not query("select id from leads")


def test_characters_that_cannot_be_stored_do_not_lose_the_lead(client: FlaskClient, query: Query) -> None:
    body = form(name="Tan\0 Wei", notes="half a pair: \ud83d")
    assert client.post(ROUTE, json=body).status_code == 201
    [lead] = query("select lead, raw from leads")
    assert lead["lead"]["name"] == "Tan Wei"
    assert lead["raw"]["formData"]["notes"] == "half a pair: "


def test_without_a_database_the_answer_is_quick_and_names_the_phone(app_for: AppFor) -> None:
    app = app_for(database_url="postgresql://nobody@127.0.0.1:9/none")
    began = time.monotonic()
    answer = app.test_client().post(ROUTE, json=form())
    # The pool waits four seconds for a connection; nothing waits for it twice.
    assert time.monotonic() - began < 6
    assert answer.status_code == 503
    assert answer.get_json()["phoneFallback"] == "+65 6123 4567"
    assert "+65 6123 4567" in answer.get_json()["error"]
    assert int(answer.headers["Retry-After"]) > 0


def test_who_sends_too_many_forms_is_asked_to_wait(app_for: AppFor, query: Query) -> None:
    client = app_for(nextnest_rate_limits=True).test_client()
    answers = [client.post(ROUTE, json={}) for _ in range(22)]
    refused = [answer for answer in answers if answer.status_code == 429]
    # A minute may end in between; then the count begins anew.
    assert len(refused) in {0, 1, 2}
    windows = query("select requests from rate_limits order by window_start")
    assert sum(window["requests"] for window in windows) == 22
    assert len(refused) == sum(max(0, window["requests"] - 20) for window in windows)
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)


def test_one_contact_is_asked_to_wait_however_many_senders_give_her_name(
    app_for: AppFor, query: Query
) -> None:
    client = app_for(nextnest_rate_limits=True, nextnest_trusted_proxies=1).test_client()
    answers = [
        client.post(
            ROUTE, json=form(phone=f"9123 45{number:02d}"), headers={"X-Forwarded-For": f"203.0.113.{number}"}
        )
        for number in range(7)
    ]
    refused = [answer for answer in answers if answer.status_code == 429]
    windows = query("select requests from rate_limits where client like 'contact-%%'")
    assert len(refused) == sum(max(0, window["requests"] - 5) for window in windows)
    assert len(refused) in {0, 1, 2}  # a minute may end in between
    assert "weiming" not in str(query("select * from rate_limits"))


def test_no_address_is_kept_for_the_limits(app_for: AppFor, query: Query) -> None:
    client = app_for(nextnest_rate_limits=True).test_client()
    client.post(ROUTE, json={}, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert "203.0.113" not in str(query("select * from rate_limits"))


def test_another_senders_requests_do_not_count(app_for: AppFor, query: Query) -> None:
    client = app_for(nextnest_rate_limits=True, nextnest_trusted_proxies=1).test_client()
    for address in ("203.0.113.7", "203.0.113.8"):
        client.post(ROUTE, json={}, headers={"X-Forwarded-For": address})
    assert len(query("select distinct client from rate_limits")) == 2


def test_a_forged_address_counts_as_the_sender_itself(app_for: AppFor, query: Query) -> None:
    client = app_for(nextnest_rate_limits=True).test_client()
    for address in ("203.0.113.7", "203.0.113.8"):
        client.post(ROUTE, json={}, headers={"X-Forwarded-For": address})
    assert len(query("select distinct client from rate_limits")) == 1


def test_a_chat_link_belongs_to_its_own_lead(app: Flask, client: FlaskClient, query: Query) -> None:
    url = client.post(ROUTE, json=form()).get_json()["chatUrl"]
    lead_id = app.extensions["doors"].links().lead_id(url.rpartition("/")[2])
    assert query("select id from leads") == [{"id": lead_id}]
    assert isinstance(lead_id, UUID)
