"""Who gets into the console, as what, and that every action is written down."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import AppFor, Query
from tests.web.ops.conftest import OPERATOR_PASSWORD, VIEWER_PASSWORD, act, signed_in, token


def test_without_a_password_there_is_no_console(client: FlaskClient) -> None:
    for path in ("/ops", "/ops/", "/ops/sign-in", "/ops/log"):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 404
        assert "NEXTNEST_OPS_PASSWORD" in answer.text


def test_nobody_sees_a_page_without_signing_in(console: Flask) -> None:
    stranger = console.test_client()
    pages = [rule for rule in console.url_map.iter_rules() if str(rule).startswith("/ops")]
    for rule in pages:
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "ops_signin.page":
            answer = stranger.get(str(rule))
            assert answer.status_code in (303, 308), rule
            assert answer.status_code == 308 or answer.location == "/ops/sign-in"
    assert len(pages) > 3


def test_nobody_acts_without_signing_in(console: Flask) -> None:
    forms = [
        rule
        for rule in console.url_map.iter_rules()
        if str(rule).startswith("/ops") and "POST" in (rule.methods or ())
    ]
    with console.test_request_context():
        paths = [_any_address(console, rule.endpoint, rule.arguments) for rule in forms]
    for path in paths:
        if path != "/ops/sign-in":
            assert console.test_client().post(path).location == "/ops/sign-in", path


def test_a_viewer_sees_every_page_and_may_do_nothing(viewer: FlaskClient, console: Flask) -> None:
    own = token(viewer)
    with console.test_request_context():
        forms = [
            _any_address(console, rule.endpoint, rule.arguments)
            for rule in console.url_map.iter_rules()
            if str(rule).startswith("/ops/")
            and "POST" in (rule.methods or ())
            and not rule.endpoint.startswith("ops_signin.")
        ]
    for path in forms:
        assert viewer.post(path, data={"csrf_token": own}).status_code == 403, path


def test_a_form_without_the_sessions_token_does_nothing(operator: FlaskClient, console: Flask) -> None:
    with console.test_request_context():
        forms = [
            _any_address(console, rule.endpoint, rule.arguments)
            for rule in console.url_map.iter_rules()
            if str(rule).startswith("/ops/")
            and "POST" in (rule.methods or ())
            and rule.endpoint != "ops_signin.sign_in"
        ]
    assert forms
    for path in forms:
        assert operator.post(path).status_code == 400, path
        assert operator.post(path, data={"csrf_token": "guessed"}).status_code == 400, path


def test_a_wrong_password_is_refused_and_an_empty_one_too(console: Flask) -> None:
    client = console.test_client()
    for wrong in ("", "guessed", OPERATOR_PASSWORD + " "):
        answer = client.post("/ops/sign-in", data={"name": "Eve", "password": wrong})
        assert answer.status_code == 401
        assert "not right" in answer.text
    assert client.get("/ops/log").status_code == 303


def test_without_a_viewers_password_an_empty_one_signs_nobody_in(app_for: AppFor) -> None:
    console = app_for(nextnest_ops_password=OPERATOR_PASSWORD, nextnest_public_url="http://localhost")
    answer = console.test_client().post("/ops/sign-in", data={"name": "Eve", "password": ""})
    assert answer.status_code == 401


def test_the_sixth_try_in_a_minute_waits(app_for: AppFor) -> None:
    console = app_for(
        nextnest_ops_password=OPERATOR_PASSWORD,
        nextnest_public_url="http://localhost",
        nextnest_rate_limits=True,
    )
    client = console.test_client()
    answers = [
        client.post("/ops/sign-in", data={"name": "Eve", "password": f"guess {number}"}).status_code
        for number in range(12)
    ]
    assert answers[:5] == [401] * 5
    # Twelve tries may straddle two minutes, in which ten are let through.
    assert 429 in answers
    assert client.post("/ops/sign-in", data={"name": "Eve", "password": OPERATOR_PASSWORD}).status_code == 429


def test_signing_in_is_written_down_with_name_and_role(
    operator: FlaskClient, viewer: FlaskClient, query: Query
) -> None:
    rows = query("select operator, role, action, target from operator_actions order by id")
    assert [tuple(row.values()) for row in rows] == [
        ("Aisha", "operator", "sign-in", "console"),
        ("Ben", "viewer", "sign-in", "console"),
    ]
    page = operator.get("/ops/log").text
    assert "Aisha" in page
    assert "Ben" in page


def test_signing_out_ends_the_session(operator: FlaskClient) -> None:
    assert act(operator, "/ops/sign-out").status_code == 303
    assert operator.get("/ops/log").location == "/ops/sign-in"


def test_a_changed_password_ends_every_session(console: Flask, app_for: AppFor) -> None:
    client = signed_in(console, VIEWER_PASSWORD, "Ben")
    cookie = client.get_cookie("nextnest_ops", path="/ops")
    assert cookie
    changed = app_for(
        nextnest_ops_password=OPERATOR_PASSWORD, nextnest_ops_viewer_password="another"
    ).test_client()
    changed.set_cookie("nextnest_ops", cookie.value, path="/ops")
    assert changed.get("/ops/log").location == "/ops/sign-in"


def test_the_cookie_is_for_the_console_alone_and_scripts_cannot_read_it(app_for: AppFor) -> None:
    console = app_for(nextnest_ops_password=OPERATOR_PASSWORD, nextnest_public_url="https://nextnest.example")
    answer = console.test_client().post("/ops/sign-in", data={"name": "Aisha", "password": OPERATOR_PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/ops"):
        assert part in cookie


def test_a_page_that_refreshes_itself_after_the_session_ended_is_told_so(console: Flask) -> None:
    answer = console.test_client().get("/ops/log", headers={"HX-Request": "true"})
    assert answer.status_code == 401


def test_a_name_is_shown_as_text(console: Flask) -> None:
    client = signed_in(console, OPERATOR_PASSWORD, "<script>alert(1)</script>")
    page = client.get("/ops/log").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def _any_address(console: Flask, endpoint: str, arguments: set[str]) -> str:
    """An address of this route, with made-up values for its arguments."""
    values = dict.fromkeys(arguments, "1")
    rule = next(rule for rule in console.url_map.iter_rules() if rule.endpoint == endpoint)
    path = str(rule)
    for name, value in values.items():
        kinds = {"uuid": "00000000-0000-0000-0000-000000000001"}
        kind = path.split(f":{name}>")[0].rsplit("<", 1)[-1] if f":{name}>" in path else ""
        path = path.replace(f"<{kind}:{name}>" if kind else f"<{name}>", kinds.get(kind, value))
    return path
