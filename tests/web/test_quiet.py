"""Deliveries that changed nothing are written down together, and cost no commit of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import Connection

from sandbox.chatwoot import ChatwootSandbox
from tests.waiting import until
from tests.web.conftest import Query
from tests.web.test_webhooks import conversation, deliver, message
from web.quiet import EVERY_S, QuietDeliveries

NOTHING_NEW = {
    "event": "conversation_updated",
    "account": {"id": 1},
    **conversation(labels=[]),
    "changed_attributes": [],
}
WRITTEN = "select event, status, delivery_id from webhook_events order by id"
THE_CONVERSATION = "select xmin::text as written_by from broker_conversations where conversation_id = 7"


def commits(query: Query) -> int:
    """How many transactions wrote what is written down. The rows know: the server's counter counts vacuum as well."""
    [row] = query("select count(distinct xmin::text) as commits from webhook_events")
    return int(row["commits"])


@pytest.fixture
def known(query: Query) -> None:
    query("insert into broker_conversations (conversation_id) values (7)")


def test_deliveries_that_change_nothing_share_one_commit_and_are_all_written_down(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    [before] = query(THE_CONVERSATION)
    begin = time.monotonic()
    for _ in range(20):
        assert deliver(client, chatwoot, NOTHING_NEW) == "ignored"
    until(lambda: len(query(WRITTEN)) == 20, 20, "all twenty are written down")
    # One in every five seconds, however slow the machine.
    assert commits(query) <= (time.monotonic() - begin) / EVERY_S
    assert query(THE_CONVERSATION) == [before]
    assert len({row["delivery_id"] for row in query(WRITTEN)}) == 20


def test_a_delivery_that_changes_something_is_written_down_in_that_commit(
    client: FlaskClient, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    written = message(message_type="outgoing", sender={"id": 3, "type": "user", "name": "Aisha"})
    assert deliver(client, chatwoot, written) == "recorded"
    assert [row["status"] for row in query(WRITTEN)] == ["recorded"]


def test_what_waits_is_written_down_when_the_process_ends(
    client: FlaskClient, app: Flask, chatwoot: ChatwootSandbox, query: Query, known: None
) -> None:
    deliver(client, chatwoot, NOTHING_NEW)
    app.extensions["doors"].close()
    assert [row["status"] for row in query(WRITTEN)] == ["ignored"]


def test_one_that_cannot_be_written_down_does_not_end_the_writing(app: Flask, query: Query) -> None:
    quiet = app.extensions["doors"].quiet
    quiet.add("message_created", 2**70, "beyond every id", "ignored")
    until(lambda: not quiet.waiting, 20, "it was tried")
    quiet.add("message_created", 7, "the next", "ignored")
    until(lambda: query(WRITTEN), 20, "the next is written down")
    assert [row["delivery_id"] for row in query(WRITTEN)] == ["the next"]


def test_while_the_database_is_away_they_wait(app: Flask, query: Query) -> None:
    refusals = [psycopg.OperationalError("away"), psycopg.OperationalError("away")]

    @contextmanager
    def sometimes() -> Iterator[Connection[Any]]:
        if refusals:
            raise refusals.pop()
        with app.extensions["doors"].transaction() as conn:
            yield conn

    quiet = QuietDeliveries(sometimes)
    quiet.add("message_created", 7, "first", "echo_skipped")
    quiet.add("message_created", 7, "second", "echo_skipped")
    until(lambda: len(query(WRITTEN)) == 2, 20, "both are written down")
    quiet.close()
    assert [row["delivery_id"] for row in query(WRITTEN)] == ["first", "second"]
    assert refusals == []
