"""The watch over places can see: a database that is put wrong by hand says so."""

from __future__ import annotations

import psycopg
import pytest

from tests.pipelines.watching import TRIGGERS

WRONG = {
    "over the limit": "update ai_brokers set active_conversations = '{1,2,3,4,5,6}' where slug = 'grace-lim'",
    "drift": "update ai_brokers set active_conversations = '{7}' where slug = 'grace-lim'",
    "out of order": "update broker_conversations set status = 'active', broker_id = (select min(id::text)::uuid"
    " from ai_brokers) where conversation_id = 2",
    "taken from a person": "update broker_conversations set held_by = 'person' where conversation_id = 1;"
    " update broker_conversations set status = 'active', broker_id = (select min(id::text)::uuid"
    " from ai_brokers) where conversation_id = 1",
    "free beside a waiting lead": "update ai_brokers set active_conversations = '{9}' where slug = 'grace-lim';"
    " update ai_brokers set active_conversations = '{}'",
}


@pytest.mark.parametrize("fault", WRONG)
def test_the_watch_sees(database_url: str, fault: str) -> None:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as conn:
        conn.execute(TRIGGERS.read_bytes())
        for number in (1, 2):
            conn.execute("insert into broker_conversations (conversation_id) values (%s)", (number,))
        conn.execute("update broker_conversations set status = 'waiting', waiting_since = now()")
        assert conn.execute("select what from watch.faults").fetchall() == []
        conn.execute(WRONG[fault].encode())
        assert fault in {row[0] for row in conn.execute("select what from watch.faults")}
