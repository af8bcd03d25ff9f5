"""The account's furniture: inboxes, webhooks, agents, attribute definitions; and the caller's profile."""

import secrets
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sandbox.chatwoot import furniture
from sandbox.chatwoot.errors import NotFound, RecordInvalid, Unprocessable
from sandbox.chatwoot.events import ACCOUNT_EVENTS
from sandbox.chatwoot.records import User, Webhook
from sandbox.chatwoot.routes.caller import desk, params, principal, require_administrator

blueprint = Blueprint("account", __name__)
profile_blueprint = Blueprint("profile", __name__)
SECRET_BYTES = 12  # Chatwoot's own secrets are 24 characters long


@profile_blueprint.get("/profile")
def profile() -> ResponseReturnValue:
    caller = principal()
    if not isinstance(caller, User):
        raise NotFound
    return furniture.profile(desk().state, caller)


@blueprint.get("/inboxes")
def inboxes() -> ResponseReturnValue:
    state = desk().state
    return {"payload": [furniture.inbox(state, for_administrator=_is_administrator())]}


@blueprint.get("/inboxes/<int:inbox_id>")
def inbox(inbox_id: int) -> ResponseReturnValue:
    state = desk().state
    if inbox_id != state.inbox.id:
        raise NotFound
    return furniture.inbox(state, for_administrator=_is_administrator())


@blueprint.get("/agents")
def agents() -> ResponseReturnValue:
    state = desk().state
    return jsonify([furniture.agent(state, user) for user in state.users.values()])


@blueprint.get("/webhooks")
def webhooks() -> ResponseReturnValue:
    require_administrator()
    state = desk().state
    return {"payload": {"webhooks": [furniture.webhook(state, row) for row in state.webhooks.values()]}}


@blueprint.post("/webhooks")
def create_webhook() -> ResponseReturnValue:
    require_administrator()
    with desk().acting() as state:
        given = _webhook_params()
        row = Webhook(
            id=state.next_id(Webhook),
            url=str(given.get("url") or ""),
            name=str(given.get("name") or ""),
            subscriptions=list(given.get("subscriptions") or ACCOUNT_EVENTS),
            secret=secrets.token_hex(SECRET_BYTES),
        )
        _check_webhook(row)
        state.add(row)
        return {"payload": {"webhook": furniture.webhook(state, row)}}


@blueprint.patch("/webhooks/<int:webhook_id>")
def update_webhook(webhook_id: int) -> ResponseReturnValue:
    """Its secret stays the same."""
    require_administrator()
    with desk().acting() as state:
        if webhook_id not in state.webhooks:
            raise NotFound
        given = _webhook_params()
        changes = {name: given[name] for name in ("url", "name", "subscriptions") if name in given}
        row = replace(state.webhooks[webhook_id], **changes)
        _check_webhook(row)
        state.add(row)
        return {"payload": {"webhook": furniture.webhook(state, row)}}


@blueprint.post("/custom_attribute_definitions")
def define_attribute() -> ResponseReturnValue:
    """Filters know a custom attribute only once it is defined."""
    with desk().acting() as state:
        given = params()
        given = given.get("custom_attribute_definition", given)
        key = given.get("attribute_key")
        if not key:
            raise Unprocessable("param is missing or the value is empty: attribute_key")
        is_contact = given.get("attribute_model") in (1, "1", "contact_attribute")
        keys = state.contact_attribute_keys if is_contact else state.conversation_attribute_keys
        keys.add(str(key))
        return {
            "attribute_key": key,
            "attribute_model": "contact_attribute" if is_contact else "conversation_attribute",
        }


def _webhook_params() -> dict[str, Any]:
    given = params()
    nested = given.get("webhook", given)
    return nested if isinstance(nested, dict) else {}


def _check_webhook(row: Webhook) -> None:
    if not row.url.startswith(("http://", "https://")):
        raise RecordInvalid({"url": "is invalid"})
    if not set(row.subscriptions) <= set(ACCOUNT_EVENTS):
        raise RecordInvalid({"subscriptions": "Invalid events"})


def _is_administrator() -> bool:
    caller = principal()
    return isinstance(caller, User) and caller.role == "administrator"
