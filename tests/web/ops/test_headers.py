"""Every answer is safe by its headers: each route by each method, signed in or not, working or broken."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from tests.web.conftest import AppFor, Query
from tests.web.ops.conftest import OPERATOR_PASSWORD, signed_in

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
CLOSED = {"default-src", "base-uri", "frame-ancestors"}
OWN = {"script-src", "style-src", "connect-src", "form-action"}
_ARGUMENTS = {"conversation_id": 1, "job_id": 1, "slug": "sarah-wong", "task": "upkeep", "act": "retry"}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


@pytest.fixture
def console(app_for: AppFor) -> Flask:
    return app_for(nextnest_ops_password=OPERATOR_PASSWORD, nextnest_public_url="http://localhost")


def test_every_answer_of_every_route_carries_the_headers(console: Flask, query: Query) -> None:
    clients = [console.test_client(), signed_in(console, OPERATOR_PASSWORD, "Aisha")]
    seen = {status for client in clients for status in _statuses(console, client)}
    query("alter table leads rename to leads_away")
    query("alter table procrastinate_jobs rename to jobs_away")
    seen |= set(_statuses(console, clients[1]))
    assert {200, 303, 308, 400, 401, 404, 405, 500} <= seen, "not every kind of answer was looked at"


def _statuses(console: Flask, client: FlaskClient) -> Iterator[int]:
    for path in _paths(console):
        for method in METHODS:
            with client.open(path, method=method) as answer:
                _judge(f"{method} {path}: {answer.status_code}", answer.status_code, answer.headers)
                if answer.mimetype == "text/html":
                    _judge_page(path, answer.text)
                yield answer.status_code


def _paths(console: Flask) -> list[str]:
    with console.test_request_context():
        built = [
            rule.build({name: _ARGUMENTS.get(name, "site.css") for name in rule.arguments})
            for rule in console.url_map.iter_rules()
        ]
    return [
        *(path for _, path in filter(None, built)),
        "/ops",
        "/nowhere",
        "/api/nowhere",
        "/static/nothing.css",
    ]


def _judge(where: str, status: int, headers: Headers) -> None:
    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS, where
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert {policy[name] for name in CLOSED} == {"'none'"}, where
    assert {policy[name] for name in OWN} == {"'self'"}, where
    assert policy.keys() == CLOSED | OWN | {"img-src"}, where
    assert headers.get("Cache-Control") == "no-store" or ("/static/" in where and status < 400), where
    assert "Strict-Transport-Security" not in headers, where
    assert headers.get("Location", "/")[:1] == "/", where


def _judge_page(where: str, page: str) -> None:
    found = _Inline()
    found.feed(page)
    assert not found.inline, f"{where}: {found.inline}"


class _Inline(HTMLParser):
    """Collects what a page would run or paint without a file of its own, or load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        bad = [name for name in given if name.startswith("on") or name in {"style", "srcdoc"}]
        if tag == "style" or (
            tag in {"script", "iframe"} and not given.get("src", "").startswith("/static/")
        ):
            bad.append(tag)
        bad += [
            name
            for name in ("src", "href", "action")
            if given.get(name, "").lower().startswith("javascript:")
        ]
        self.inline += [f"<{tag}> {name}" for name in bad]


def test_browsers_are_told_to_come_by_tls_only_where_customers_do(app_for: AppFor) -> None:
    app = app_for(nextnest_public_url="https://chat.example.com", nextnest_ops_password=OPERATOR_PASSWORD)
    for path in ("/", "/nowhere", "/static/site.css", "/healthz", "/api/nowhere", "/ops", "/ops/sign-in"):
        with app.test_client().get(path) as answer:
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_no_host_header_and_no_address_leads_elsewhere(console: Flask) -> None:
    for path in ("/ops", "/ops//conversations", "/ops///log", "/ops/log?next=//evil.example"):
        for host in ("evil.example", "evil.example:8000", "localhost"):
            answer = console.test_client().get(path, headers={"Host": host})
            assert answer.status_code in {303, 308}
            assert answer.headers["Location"].startswith("/ops/")
            assert "evil" not in answer.headers["Location"].partition("?")[0]


def test_even_a_redirect_somebody_gets_wrong_stays_here(console: Flask) -> None:
    ways = {
        "https://evil.example/ops?a=1#b": "/ops?a=1#b",
        "//evil.example": "/",
        "///evil.example/x": "/evil.example/x",
        "/\\evil.example": "/evil.example",
        "http:evil.example": "/evil.example",
        "/ops/brokers?period=7#sarah-wong": "/ops/brokers?period=7#sarah-wong",
    }
    console.add_url_rule("/wrong", view_func=lambda: ("", 302, {"Location": request.args["to"]}))
    arrives = {to: console.test_client().get("/wrong", query_string={"to": to}).location for to in ways}
    assert arrives == ways
