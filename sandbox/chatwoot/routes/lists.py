"""/conversations as lists: the folder view, the filter, the counts."""

import time
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox.chatwoot import filters, rest
from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.records import Conversation
from sandbox.chatwoot.routes.caller import desk, number, params, principal

blueprint = Blueprint("lists", __name__)
PAGE = 25
SORTS = {
    "last_activity_at_desc": ("last_activity_at", True),
    "last_activity_at_asc": ("last_activity_at", False),
    "created_at_desc": ("created_at", True),
    "created_at_asc": ("created_at", False),
    "waiting_since_desc": ("waiting_since", True),
    "waiting_since_asc": ("waiting_since", False),
}


@blueprint.get("/conversations")
def index() -> ResponseReturnValue:
    with desk().acting() as state:
        rows = _in_folder()
        meta = _counts(rows)
        shown = _sorted(_for_assignee(rows, request.args.get("assignee_type", "all")))
        # A time window is answered whole: Chatwoot switches paging off for it.
        page = shown if "updated_within" in request.args else _page(shown)
        return {"data": {"meta": meta, "payload": [rest.conversation(state, row) for row in page]}}


@blueprint.get("/conversations/meta")
def meta() -> ResponseReturnValue:
    with desk().acting():
        return {"meta": _counts(_in_folder())}


@blueprint.post("/conversations/filter")
def filter_() -> ResponseReturnValue:
    with desk().acting() as state:
        conditions = filters.check(
            params().get("payload"), filters.CONVERSATION_OPERATORS, state.conversation_attribute_keys
        )
        found = [row for row in state.conversations.values() if filters.matches(conditions, _lookup(row))]
        counts = _counts(found)
        del counts["assigned_count"]
        return {"meta": counts, "payload": [rest.conversation(state, row) for row in _page(_sorted(found))]}


def _in_folder() -> list[Conversation]:
    """Every condition of the query but the assignee, who has counts of his own."""
    rows = list(desk().state.conversations.values())
    status = request.args.get("status", "open")
    if status != "all":
        rows = [row for row in rows if row.status == status]
    inbox_id, team_id, within = number("inbox_id"), number("team_id"), number("updated_within")
    if inbox_id is not None:
        rows = [row for row in rows if row.inbox_id == inbox_id]
    if team_id is not None:
        rows = [row for row in rows if row.team_id == team_id]
    if within is not None:
        rows = [row for row in rows if row.updated_at >= time.time() - within]
    return [
        row for row in rows if _has_labels(row) and _has_source(row) and _has_text(row) and _is_attended(row)
    ]


def _has_labels(row: Conversation) -> bool:
    wanted = request.args.getlist("labels[]") or request.args.getlist("labels")
    return not wanted or bool(set(wanted) & set(row.label_list))


def _has_source(row: Conversation) -> bool:
    wanted = request.args.get("source_id")
    return not wanted or desk().state.contact_inboxes[row.contact_inbox_id].source_id == wanted


def _has_text(row: Conversation) -> bool:
    wanted = request.args.get("q", "").lower()
    return not wanted or any(wanted in (each.content or "").lower() for each in desk().state.messages_of(row))


def _is_attended(row: Conversation) -> bool:
    if request.args.get("conversation_type") != "unattended":
        return True
    return row.first_reply_created_at is None or row.waiting_since is not None


def _for_assignee(rows: list[Conversation], kind: str) -> list[Conversation]:
    me = principal().id
    match kind:
        case "me":
            return [row for row in rows if row.assignee_id == me]
        case "unassigned":
            return [row for row in rows if row.assignee_id is None and row.assignee_agent_bot_id is None]
        case "assigned":
            return [
                row for row in rows if row.assignee_id is not None or row.assignee_agent_bot_id is not None
            ]
        case _:
            return rows


def _counts(rows: list[Conversation]) -> Json:
    return {
        "mine_count": len(_for_assignee(rows, "me")),
        "assigned_count": len(_for_assignee(rows, "assigned")),
        "unassigned_count": len(_for_assignee(rows, "unassigned")),
        "all_count": len(rows),
    }


def _sorted(rows: list[Conversation]) -> list[Conversation]:
    field, descending = SORTS.get(request.args.get("sort_by", ""), SORTS["last_activity_at_desc"])
    return sorted(rows, key=lambda row: (getattr(row, field) or 0.0, row.id), reverse=descending)


def _page(rows: list[Conversation]) -> list[Conversation]:
    page = number("page") or 1
    return rows[(page - 1) * PAGE : page * PAGE]


def _lookup(row: Conversation) -> filters.Lookup:
    def value(key: str) -> Any:
        if key == "display_id":
            return row.id
        if key == "labels":
            return row.label_list
        if hasattr(row, key):
            return getattr(row, key)
        return row.custom_attributes.get(key, row.additional_attributes.get(key))

    return value
