"""Forms of programs are asked to come once more; a person is never sent away, and no form is thrown away."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import AppFor, Query, form
from web.robots import AGAIN_WITHIN_S, FASTEST_S, Robots

ROUTE = "/api/chatwoot-conversation"
NOW = 1_700_000_000.0
ROBOTS = Robots("a-secret-for-tests")


def sent(client: FlaskClient, **more: Any) -> Any:
    return client.post(ROUTE, json=form() | more)


def states(query: Query) -> list[str]:
    return [row["state"] for row in query("select state from leads order by received_at")]


def robots(app: Flask) -> Robots:
    found = app.extensions["doors"].robots()
    assert isinstance(found, Robots)
    return found


def test_a_form_with_the_hidden_field_filled_in_is_asked_to_come_again_and_is_taken_then(
    client: FlaskClient, app: Flask, query: Query
) -> None:
    first = sent(client, website="https://example.com")
    assert first.status_code == 422
    assert (first.json["field"], first.json["expected"]) == (
        "website",
        "nothing: people do not see this field",
    )
    assert first.json["phoneFallback"]
    assert states(query) == ["rejected"]
    later = robots(app).ask_again("weiming@example.com", time.time() - FASTEST_S)
    assert sent(client, website="https://example.com", again=later).status_code == 201
    assert states(query) == ["rejected", "opened"]


def test_a_form_sent_the_moment_its_page_was_made_is_asked_to_come_again(
    client: FlaskClient, app: Flask
) -> None:
    ahead = robots(app).stamp(time.time())
    assert sent(client, renderedAt=ahead).status_code == 422


def test_coming_again_costs_none_of_the_few_forms_a_contact_may_send(app_for: AppFor, query: Query) -> None:
    limited = app_for(nextnest_rate_limits=True)
    assert [sent(limited.test_client(), website="x").status_code for _ in range(7)] == [422] * 7
    assert query("select from rate_limits where client like 'contact-%%'") == []
    later = robots(limited).ask_again("weiming@example.com", time.time() - FASTEST_S)
    assert sent(limited.test_client(), website="x", again=later).status_code == 201


def test_coming_again_at_once_helps_nobody(client: FlaskClient) -> None:
    again = sent(client, website="x").json["again"]
    assert sent(client, website="x", again=again).status_code == 422


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"website": "", "renderedAt": ""},
        {"website": None, "renderedAt": None},
        {"renderedAt": "2026-11-23T10:00:00+00:00"},
        {"renderedAt": Robots("another").stamp(time.time())},
        {"renderedAt": 17},
    ],
    ids=["neither", "empty", "null", "of the release before", "not ours", "nonsense"],
)
def test_a_form_without_a_stamp_of_ours_is_taken(client: FlaskClient, more: dict[str, Any]) -> None:
    assert sent(client, **more).status_code == 201


def test_a_page_left_open_for_days_still_sends(client: FlaskClient, app: Flask) -> None:
    assert sent(client, renderedAt=robots(app).stamp(time.time() - 9 * 86400)).status_code == 201


@pytest.mark.parametrize(
    ("age_s", "field"), [(0, "renderedAt"), (FASTEST_S - 0.01, "renderedAt"), (FASTEST_S, None), (-5, None)]
)
def test_only_what_was_sent_within_a_second_is_too_fast(age_s: float, field: str | None) -> None:
    raw = {"renderedAt": ROBOTS.stamp(NOW - age_s)}
    assert ROBOTS.suspected_field(raw, NOW) == field


@pytest.mark.parametrize(
    ("age_s", "taken"),
    [(0, False), (FASTEST_S, True), (AGAIN_WITHIN_S, True), (AGAIN_WITHIN_S + 1, False)],
)
def test_coming_again_has_its_time(age_s: float, taken: bool) -> None:
    raw = {"again": ROBOTS.ask_again("a@b.co", NOW - age_s)}
    assert ROBOTS.came_again(raw, "a@b.co", NOW) is taken


def test_what_one_contact_was_given_helps_no_other() -> None:
    raw = {"again": ROBOTS.ask_again("a@b.co", NOW - 5)}
    assert not ROBOTS.came_again(raw, "b@b.co", NOW)
    assert not Robots("another").came_again(raw, "a@b.co", NOW)


@pytest.mark.parametrize("raw", [None, [], "x", {"website": ["x"]}, {"again": 5, "renderedAt": {}}])
def test_whatever_is_sent_there_is_an_answer(raw: object) -> None:
    assert ROBOTS.suspected_field(raw, NOW) in (None, "website")
    assert not ROBOTS.came_again(raw, "a@b.co", NOW)
