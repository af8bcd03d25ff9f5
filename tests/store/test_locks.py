"""Two transactions about one conversation never wait for each other in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from nextnest import reception

CONVERSATION, MESSAGE = 42, 7
Connection = psycopg.Connection[Any]


@pytest.fixture
def connect(database_url: str) -> Iterator[Any]:
    """Opens connections and closes them."""
    opened: list[Connection] = []

    def make() -> Connection:
        opened.append(psycopg.connect(database_url, options="-c search_path=nextnest -c lock_timeout=2s"))
        return opened[-1]

    yield make
    for conn in opened:
        conn.close()


def _accept(conn: Connection) -> str:
    return reception.accept_customer_message(
        conn,
        conversation_id=CONVERSATION,
        message_id=MESSAGE,
        content="Hello",
        sent_at=None,
        contact_id=None,
        source="webhook",
        rollout_percentage=100,
    )


def test_a_duplicate_webhook_locks_nothing_that_a_completing_job_needs(connect: Any) -> None:
    with connect() as first:
        assert _accept(first) == "queued"
    webhook, job = connect(), connect()
    assert _accept(webhook) == "duplicate_skipped"
    job.execute("update incoming_messages set state = 'answered'")
    job.execute("update broker_conversations set customer_messages = 1, messages_exchanged = 1")
    job.commit()
    webhook.commit()


def test_a_new_message_locks_nothing_that_a_completing_job_needs(connect: Any) -> None:
    with connect() as first:
        assert _accept(first) == "queued"
    webhook, job = connect(), connect()
    webhook.execute(
        "insert into incoming_messages (conversation_id, message_id, content, source) values (42, 8, '', 'webhook')"
    )
    job.execute("update incoming_messages set state = 'answered' where message_id = 7")
    job.execute("update broker_conversations set customer_messages = 1, messages_exchanged = 1")
    job.commit()
    webhook.commit()
