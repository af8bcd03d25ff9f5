"""What every endpoint reads from a request: who calls, with which parameters, for which desk."""

from typing import Any, cast

from flask import current_app, g
from flask import request as http

from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.errors import ApiError, NotFound, NotSignedIn, Unauthorized
from sandbox.chatwoot.records import AgentBot, Principal, User

BOT_ENDPOINTS = frozenset(
    {
        "conversations.show",
        "conversations.create",
        "conversations.update",
        "conversations.toggle_status",
        "conversations.toggle_typing_status",
        "conversations.toggle_priority",
        "conversations.custom_attributes",
        "conversations.assign",
        "conversations.labels",
        "conversations.replace_labels",
        "messages.create",
    }
)
"""All a bot's token may call; history and contacts need a person's."""


def desk() -> Desk:
    return cast(Desk, current_app.extensions["desk"])


def principal() -> Principal:
    return cast(Principal, g.principal)


def authenticate() -> None:
    """Reads the token, spelled with dashes or underscores. Raises NotSignedIn, Unauthorized."""
    # The server turns both spellings into the same variable, as Rack does.
    token = http.environ.get("HTTP_API_ACCESS_TOKEN")
    if token is None:
        raise NotSignedIn
    owner = desk().state.principal(token)
    if owner is None:
        raise Unauthorized("Invalid Access Token")
    if isinstance(owner, AgentBot) and http.endpoint not in BOT_ENDPOINTS:
        raise Unauthorized("Access to this endpoint is not authorized for bots")
    g.principal = owner


def check_account() -> None:
    """Raises NotFound for an account that is not here."""
    if g.account_id != desk().state.account_id:
        raise NotFound


def check_inbox() -> None:
    """Raises NotFound for an inbox identifier that is not ours."""
    if g.inbox_identifier != desk().state.inbox.identifier:
        raise NotFound


def require_administrator() -> User:
    """Raises Unauthorized."""
    owner = principal()
    if not isinstance(owner, User) or owner.role != "administrator":
        raise Unauthorized("You are not authorized to do this action")
    return owner


def params() -> dict[str, Any]:
    """Body and query in one, the body winning. Raises ApiError for a body that is not JSON."""
    if not http.get_data():
        return http.args.to_dict()
    if http.mimetype in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return {**http.args.to_dict(), **http.form.to_dict()}
    body = http.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise ApiError(400, {"status": 400, "error": "Bad Request"})
    return {**http.args.to_dict(), **body}


def number(name: str) -> int | None:
    """An id or a page from the query; anything else counts as absent."""
    value = http.args.get(name, "")
    return int(value) if value.isdigit() else None
