"""Who is signed in to the console, and what they may do.

Two roles: an operator sees and acts, a viewer sees, with personal data masked. The session is a signed cookie that ends
after twelve hours, and with a change of its password. Every form carries the session's CSRF token.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any, Literal, ParamSpec

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection
from werkzeug.exceptions import BadRequest, Forbidden

from nextnest.settings import Settings
from nextnest.store import operator_actions
from nextnest.store.operator_actions import Action
from web.doors import doors

Role = Literal["operator", "viewer"]
P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

# A working day and its overtime.
_SESSION = timedelta(hours=12)
_COOKIE = "nextnest_ops"
_SETTINGS = "ops_settings"


def install(app: Flask, settings: Settings) -> None:
    """Give the application a signed session that only /ops sees."""
    app.secret_key = settings.secret_key()
    app.permanent_session_lifetime = _SESSION
    app.config.update(
        SESSION_COOKIE_NAME=_COOKIE,
        SESSION_COOKIE_PATH="/ops",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=settings.nextnest_public_url.startswith("https://"),
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.extensions[_SETTINGS] = settings
    app.context_processor(lambda: {"csrf_token": _csrf_token, "may_act": may_act, "operator": operator})


def signed_in(view: View[P]) -> View[P]:
    """For whoever is signed in; others are sent to the sign-in page, or told 401 when a page refreshes itself."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not _is_valid():
            session.clear()
            if request.headers.get("HX-Request"):
                return "", 401
            return redirect(url_for("ops_signin.page"), 303)
        return view(*args, **kwargs)

    return guarded


def operators_only(view: View[P]) -> View[P]:
    """For a form of an operator: 403 for a viewer, 400 without the session's token."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        check_csrf()
        if not may_act():
            raise Forbidden("This sign-in may look, not act.")
        return view(*args, **kwargs)

    return signed_in(guarded)


@contextmanager
def acting(
    name: str, target: str, *, conversation_id: int | None = None, **detail: object
) -> Iterator[Connection[Any]]:
    """One transaction for an action and the line that records it."""
    with doors().transaction() as conn:
        yield conn
        operator_actions.record(conn, operator(), role(), Action(name, target, conversation_id, detail))


def sign_in(name: str, password: str) -> bool:
    """Begin a session when the password is one of the two; False otherwise."""
    found = _role_of(password)
    if found is None:
        return False
    session.clear()
    session.permanent = True
    session.update(name=name, role=found, csrf=secrets.token_urlsafe(24), key=_fingerprint(found))
    return True


def check_csrf() -> None:
    """BadRequest unless the form carries the session's token."""
    given = request.form.get("csrf_token", "")
    if not hmac.compare_digest(given.encode(), str(session.get("csrf", "")).encode()) or not given:
        raise BadRequest("This page was open too long. Please go back, reload it and try again.")


def may_act() -> bool:
    """Whether this session is an operator's."""
    return role() == "operator"


def role() -> Role:
    """The session's role."""
    return "operator" if session.get("role") == "operator" else "viewer"


def operator() -> str:
    """The name given at sign-in."""
    return str(session.get("name", ""))


def _is_valid() -> bool:
    if "ops_valid" not in g:
        found = session.get("role")
        expected = _fingerprint(found) if found in ("operator", "viewer") else None
        g.ops_valid = expected is not None and hmac.compare_digest(expected, str(session.get("key", "")))
    return bool(g.ops_valid)


def _role_of(password: str) -> Role | None:
    """Compares with both, always: how long it takes says nothing."""
    roles: tuple[Role, ...] = ("operator", "viewer")
    matching = [one for one in roles if _matches(password, one)]
    return matching[0] if matching else None


def _matches(password: str, one: Role) -> bool:
    expected = _password(one)
    return hmac.compare_digest(password.encode(), (expected or "").encode()) and bool(expected)


def _fingerprint(one: Role) -> str | None:
    """What a session keeps of its password: a changed or removed one ends it."""
    password = _password(one)
    if not password:
        return None
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"ops-password:{one}:{password}".encode(), "sha256").hexdigest()[:32]


def _password(one: Role) -> str | None:
    settings: Settings = current_app.extensions[_SETTINGS]
    secret = settings.nextnest_ops_password if one == "operator" else settings.nextnest_ops_viewer_password
    return secret.get_secret_value() if secret else None


def _csrf_token() -> str:
    return str(session.get("csrf", ""))
