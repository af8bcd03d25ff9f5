"""The made-up conversations in the stand-in Chatwoot, and a demo that goes on with real ones after them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nextnest import embedded
from sandbox.chatwoot import ChatwootSandbox
from sandbox.traffic import CONVERSATIONS_FROM, fill
from sandbox.traffic import __main__ as traffic
from sandbox.traffic.inbox import hand_in
from sandbox.traffic.rows import Rows
from tests.test_demo import Running, demo, folder, free_ports, send_a_lead
from tests.waiting import until

__all__ = ["folder"]

PROJECT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
REPLY_S = 60


def test_chatwoot_shows_what_the_database_says(database_url: str) -> None:
    batches: list[Rows] = []
    fill(database_url, 3, NOW, conversations=30, also=batches.append)
    with ChatwootSandbox() as chatwoot:
        hand_in(chatwoot.base_url, batches[0])
        assert len(chatwoot.conversations()) == 30
        with psycopg.connect(database_url) as conn:
            for conversation_id, status in conn.execute(STATUSES).fetchall():
                assert chatwoot.conversation(conversation_id)["status"] == status
                said = [
                    (line["id"], line["content"])
                    for line in chatwoot.messages(conversation_id)
                    if not line["private"]
                ]
                assert said == conn.execute(TRANSCRIPT, [conversation_id]).fetchall()


def test_nothing_is_written_while_no_chatwoot_is_there_and_the_command_says_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr("sys.argv", ["traffic", "--conversations", "3", "--chatwoot", "http://127.0.0.1:9"])
    assert traffic.main() == 1
    assert (
        "Nothing was written: no stand-in Chatwoot answers at http://127.0.0.1:9." in capsys.readouterr().err
    )
    with psycopg.connect(database_url) as conn:
        assert conn.execute("select count(*) from nextnest.leads").fetchone() == (0,)


def test_chatwoot_takes_a_past_once_and_tells_nobody(database_url: str) -> None:
    batches: list[Rows] = []
    fill(database_url, 3, NOW, conversations=10, also=batches.append)
    with ChatwootSandbox("http://127.0.0.1:9/nobody-listens") as chatwoot:
        hand_in(chatwoot.base_url, batches[0])
        hand_in(chatwoot.base_url, batches[0])
        assert len(chatwoot.conversations()) == 10
        assert chatwoot.webhooks == []


def test_new_conversations_go_on_counting_from_one(database_url: str) -> None:
    batches: list[Rows] = []
    fill(database_url, 3, NOW, conversations=10, also=batches.append)
    with ChatwootSandbox() as chatwoot:
        hand_in(chatwoot.base_url, batches[0])
        assert chatwoot.add_conversation()["id"] == 1
        newest = max(line["id"] for line in chatwoot.messages(batches[0].of["leads"][0][11]))
        assert chatwoot.customer_says(1, "Hello")["id"] > newest, "message numbers are their order"


def test_a_demo_with_a_made_up_day_goes_on_working(folder: Path) -> None:
    with demo(folder, ports=free_ports()) as running:
        running.wait_until_ready()
        first = add_a_day(running)
        assert first.returncode == 0, first.stderr
        assert "are in the database and the stand-in Chatwoot now" in first.stdout
        assert "nothing was added" in add_a_day(running).stdout
        with psycopg.connect(embedded.server_for(folder / ".nextnest").url, autocommit=True) as conn:
            conversation_id = send_a_lead(running)
            assert conversation_id < CONVERSATIONS_FROM
            until(lambda: spoken(conn, conversation_id) == 1, REPLY_S, "the new lead is greeted")
            goes_on = conn.execute(ACTIVE).fetchone()
            assert goes_on is not None
            before = spoken(conn, goes_on[0])
            write_as_the_customer(running, goes_on[0], "Which documents do I need?")
            until(lambda: spoken(conn, goes_on[0]) == before + 1, REPLY_S, "a made-up customer is answered")
            assert conn.execute("select * from nextnest.broker_capacity_drift").fetchall() == []
            assert conn.execute(NOT_DONE, [CONVERSATIONS_FROM]).fetchall() == []


def add_a_day(running: Running) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.traffic", "--conversations", "80"],
        cwd=running.folder,
        env={**os.environ, **running.ports, "PYTHONPATH": str(PROJECT), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write_as_the_customer(running: Running, conversation_id: int, text: str) -> None:
    address = f"http://127.0.0.1:{running.ports['CHATWOOT_SANDBOX_PORT']}"
    token = (running.folder / ".nextnest" / "chatwoot_token").read_text().strip()
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{address}/api/v1/accounts/1/conversations/{conversation_id}/messages",
        data=json.dumps({"content": text, "message_type": "incoming"}).encode(),
        headers={"Content-Type": "application/json", "api_access_token": token},
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - our own address
        return


def spoken(conn: psycopg.Connection[Any], conversation_id: int) -> int:
    row = conn.execute(SPOKEN, [conversation_id]).fetchone()
    assert row is not None
    return int(row[0])


STATUSES = "select conversation_id, coalesce(chatwoot_status, 'pending') from nextnest.broker_conversations"
TRANSCRIPT = """
select message_id, content from nextnest.transcript where conversation_id = %s order by message_id"""
ACTIVE = "select conversation_id from nextnest.broker_conversations where status = 'active' order by 1 desc limit 1"
SPOKEN = """
select count(*) from nextnest.outgoing_messages
where conversation_id = %s and state = 'sent' and kind in ('greeting', 'reply')"""
NOT_DONE = """
select j.task_name, j.status from nextnest.procrastinate_jobs j join nextnest.job_outcomes o on o.job_id = j.id
where j.status = 'failed' and o.conversation_id < %s"""
