"""A viewer walks the whole console and reads nothing of anybody; an operator reads it on the same pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people_held import Held, hold
from tests.planting import plant
from tests.web.ops.standing import queued, unanswered

# Of a page: where its links lead and what it fetches by itself.
_ADDRESS = re.compile(r'(?:href|hx-get|src)="(/ops[^"#]*)')
_MOST_PAGES = 300
# What an operator must find on these pages, or a viewer's finding nothing would prove nothing.
SEEN_BY_OPERATORS = {
    ("leads", "lead"),
    ("incoming_messages", "content"),
    ("outgoing_messages", "payload"),
    ("person_messages", "content"),
    ("tool_runs", "arguments"),
    ("ai_replies", "verdict"),
}


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as connection:
        yield connection


@pytest.fixture
def contacts(conn: psycopg.Connection) -> list[Held]:
    """One in each state a conversation can be in, so that every list of the console has somebody in it."""
    states = ("active", "waiting", "handed_off", "resolved", "new")
    return [hold(conn, number, status=state) for number, state in enumerate(states, start=1)]


@pytest.fixture
def planted(conn: psycopg.Connection, contacts: list[Held], query: object) -> dict[tuple[str, str], str]:
    """The words that stand in every sensitive column of all of them; the first has a message without an answer, too."""
    words, *_ = [plant(conn, one) for one in contacts]
    unanswered(query, 101, 600)
    queued(query, 101)
    _failed_job(conn)
    conn.execute("update incoming_messages set content = %s", [words["incoming_messages", "content"]])
    return words


def test_a_viewer_finds_nothing_sensitive_on_any_page_of_the_console(
    viewer: FlaskClient, console: Flask, contacts: list[Held], planted: dict[tuple[str, str], str]
) -> None:
    pages = _walk(viewer)
    assert _endpoints(console, pages) == _readable_endpoints(console), (
        "a page of the console is linked from nowhere"
    )
    secrets = [word for one in contacts for word in one.words] + list(planted.values())
    found = [(address, secret) for address, text in pages.items() for secret in secrets if secret in text]
    assert found == []


def test_an_operator_finds_it_on_the_same_pages(
    operator: FlaskClient, planted: dict[tuple[str, str], str]
) -> None:
    text = "\n".join(_walk(operator).values())
    assert {place for place in SEEN_BY_OPERATORS if planted[place] not in text} == set()


def _walk(client: FlaskClient) -> dict[str, str]:
    """Every page that can be reached from the first by links and by what pages fetch, with its text."""
    pages: dict[str, str] = {}
    to_visit = ["/ops/"]
    while to_visit and len(pages) < _MOST_PAGES:
        address = to_visit.pop()
        answer = client.get(address, headers={"HX-Request": "true"} if len(pages) % 2 else {})
        # A story links to jobs whose records have gone since.
        assert answer.status_code == 200 or address.startswith("/ops/jobs/"), (address, answer.status_code)
        pages[address] = html.unescape(answer.text).replace(",", "")
        found = {html.unescape(one) for one in _ADDRESS.findall(answer.text)}
        to_visit += sorted(found - set(pages) - set(to_visit))
    assert not to_visit, "more pages than expected"
    return pages


def _endpoints(console: Flask, pages: dict[str, str]) -> set[str]:
    match = console.url_map.bind("localhost").match
    return {match(address.split("?")[0])[0] for address in pages}


def _readable_endpoints(console: Flask) -> set[str]:
    """Every page of the console but the one for signing in."""
    rules = [rule for rule in console.url_map.iter_rules() if rule.rule.startswith("/ops")]
    return {rule.endpoint for rule in rules if "GET" in (rule.methods or ())} - {"ops_signin.page"}


def _failed_job(conn: psycopg.Connection) -> None:
    """A dead letter, with the attempt that made it one."""
    conn.execute(
        "with job as (insert into procrastinate_jobs (queue_name, task_name, lock, status, attempts, args) values"
        " ('default', 'incoming-message', 'conversation-104', 'failed', 3, '{\"conversation_id\": 104}') returning id)"
        " insert into lost_attempts (job_id, attempt, task_name, conversation_id, reason, error, frames, started_at,"
        " ended_at) select id, 2, 'incoming-message', 104, 'failed', 'DataError', '{}', now(), now() from job"
    )
