"""Anything may stand in the console's address bar and in its forms: a page comes, or a refusal in words."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextnest.rules.broker_wording import LONGEST
from tests.web.conftest import Query
from tests.web.ops.conftest import OPERATOR_PASSWORD, token
from tests.web.ops.standing import conversation, queued

# Bytes as an address bar can send them: NUL, broken UTF-8, numbers too large for anything, times at the edge of time.
_EDGES = (
    *(
        "",
        "%00",
        "a%00b",
        "%ff%fe",
        "%ed%a0%80",
        "9" * 30,
        "-1",
        "0",
        "-" + "9" * 30,
        "1e9",
        "%F0%9F%92%A5",
        "NaN",
        "1_0",
    ),
    *(
        "9999-12-31T23:59:59%2B00:00",
        "0001-01-01T00:00:00%2B14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-13-45",
    ),
    *("99999999999999999999999-1", "1-99999999999999999999999", "0-0", "%27%20or%201=1", "%25", "_", "%5C"),
    *(
        "failed",
        "waiting",
        "scheduled",
        "active",
        "person",
        "unanswered",
        "7d",
        "60",
        "incoming-message",
        "sarah-wong",
    ),
)
_VALUES = st.sampled_from(_EDGES) | st.binary(max_size=12).map(
    lambda raw: "".join(f"%{byte:02x}" for byte in raw)
)
_NAMES = {
    "/ops/": (),
    "/ops/brokers": ("period",),
    "/ops/conversations": ("q", "status", "held", "broker", "open", "before"),
    "/ops/conversations/1": ("before",),
    "/ops/jobs": ("state", "task", "older", "conversation", "queue", "before"),
    "/ops/charts": ("span",),
    "/ops/log": ("before",),
}
_ADDRESSES = st.sampled_from(sorted(_NAMES)).flatmap(
    lambda path: st.dictionaries(st.sampled_from(_NAMES[path] or ("x",)), _VALUES, max_size=4).map(
        lambda given: path + "?" + "&".join(f"{name}={value}" for name, value in given.items())
    )
)
_FORM = "application/x-www-form-urlencoded"
_ASKED = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def something(query: Query) -> None:
    conversation(query, 1)
    queued(query, 1)


def test_any_filter_gives_a_page(operator: FlaskClient) -> None:
    @_ASKED
    @given(_ADDRESSES)
    def look(address: str) -> None:
        assert operator.get(address).status_code == 200, address

    look()


def test_any_name_in_an_address_is_found_or_not(operator: FlaskClient) -> None:
    for kind in ("brokers", "jobs", "conversations"):
        for name in _EDGES:
            answer = operator.get(f"/ops/{kind}/{name}")
            assert answer.status_code in (200, 308, 404, 405), (kind, name)


def test_any_field_of_a_form_is_taken_or_refused_in_words(operator: FlaskClient, console: Flask) -> None:
    forms = [
        rule
        for rule in console.url_map.iter_rules()
        if rule.rule.startswith("/ops/") and "POST" in (rule.methods or ())
    ]
    own = token(operator)
    fields = (
        "limit",
        "shown",
        "title",
        "greeting",
        "tone",
        "pacing",
        "focus",
        "sample",
        "job",
        "state",
        "shown_title",
    )

    @_ASKED
    @given(
        st.sampled_from([rule.rule for rule in forms if "sign" not in rule.rule]),
        st.sampled_from((*_EDGES[:20], "sarah-wong", "upkeep", "retry", "1")),
        st.dictionaries(st.sampled_from(fields), _VALUES, max_size=5),
    )
    def send(rule: str, name: str, given: dict[str, str]) -> None:
        place = "".join(f"/{name if part.startswith('<') else part}" for part in rule.strip("/").split("/"))
        body = "&".join(f"{field}={value}" for field, value in given.items()) + f"&csrf_token={own}"
        answer = operator.post(place, data=body, content_type=_FORM)
        assert answer.status_code < 500, (place, body)

    send()


def test_any_words_for_a_broker_are_kept_previewed_or_refused(operator: FlaskClient) -> None:
    own = token(operator)
    for field in LONGEST:
        for value in _EDGES[:8]:
            for act in ("preview", "wording"):
                body = f"csrf_token={own}&{field}={value}&shown_{field}=x"
                answer = operator.post(f"/ops/brokers/sarah-wong/{act}", data=body, content_type=_FORM)
                assert answer.status_code < 500, (act, body)


def test_anybody_may_call_themselves_anything_at_the_sign_in(console: Flask) -> None:
    for name in _EDGES:
        for password in (OPERATOR_PASSWORD, name):
            body = f"name={name}&password={password}"
            answer = console.test_client().post("/ops/sign-in", data=body, content_type=_FORM)
            assert answer.status_code in (303, 400, 401), body
