"""Whatever goes wrong in web, no secret of the settings is served, printed or stored."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from sandbox.chatwoot import ChatwootSandbox
from tests.people_held import everything
from tests.secrets_planted import PLANTED, found_in, secrets_of
from tests.web.conftest import AppFor, Query, form
from tests.web.ops.conftest import signed_in

_ARGUMENTS = {
    "conversation_id": "1",
    "job_id": "1",
    "slug": "sarah-wong",
    "task": "upkeep",
    "act": "retry",
    "filename": "site.css",
}


@pytest.fixture
def console(app_for: AppFor) -> Flask:
    """Web with a secret of its own in every setting that has one; outside of it nobody accepts them."""
    return app_for(**PLANTED, nextnest_public_url="http://localhost", chatwoot_timeout_s=1)


@pytest.fixture
def link(console: Flask, chatwoot: ChatwootSandbox) -> str:
    """A chat link; Chatwoot refuses us and quotes our token while it does."""
    chatwoot.faults.add("refuse_401", times=None, message=f"no such token: {PLANTED['chatwoot_api_token']}")
    answer = console.test_client().post("/api/chatwoot-conversation", json=form())
    assert answer.status_code == 202
    return str(answer.get_json()["chatUrl"]).rpartition("/")[2]


def test_no_route_gives_a_secret_away_whether_it_works_or_breaks(
    console: Flask,
    link: str,
    web_login_url: str,
    database_url: str,
    query: Query,
    capfd: pytest.CaptureFixture[str],
) -> None:
    operator = signed_in(console, PLANTED["nextnest_ops_password"], "Aisha")
    served = _everything_served(console, operator, link, "while it works")
    query("alter table leads rename to leads_away")
    query("alter table procrastinate_jobs rename to jobs_away")
    broken = _everything_served(console, operator, link, "while the schema is broken")
    query("alter table leads_away rename to leads")
    query("alter table jobs_away rename to procrastinate_jobs")
    assert any(" 500" in where for where in broken), "nothing broke: this proves nothing"
    printed = "".join(capfd.readouterr())
    assert "request failed" in printed
    with psycopg.connect(database_url) as conn:
        stored = everything(conn)
    assert found_in(served | broken, secrets_of(web_login_url)) == []
    # The link is a key, too: it belongs into the customer's pages and nowhere else.
    assert (
        found_in({"what was printed": printed, "the database": stored}, secrets_of(web_login_url, link=link))
        == []
    )


def _everything_served(console: Flask, operator: FlaskClient, link: str, when: str) -> dict[str, str]:
    """Every route by every method it has, as an operator who is signed in; headers and body of what came back."""
    served = {}
    for rule in console.url_map.iter_rules():
        if rule.endpoint == "chat.events":
            continue  # an endless one; it says nothing but that there is news
        with console.test_request_context():
            values = {name: _ARGUMENTS.get(name, link) for name in rule.arguments}
            path = rule.build({name: int(v) if v.isdigit() else v for name, v in values.items()})
        assert path
        for method in sorted(rule.methods or ()):
            served |= _answer(operator, method, path[1], f"{rule.rule} {when}")
    assert len(served) > 40
    return served


def _answer(operator: FlaskClient, method: str, path: str, where: str) -> dict[str, str]:
    headers = {"X-Chatwoot-Signature": "sha256=1", "X-Chatwoot-Timestamp": "1"}
    with operator.open(path, method=method, data=b'{"formData": {"name": 1}}', headers=headers) as answer:
        return {f"{method} {where}: {answer.status_code}": f"{answer.headers}{answer.text}"}
