"""Live chat pages: who is told of news, who is not, and what happens when there is no place or no connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from queue import Empty, Queue
from threading import Thread
from typing import Any

import httpx
import psycopg
import pytest
from flask import Flask

from tests.pgbouncer import pgbouncer
from tests.waiting import until
from tests.web.conftest import AppFor, Query, form, served

# The longest anything here takes on a busy machine.
PATIENCE_S = 20


class Listening:
    """What one open stream says, collected by a thread."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self._said: Queue[str] = Queue()
        self._thread = Thread(target=self._read, args=(answer,), daemon=True)
        self._thread.start()

    def _read(self, answer: httpx.Response) -> None:
        try:
            for line in answer.iter_lines():
                self._said.put(line)
        except httpx.HTTPError:
            pass  # closed by the test
        self._said.put("the end")

    def next(self, seconds: float = PATIENCE_S) -> str:
        """The next event's name, or "the end"; beats and empty lines are passed over."""
        while True:
            line = self._said.get(timeout=seconds)
            if line == "the end":
                return line
            if line.startswith("event: ") and line != "event: beat":
                return line.removeprefix("event: ")

    def is_silent(self) -> bool:
        """Nothing is told that is not read yet."""
        try:
            return self.next(seconds=0.2) is None
        except Empty:
            return True


Listen = Callable[..., Any]


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    with served(app) as url:
        yield url
        app.extensions["doors"].close()


@contextmanager
def listening(site: str, link: str) -> Iterator[Listening]:
    url = f"{site}/api/chat/{link}/events"
    with httpx.Client(timeout=httpx.Timeout(5, read=60)) as client, client.stream("GET", url) as answer:
        yield Listening(answer)


def lead(site: str, **fields: Any) -> tuple[str, int]:
    """Send the form; the chat's link and the conversation."""
    answer = httpx.post(f"{site}/api/chatwoot-conversation", json=form(**fields), timeout=20).json()
    return answer["chatUrl"].rpartition("/")[2], answer.get("conversationId", 0)


def another(site: str) -> tuple[str, int]:
    return lead(site, email="other@example.com", phone="8123 4567")


def plan(query: Query, conversation_id: int, kind: str = "reply", number: int = 1) -> None:
    query(
        "insert into outgoing_messages (conversation_id, kind, turn, payload, chatwoot_message_id, sent_at)"
        " values (%(c)s, %(k)s, %(n)s, '{\"content\": \"hello\"}', 9000 + %(n)s, now())",
        c=conversation_id, k=kind, n=number,
    )  # fmt: skip


def send(query: Query, conversation_id: int) -> None:
    query("update outgoing_messages set state = 'sent' where conversation_id = %(c)s", c=conversation_id)


def wait_in_line(query: Query, conversation_id: int) -> None:
    query(
        "update broker_conversations set status = 'waiting', waiting_since = now() where conversation_id = %(c)s",
        c=conversation_id,
    )


