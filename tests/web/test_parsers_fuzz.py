"""Every reader of what comes from outside, with anything at all: it is understood or refused, and nothing of ours breaks."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest

from nextnest.rules.signature import verify
from nextnest.settings import Settings
from tests.test_settings import GOOD
from tests.web.conftest import form
from web.events import Event, sent_at
from web.incoming import parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
# What the readers of events look into.
KEYS = (
    *(
        "event",
        "id",
        "conversation",
        "meta",
        "sender",
        "assignee",
        "assignee_type",
        "status",
        "labels",
        "updated_at",
    ),
    *(
        "messages",
        "message_type",
        "changed_attributes",
        "account",
        "inbox",
        "inbox_id",
        "contact_inbox",
        "contact_id",
    ),
    *("content", "content_attributes", "private", "created_at", "attachments"),
)
EVENTS = st.recursive(
    VALUES | st.sampled_from(("message_created", "conversation_updated", "incoming", "open", "7", 2**63)),
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=6) | st.lists(inner, max_size=2),
    max_leaves=12,
)
# Some seconds of questions to a database; the same every time.
ASKED = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
URLS = (
    "database_url",
    "web_database_url",
    "chatwoot_base_url",
    "openai_base_url",
    "n8n_ai_broker_webhook_url",
)


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(KEYS), EVENTS, max_size=8))
def test_every_part_of_an_event_is_read_or_missing(payload: dict[str, Any]) -> None:
    event = Event(payload, None)
    for name, part in vars(Event).items():
        if isinstance(part, property):
            getattr(event, name)
    event.is_of(1, 1)
    message = event.message()
    if message:
        assert isinstance(event.text(message), str)
        sent_at(message)


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_a_body_is_json_that_can_be_stored_or_is_refused(body: bytes) -> None:
    try:
        value = parse_json(body)
    except BadRequest:
        return
    written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    assert "\x00" not in written
    written.encode()


@given(st.text() | st.none(), st.text() | st.none(), st.binary(max_size=50))
def test_no_made_up_signature_passes(signature: str | None, timestamp: str | None, body: bytes) -> None:
    assert verify("a secret", signature=signature, timestamp=timestamp, body=body, now=0)


@given(st.sampled_from(sorted(Settings.model_fields)), st.text(max_size=40))
def test_any_text_as_a_setting_is_taken_or_refused_by_its_name(name: str, text: str) -> None:
    given_here = {known.lower(): value for known, value in GOOD.items()} | {name: text}
    assert _refused(given_here) in ([], [name])


@given(st.sampled_from(URLS), st.text(alphabet="hunter2:@/?#[]%&= ", min_size=1, max_size=30))
def test_a_refused_address_is_not_quoted(name: str, text: str) -> None:
    planted = f"postgresql://user:hunter2secret{text}@host/x"
    given_here = {known.lower(): value for known, value in GOOD.items()} | {name: planted}
    assert "hunter2secret" not in str(_refused(given_here, "msg"))


def _refused(values: dict[str, str], what: str = "loc") -> list[object]:
    """Of every refused setting its name or, with `msg`, what is said of it."""
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        found = [problem[what] for problem in error.errors(include_input=False, include_url=False)]  # type: ignore[literal-required]
        return [one[0] if isinstance(one, tuple) else one for one in found]
    return []


@pytest.fixture
def link(client: FlaskClient) -> str:
    answer = client.post("/api/chatwoot-conversation", json=form())
    return str(answer.get_json()["chatUrl"]).rpartition("/")[2]


def test_any_body_posted_to_a_chat_is_a_text_or_refused(client: FlaskClient, link: str) -> None:
    @ASKED
    @given(
        st.binary(max_size=80)
        | st.fixed_dictionaries({"text": VALUES, "clientId": VALUES | st.just(str(uuid4()))}).map(
            lambda value: json.dumps(value).encode()
        )
    )
    def post(body: bytes) -> None:
        assert client.post(f"/api/chat/{link}/messages", data=body).status_code in (200, 201, 400, 503)

    post()


def test_any_place_to_read_on_from_is_read_from_or_counts_as_the_beginning(
    client: FlaskClient, link: str
) -> None:
    @ASKED
    @given(
        st.text(max_size=30)
        | st.integers().map(str)
        | st.sampled_from(("9" * 5000, "-9" * 30, "1_0", "１２"))
    )
    def read(after: str) -> None:
        answer = client.get(
            f"/api/chat/{link}/messages", query_string={"after": after.encode("utf-8", "replace")}
        )
        assert answer.status_code == 200

    read()


def test_a_stream_opens_whatever_its_page_says_it_has_heard(client: FlaskClient, link: str) -> None:
    for heard in ("", "7", "-1", "x" * 4000, "\xff", "9" * 400):
        with client.get(f"/api/chat/{link}/events", headers={"Last-Event-ID": heard}) as answer:
            assert answer.status_code == 200


def test_any_text_as_a_link_opens_no_page(client: FlaskClient, link: str) -> None:
    @ASKED
    @given(st.text(min_size=1, max_size=60).filter(lambda text: "/" not in text and text not in (".", "..")))
    def open_it(text: str) -> None:
        wrong = text.encode("utf-8", "replace").hex() if text == link else text
        answer = client.get(
            "/api/chat/{}/messages".format("".join(f"%{b:02x}" for b in wrong.encode("utf-8", "replace")))
        )
        assert answer.status_code == 404

    open_it()
