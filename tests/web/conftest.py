"""The application over a database and a Chatwoot of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect
from psycopg.rows import dict_row
from werkzeug.serving import make_server

from nextnest.settings import Settings
from sandbox.chatwoot import ChatwootSandbox
from tests.databases import as_login, drop_login
from web import create_app

# Chromium on a busy machine: what shows within five seconds elsewhere takes longer there.
expect.set_options(timeout=20_000)

Rows = list[dict[str, Any]]
Query = Callable[..., Rows]
AppFor = Callable[..., Flask]


@pytest.fixture
def chatwoot() -> Iterator[ChatwootSandbox]:
    with ChatwootSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def web_login_url(database_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The test's database for a login with web's rights; with the console's too where the console is under test."""
    url = as_login(database_url, "web-with-console" if "ops" in request.path.parts else "web")
    yield url
    drop_login(database_url, url)


@pytest.fixture
def app_for(web_login_url: str, chatwoot: ChatwootSandbox) -> Iterator[AppFor]:
    """Makes applications with other settings than the usual ones; closes them. They may do what web may, and no more."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        usual: dict[str, Any] = {
            "database_url": web_login_url,
            "chatwoot_base_url": chatwoot.base_url,
            "chatwoot_account_id": chatwoot.account_id,
            "chatwoot_inbox_id": chatwoot.inbox_id,
            "chatwoot_api_token": chatwoot.token,
            "chatwoot_webhook_secret": chatwoot.webhook_secret,
            "chatwoot_timeout_s": 2,
            "chatwoot_settle_s": 0.5,
            "openai_api_key": "unused",
            "openai_model": "unused",
            "nextnest_secret_key": "a-secret-for-tests",
            "nextnest_public_url": "https://nextnest.example",
            "nextnest_phone_fallback": "+65 6123 4567",
            "nextnest_rate_limits": False,
        }
        app = create_app(Settings(_env_file=None, **(usual | changes)))
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["doors"].close()


@pytest.fixture
def app(app_for: AppFor) -> Flask:
    return app_for()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def query(database_url: str) -> Iterator[Query]:
    """Looks into the database, or arranges something in it."""
    with psycopg.connect(
        database_url, options="-c search_path=nextnest", autocommit=True, row_factory=dict_row
    ) as conn:

        def run(statement: str, **params: Any) -> Rows:
            cursor = conn.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

        yield run


def form(**fields: Any) -> dict[str, Any]:
    """What the lead form sends, with these fields changed."""
    usual = {
        "name": "Tan Wei Ming",
        "email": "weiming@example.com",
        "phone": "9123 4567",
        "loanType": "new_purchase",
        "propertyType": "hdb",
        "actualAges": [34],
        "actualIncomes": [7200],
        "employmentType": "employed",
    }
    return {"formData": usual | fields, "sessionId": "session-1", "leadScore": 97}


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application over real HTTP; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
