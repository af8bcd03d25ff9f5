"""Signing in to the console and out of it."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from web.doors import doors
from web.incoming import count, sender
from web.ops import access

routes = Blueprint("ops_signin", __name__, url_prefix="/ops")
closed = Blueprint("ops_closed", __name__, url_prefix="/ops")

# Enough for a person who mistypes; a list of passwords takes years. The second bounds many addresses together.
_TRIES_PER_MINUTE = 5
_TRIES_PER_MINUTE_OF_ALL = 30
_LARGEST_FORM = 4096
_LONGEST_NAME = 60


@closed.route("/", defaults={"path": ""})
@closed.route("/<path:path>")
def no_console(path: str) -> ResponseReturnValue:  # noqa: ARG001
    """Without a password nobody gets in, and the page says what to do."""
    raise NotFound("The console is closed. It opens when NEXTNEST_OPS_PASSWORD is set.")


@routes.get("/sign-in")
def page() -> ResponseReturnValue:
    """The sign-in form."""
    return render_template("ops/signin.html", name="", problem=None)


@routes.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Begin a session; the wrong password is 401, the sixth try in a minute 429.

    The session cookie is SameSite=Strict and new at each sign-in, so a form sent from elsewhere gains nothing.
    """
    request.max_content_length = _LARGEST_FORM
    here = doors()
    count(here, f"ops-{sender(here)}", _TRIES_PER_MINUTE)
    count(here, "ops-sign-in", _TRIES_PER_MINUTE_OF_ALL)
    name = " ".join(request.form.get("name", "").replace("\0", "").split())[:_LONGEST_NAME]
    if not name:
        return _again(name, "Please say who you are: your name stands beside everything you do here.", 400)
    if not access.sign_in(name, request.form.get("password", "")):
        return _again(name, "That password is not right.", 401)
    with access.acting("sign-in", "console"):
        pass
    return redirect(url_for(f"{first_page()}.page"), 303)


@routes.post("/sign-out")
@access.signed_in
def sign_out() -> ResponseReturnValue:
    """End the session."""
    access.check_csrf()
    session.clear()
    return redirect(url_for("ops_signin.page"), 303)


def first_page() -> str:
    """The blueprint people land on."""
    return str(current_app.extensions["ops_pages"][0][0])


def _again(name: str, problem: str, status: int) -> ResponseReturnValue:
    return render_template("ops/signin.html", name=name, problem=problem), status
