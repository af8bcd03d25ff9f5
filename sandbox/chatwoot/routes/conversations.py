"""/conversations: create, show, list, filter, and every change of one conversation."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sandbox.chatwoot import conversations, furniture, messages, payloads, rest
from sandbox.chatwoot.errors import InternalError
from sandbox.chatwoot.events import Event
from sandbox.chatwoot.formats import Json, iso
from sandbox.chatwoot.records import AgentBot, Conversation, User
from sandbox.chatwoot.routes.caller import desk, params, principal

blueprint = Blueprint("conversations", __name__)
PRIORITIES = ("low", "medium", "high", "urgent", None)


@blueprint.post("/conversations")
def create() -> ResponseReturnValue:
    with desk().acting() as state:
        given = params()
        row = conversations.create(desk(), given)
        if isinstance(given.get("message"), dict):
            messages.create(desk(), row, given["message"], principal())
        return rest.conversation(state, row)


@blueprint.get("/conversations/<int:conversation_id>")
def show(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        return rest.conversation(state, state.conversation(conversation_id))


@blueprint.route("/conversations/<int:conversation_id>", methods=["PATCH", "PUT"])
def update(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row = state.conversation(conversation_id)
        _set_priority(row, params().get("priority", row.priority))
        return rest.conversation(state, row)


@blueprint.post("/conversations/<int:conversation_id>/toggle_priority")
def toggle_priority(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        _set_priority(state.conversation(conversation_id), params().get("priority"))
        return ""


@blueprint.post("/conversations/<int:conversation_id>/toggle_status")
def toggle_status(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row, given, caller = state.conversation(conversation_id), params(), principal()
        status = given.get("status") or ("resolved" if row.status == "open" else "open")
        is_hand_off = isinstance(caller, AgentBot) and (row.status, status) == ("pending", "open")
        if is_hand_off and isinstance(caller, AgentBot):
            conversations.hand_off(desk(), row, caller)
        else:
            conversations.set_status(desk(), row, status, caller, _snoozed_until(given))
        if isinstance(caller, User) and caller.role == "agent" and row.status == "open":
            conversations.assign_user(desk(), row, caller, caller)
        return {
            "payload": {
                "success": None if is_hand_off else True,
                "conversation_id": row.id,
                "current_status": row.status,
                "snoozed_until": iso(row.snoozed_until),
            }
        }


@blueprint.post("/conversations/<int:conversation_id>/toggle_typing_status")
def toggle_typing_status(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row, given, caller = state.conversation(conversation_id), params(), principal()
        name = f"conversation_typing_{given.get('typing_status')}"
        is_private = given.get("is_private") in (True, "true")
        if given.get("typing_status") in ("on", "off"):
            render: Callable[[], Json] = lambda: payloads.typing(state, row, caller, is_private=is_private)  # noqa: E731
            desk().webhooks.emit(Event(name, row, None, render))
        return ""


@blueprint.post("/conversations/<int:conversation_id>/custom_attributes")
def custom_attributes(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row = state.conversation(conversation_id)
        conversations.replace_custom_attributes(desk(), row, params().get("custom_attributes"))
        return {"custom_attributes": row.custom_attributes}


@blueprint.get("/conversations/<int:conversation_id>/labels")
def labels(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        return {"payload": state.conversation(conversation_id).label_list}


@blueprint.post("/conversations/<int:conversation_id>/labels")
def replace_labels(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row = state.conversation(conversation_id)
        conversations.replace_labels(desk(), row, params().get("labels"), principal())
        return {"payload": row.label_list}


@blueprint.post("/conversations/<int:conversation_id>/assignments")
def assign(conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row, given = state.conversation(conversation_id), params()
        if "assignee_id" in given:
            return _as_json(_assign_person_or_bot(row, given))
        if "team_id" in given:
            return _as_json(_assign_team(row, given["team_id"]))
        return _as_json(None)


def _assign_person_or_bot(row: Conversation, given: Json) -> Json | None:
    """An unknown person unassigns without a word; an unknown bot changes nothing."""
    state, wanted = desk().state, _id(given["assignee_id"])
    if given.get("assignee_type") == "AgentBot":
        bot = state.bots.get(wanted)
        if bot:
            conversations.assign_bot(desk(), row, bot)
        return furniture.agent_bot(bot) if bot else None
    user = state.users.get(wanted)
    conversations.assign_user(desk(), row, user, principal())
    return furniture.agent(state, user) if user else None


def _assign_team(row: Conversation, wanted: Any) -> Json | None:
    """An unknown team clears the team without a word."""
    state, team_id = desk().state, _id(wanted)
    known = team_id in state.teams
    conversations.assign_team(desk(), row, team_id if known else None)
    return furniture.team_row(state, team_id) if known else None


def _set_priority(row: Conversation, priority: Any) -> None:
    if priority not in PRIORITIES:
        raise InternalError
    conversations.change(desk(), row, priority=priority)


def _snoozed_until(given: Json) -> float | None:
    """Epoch seconds; any other format makes Rails fail."""
    value = given.get("snoozed_until")
    if value in (None, ""):
        return None
    try:
        return float(int(str(value)))
    except ValueError as error:
        raise InternalError from error


def _id(value: Any) -> int:
    text = str(value)
    return int(text) if text.isdigit() else 0


def _as_json(body: Json | None) -> ResponseReturnValue:
    """`null` is an answer too."""
    return jsonify(body)
