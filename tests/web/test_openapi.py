"""docs/openapi.json is what web does: its routes, and what comes back for requests made up from it, right and wrong ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from nextnest.settings import Settings
from sandbox.chatwoot import ChatwootSandbox
from tests.databases import as_login, drop_login
from tests.web.conftest import form
from web import create_app

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [
    (path, method) for path, item in DESCRIPTION["paths"].items() for method in METHODS if method in item
]
RIGHT, WRONG = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
# What a request could get wrong: its body or its parameters. The others have nothing but the route.
COULD_BE_WRONG = [
    (path, method)
    for path, method in OPERATIONS
    if {"parameters", "requestBody"} & {*DESCRIPTION["paths"][path], *DESCRIPTION["paths"][path][method]}
]
KINDS = [(*one, RIGHT) for one in OPERATIONS] + [(*one, WRONG) for one in COULD_BE_WRONG]
# A stream goes on for minutes, and what it says is nothing; tests/web/test_live.py has it.
STREAM = "/api/chat/{link}/events"
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# The form and Chatwoot's events are read generously: much that the description does not promise is understood all the same.
STRICT = {("/api/chat/{link}/messages", "post")}
# Chatwoot takes so many texts a minute into one conversation; beyond, 503 and "send it again" is the right answer.
MAY_BE_BUSY = STRICT


@pytest.fixture(scope="module")
def chatwoot() -> Iterator[ChatwootSandbox]:
    with ChatwootSandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def app(module_database_url: str, chatwoot: ChatwootSandbox) -> Iterator[Flask]:
    """Web with web's own rights, an unsigned webhook, so that bodies are read, and a worker that was heard of."""
    login = as_login(module_database_url, "web")
    with psycopg.connect(module_database_url) as conn:
        conn.execute(
            "insert into nextnest.procrastinate_workers (last_heartbeat) values (now() + interval '1 hour')"
        )
    made = create_app(_settings(login, chatwoot))
    yield made
    made.extensions["doors"].close()
    drop_login(module_database_url, login)


@pytest.fixture(scope="module")
def link(app: Flask) -> str:
    """A chat whose conversation is open."""
    answer = app.test_client().post("/api/chatwoot-conversation", json=form())
    assert answer.status_code == 201
    return str(answer.get_json()["chatUrl"]).rpartition("/")[2]


def test_every_public_route_is_described_and_nothing_else_is(app: Flask) -> None:
    there = set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/ops") and rule.endpoint != "static":
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            there |= {
                (path, method.lower()) for method in rule.methods or () if method not in ("HEAD", "OPTIONS")
            }
    assert set(OPERATIONS) == there


def test_every_schema_is_one_and_every_operation_has_a_name_of_its_own() -> None:
    for schema in DESCRIPTION["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    names = [DESCRIPTION["paths"][path][method]["operationId"] for path, method in OPERATIONS]
    assert len(names) == len(set(names))


def test_the_form_of_the_page_is_one_the_description_allows() -> None:
    schema = {"$ref": "#/components/schemas/LeadForm", "components": DESCRIPTION["components"]}
    Draft202012Validator(schema).validate(form())


@pytest.mark.parametrize(("path", "method", "mode"), KINDS)
def test_what_comes_back_is_what_the_description_says(
    app: Flask, link: str, path: str, method: str, mode: schemathesis.GenerationMode
) -> None:
    statuses = _ask(app, link, path, method, mode, examples=5)
    assert mode == WRONG or path == STREAM or any(status < 300 for status in statuses), "nothing ever worked"


@pytest.mark.long
@pytest.mark.parametrize(("path", "method", "mode"), KINDS)
def test_what_comes_back_is_what_the_description_says_hundreds_of_times(
    app: Flask, link: str, path: str, method: str, mode: schemathesis.GenerationMode
) -> None:
    assert _ask(app, link, path, method, mode, examples=300)


def _ask(
    app: Flask, link: str, path: str, method: str, mode: schemathesis.GenerationMode, *, examples: int
) -> set[int]:
    """Ask the same things every time; the statuses that came back."""
    schema = schemathesis.openapi.from_dict(DESCRIPTION)
    schema.app = app
    checks, statuses = _checks(path, method), set()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case) -> None:
        statuses.add(_completed(case, link, mode).call_and_validate(checks=checks).status_code)

    one()
    return statuses


def _completed(case: schemathesis.Case, link: str, mode: schemathesis.GenerationMode) -> schemathesis.Case:
    """The good link but where only the link could be wrong; a right form is by somebody who can be reached."""
    if (
        "{link}" in case.path
        and case.path != STREAM
        and (mode == RIGHT or case.method == "POST" or case.query)
    ):
        case.path_parameters = {"link": link}
    if mode == RIGHT and case.path == "/api/chatwoot-conversation":
        case.body["formData"] |= form()["formData"]
    return case


def _checks(path: str, method: str) -> list[Any]:
    strict = [negative_data_rejection, positive_data_acceptance] if (path, method) in STRICT else []
    return [*CHECKS, *strict, *([] if (path, method) in MAY_BE_BUSY else [not_a_server_error])]


def _settings(database_url: str, chatwoot: ChatwootSandbox) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database_url,
            "chatwoot_base_url": chatwoot.base_url,
            "chatwoot_account_id": chatwoot.account_id,
            "chatwoot_inbox_id": chatwoot.inbox_id,
            "chatwoot_api_token": chatwoot.token,
            "chatwoot_allow_unsigned": True,
            "openai_api_key": "unused",
            "openai_model": "unused",
            "nextnest_secret_key": "a-secret-for-tests",
            "nextnest_rate_limits": False,
        }
    )
