"""Pages: safe by their headers, kind in their errors, whole without anything from elsewhere."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from nextnest.lead_form import parse_lead
from tests.web.conftest import AppFor


def test_the_lead_form_opens(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert 'action="/api/chatwoot-conversation"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/nowhere", "/static/site.css", "/healthz", "/api/nowhere", "/chat/x"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/chat/x"])
def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(client: FlaskClient, path: str) -> None:
    page = client.get(path).get_data(as_text=True)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", page)


def test_every_file_a_page_names_is_there(client: FlaskClient) -> None:
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/").get_data(as_text=True))
    assert len(named) > 2
    for path in [*named, "/static/chat.js"]:
        imported = re.findall(r'from "\./([^"]+)"', _text(client, path))
        assert all(_text(client, f"/static/{name}") for name in imported)


def _text(client: FlaskClient, path: str) -> str:
    with client.get(path) as answer:
        assert answer.status_code == 200, path
        return answer.get_data(as_text=True)


def test_every_field_of_the_form_has_a_label(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    ids = re.findall(r'<(?:input|select)[^>]*\bid="([^"]+)"', page)
    assert len(ids) > 12
    assert set(ids) == set(re.findall(r'<label for="([^"]+)"', page))


def test_every_choice_the_form_offers_is_understood(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    person = {"name": "Tan", "email": "tan@example.com", "phone": "91234567", "loanType": "refinance"}
    offered = 0
    for select, options in re.findall(
        r'<select[^>]*name="formData\.(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        for value in re.findall(r'value="([^"]+)"', options):
            offered += 1
            flags = parse_lead({"formData": person | {select: value}}).flags
            assert not [flag for flag in flags if flag != "employment_not_given"], (select, value)
    assert offered > 15


def test_errors_are_pages_for_people_and_json_for_programs(client: FlaskClient) -> None:
    page, data = client.get("/nowhere"), client.get("/api/nowhere")
    assert (page.status_code, data.status_code) == (404, 404)
    assert "+65 6123 4567" in page.get_data(as_text=True)
    assert data.get_json()["success"] is False
    assert client.get("/api/chatwoot-webhook").status_code == 405
    assert client.get("/api/chatwoot-webhook").headers["Allow"]


def test_a_page_without_a_database_is_kind(app_for: AppFor) -> None:
    app = app_for(database_url="postgresql://nobody@127.0.0.1:9/none")
    link = app.extensions["doors"].links().link(uuid4())
    answer = app.test_client().get(f"/chat/{link}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "+65 6123 4567" in answer.get_data(as_text=True)


def test_nothing_is_opened_before_the_first_request(app_for: AppFor) -> None:
    doors = app_for(database_url="postgresql://nobody@127.0.0.1:9/none").extensions["doors"]
    assert doors._pool is None
    assert doors._running is None