def test_a_line_that_was_sent_is_news(site: str, query: Query) -> None:
    link, conversation_id = lead(site)
    with listening(site, link) as stream:
        assert (stream.status, stream.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
        assert stream.headers["Cache-Control"] == "no-store"
        plan(query, conversation_id)
        assert stream.is_silent()
        send(query, conversation_id)
        assert stream.next() == "news"


def test_a_colleagues_line_and_a_change_of_hands_are_news(site: str, query: Query) -> None:
    link, conversation_id = lead(site)
    with listening(site, link) as stream:
        query("insert into person_messages values (%(c)s, 7000, 'Hi', now())", c=conversation_id)
        assert stream.next() == "news"
        query("update broker_conversations set held_by = 'person'")
        assert stream.next() == "news"


def test_a_customers_own_text_is_news_to_her_other_tab(site: str) -> None:
    link, _ = lead(site)
    body = {"text": "hello", "clientId": "6f0d5c7e-8f8b-4b3c-9d55-0123456789ab"}
    with listening(site, link) as stream:
        assert httpx.post(f"{site}/api/chat/{link}/messages", json=body, timeout=20).json()["success"] is True
        assert stream.next() == "news"


def test_a_stream_is_told_of_its_own_conversation_only(site: str, query: Query) -> None:
    mine, theirs = lead(site), another(site)
    with listening(site, mine[0]) as stream, listening(site, theirs[0]) as other:
        plan(query, theirs[1])
        send(query, theirs[1])
        assert other.next() == "news"
        assert stream.is_silent()


@pytest.mark.parametrize("kind", ["private_note", "attributes", "status", "reminder"])
def test_nobody_is_told_of_private_notes_and_what_only_colleagues_see(
    site: str, query: Query, database_url: str, kind: str
) -> None:
    _, conversation_id = lead(site)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("listen nextnest_chat")
        plan(query, conversation_id, kind)
        send(query, conversation_id)
        query("update broker_conversations set last_message_at = now(), chatwoot_status = 'pending'")
        query("select pg_notify('nextnest_chat', 'the last')")
        assert [notice.payload for notice in conn.notifies(timeout=PATIENCE_S, stop_after=1)] == ["the last"]


def test_those_in_line_are_told_when_the_line_moves(site: str, query: Query) -> None:
    first, second = lead(site), another(site)
    wait_in_line(query, first[1])
    wait_in_line(query, second[1])
    with listening(site, second[0]) as stream:
        query("update broker_conversations set status = 'resolved' where conversation_id = %(c)s", c=first[1])
        assert stream.next() == "news"


def test_a_link_we_did_not_sign_gets_no_stream(site: str) -> None:
    assert httpx.get(f"{site}/api/chat/forged/events").status_code == 404


def test_a_fourth_tab_takes_the_place_of_the_first(site: str) -> None:
    link, _ = lead(site)
    with ExitStack() as tabs:
        streams = [tabs.enter_context(listening(site, link)) for _ in range(4)]
        assert [stream.status for stream in streams] == [200] * 4
        assert [streams[0].next(), streams[0].next()] == ["replaced", "the end"]
        assert all(stream.is_silent() for stream in streams[1:])


def test_beyond_the_bound_of_a_process_pages_poll(app_for: AppFor) -> None:
    app = app_for(nextnest_live_streams=1)
    with served(app) as site:
        (one, _), (two, _) = lead(site), another(site)
        with listening(site, one) as stream:
            assert stream.status == 200
            assert httpx.get(f"{site}/api/chat/{two}/events").status_code == 204
        app.extensions["doors"].close()


def test_streams_leave_eight_threads_to_requests(app_for: AppFor) -> None:
    app = app_for(nextnest_live_streams=16)
    app.extensions["doors"].live.serve_in(8, lambda: True)
    with served(app) as site:
        link, _ = lead(site)
        assert httpx.get(f"{site}/api/chat/{link}/events").status_code == 204


def test_streams_end_when_the_server_stops(app: Flask, site: str) -> None:
    serving = True
    app.extensions["doors"].live.serve_in(24, lambda: serving)
    link, _ = lead(site)
    with listening(site, link) as stream:
        serving = False
        assert stream.next(PATIENCE_S) == "the end"


def test_streams_end_when_their_connection_is_lost_and_the_next_one_is_opened(
    site: str, query: Query
) -> None:
    link, conversation_id = lead(site)
    with listening(site, link) as stream:
        query(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'nextnest-web-live' and datname = current_database()"
        )
        assert stream.next() == "the end"
    with listening(site, link) as stream:
        plan(query, conversation_id)
        send(query, conversation_id)
        assert stream.next() == "news"


def test_without_a_connection_of_its_own_pages_poll(app_for: AppFor, database_url: str) -> None:
    with served(app_for()) as site:
        link, _ = lead(site)
    away = app_for(
        database_url="postgresql://nobody@127.0.0.1:9/none", web_database_url=database_url
    ).test_client()
    assert away.get(f"/api/chat/{link}/events").status_code == 204
    assert away.get(f"/api/chat/{link}/messages").status_code == 200


@pytest.mark.parametrize(("mode", "status"), [("transaction", 204), ("session", 200)])
def test_behind_a_pooler_pages_are_live_only_where_it_keeps_sessions(
    app_for: AppFor, database_url: str, mode: str, status: int
) -> None:
    with pgbouncer(database_url, mode) as url:
        app = app_for(database_url=url)
        with served(app) as site:
            link, _ = lead(site)
            with listening(site, link) as stream:
                assert stream.status == status
            app.extensions["doors"].close()


def test_the_connection_closes_after_the_last_page(site: str, app: Flask, query: Query) -> None:
    link, _ = lead(site)
    with listening(site, link) as stream:
        assert stream.status == 200
    app.extensions["doors"].live.close()
    count = "select count(*) as n from pg_stat_activity where application_name = 'nextnest-web-live'"
    until(lambda: query(f"{count} and datname = current_database()") == [{"n": 0}], PATIENCE_S, "it closes")
