"""The Flask app: endpoints, faults, journal and the inbox page around one desk."""

import threading

from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from sandbox.chatwoot import history, page
from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.errors import ApiError
from sandbox.chatwoot.people import People
from sandbox.chatwoot.routes import account, contacts, conversations, lists, messages, public
from sandbox.chatwoot.routes.caller import authenticate, check_account, check_inbox
from sandbox.faults import Fault, Faults
from sandbox.hooks import Answer, RequestHooks
from sandbox.journal import Journal, RequestRecord
from sandbox.switches import switches

API = "/api/v1"
PUBLIC = "/public/api/v1"


def create_app(
    desk: Desk, people: People, faults: Faults, journal: Journal[RequestRecord], closing: threading.Event
) -> Flask:
    """One sandbox's app; the caller owns the desk and everything else handed in."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["desk"] = desk
    app.extensions["people"] = people
    app.extensions["faults"] = faults
    app.register_error_handler(ApiError, _refuse)
    RequestHooks(faults, journal, closing, prefix=(API, PUBLIC), before=BEFORE, after=AFTER).install(app)
    app.url_value_preprocessor(_take_owner_from_path)
    app.before_request(_check_caller)  # after the hooks: a fault strikes before anybody is asked for a token
    _register_api(app)
    app.register_blueprint(switches(faults))
    app.register_blueprint(page.blueprint)
    app.register_blueprint(history.blueprint)
    return app


def _register_api(app: Flask) -> None:
    account_prefix = f"{API}/accounts/<int:account_id>"
    for module in (contacts, lists, conversations, messages, account):
        app.register_blueprint(module.blueprint, url_prefix=account_prefix)
    app.register_blueprint(account.profile_blueprint, url_prefix=API)
    app.register_blueprint(public.blueprint, url_prefix=f"{PUBLIC}/inboxes/<inbox_identifier>")


def _take_owner_from_path(_endpoint: str | None, values: dict[str, object] | None) -> None:
    """Every path names the account or the inbox; the endpoints need not."""
    found = values or {}
    g.account_id = found.pop("account_id", None)
    g.inbox_identifier = found.pop("inbox_identifier", None)


def _check_caller() -> None:
    if request.path.startswith(API):
        authenticate()
    if request.path.startswith(f"{API}/accounts/"):
        check_account()
    if request.path.startswith(PUBLIC):
        check_inbox()


def _refuse(error: ApiError) -> ResponseReturnValue:
    return ("" if error.body is None else error.body), error.status


def _internal_error(_fault: Fault) -> ResponseReturnValue:
    return {"status": 500, "error": "Internal Server Error"}, 500


def _rate_limited(_fault: Fault) -> ResponseReturnValue:
    """rack-attack's own answer: plain text, and no Retry-After."""
    return "Retry later\n", 429, {"Content-Type": "text/plain"}


def _refuse_401(fault: Fault) -> ResponseReturnValue:
    return {"error": fault.message or "Invalid Access Token"}, 401


def _unprocessable(fault: Fault) -> ResponseReturnValue:
    return {"error": fault.message or "Validation failed: Too many messages"}, 422


BEFORE: dict[str, Answer] = {
    "error_500_before": _internal_error,
    "rate_limited": _rate_limited,
    "refuse_401": _refuse_401,
    "unprocessable_422": _unprocessable,
}
AFTER: dict[str, Answer] = {"error_500_after": _internal_error, "unprocessable_422_after": _unprocessable}
REQUEST_FAULTS = ("slow", "hang_before", "hang_after", "drop_before", "drop_after", *BEFORE, *AFTER)
