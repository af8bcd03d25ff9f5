"""The console, and people signed in to it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.conftest import AppFor

OPERATOR_PASSWORD = "an operator's password"
VIEWER_PASSWORD = "a viewer's password"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def console(app_for: AppFor) -> Flask:
    """The application with its console open."""
    return app_for(
        nextnest_ops_password=OPERATOR_PASSWORD,
        nextnest_ops_viewer_password=VIEWER_PASSWORD,
        nextnest_public_url="http://localhost",
    )


@pytest.fixture
def operator(console: Flask) -> FlaskClient:
    return signed_in(console, OPERATOR_PASSWORD, "Aisha")


@pytest.fixture
def viewer(console: Flask) -> FlaskClient:
    return signed_in(console, VIEWER_PASSWORD, "Ben")


def signed_in(console: Flask, password: str, name: str) -> FlaskClient:
    """A browser of somebody who has signed in."""
    client = console.test_client()
    answer = client.post("/ops/sign-in", data={"name": name, "password": password})
    assert answer.status_code == 303, answer.text
    return client


Act = Callable[..., TestResponse]


def act(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    """Send a form of the console, with the token its pages carry."""
    return client.post(path, data={"csrf_token": token(client), **fields})


def token(client: FlaskClient) -> str:
    found = TOKEN.search(client.get("/ops/log").text)
    assert found
    return found[1]
