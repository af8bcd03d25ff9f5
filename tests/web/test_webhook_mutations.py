"""Whatever comes to the webhook's route, properly signed, is answered and breaks nothing."""

from __future__ import annotations

from collections import Counter

import pytest
from flask.testing import FlaskClient

from sandbox.chatwoot import ChatwootSandbox
from tests.web.conftest import Query
from tests.web.mutations import mutated, real_payloads
from tests.web.test_webhooks import ROUTE, conversation, deliver, message


def test_a_thousand_spoilt_webhooks_are_answered_without_a_fault_of_ours(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    _deliver_all(client, chatwoot, query, count=1_000, seed=1)


@pytest.mark.long
def test_ten_thousand_spoilt_webhooks_are_answered_without_a_fault_of_ours(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query
) -> None:
    _deliver_all(client, chatwoot, query, count=10_000, seed=2)


def _deliver_all(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, *, count: int, seed: int
) -> None:
    payloads = real_payloads()
    assert len({payload["event"] for payload in payloads}) > 3
    answers: Counter[object] = Counter()
    for body in mutated(payloads, count, seed):
        answer = client.post(ROUTE, data=body, headers=chatwoot.signed_headers(body))
        assert answer.status_code < 500, body[:2000]
        answers[answer.get_json().get("status", answer.status_code)] += 1
    # Some were still understood, some mattered to nobody, some were no JSON: all roads were taken.
    assert {"queued", "duplicate_skipped", "recorded", "ignored", 400} <= set(answers), answers
    assert query("select * from broker_capacity_drift") == []
    later = message(id=987_654, conversation=conversation(id=987_654))
    assert deliver(client, chatwoot, later) == "queued"
