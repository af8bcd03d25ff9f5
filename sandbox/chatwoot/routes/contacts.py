"""/contacts: search, filter, create, show, update, a contact's conversations and inboxes."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox.chatwoot import contacts, filters, furniture, rest
from sandbox.chatwoot.errors import NotFound
from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.records import Contact
from sandbox.chatwoot.routes.caller import desk, number, params

blueprint = Blueprint("contacts", __name__)
PAGE = 15
CONVERSATIONS_SHOWN = 20
SORTS = ("name", "email", "phone_number", "last_activity_at", "created_at")


@blueprint.get("/contacts")
def index() -> ResponseReturnValue:
    with desk().acting() as state:
        return _page(_sorted(_resolved(state.contacts.values())), count_all=True)


@blueprint.get("/contacts/search")
def search() -> ResponseReturnValue:
    with desk().acting():
        return _page(_sorted(contacts.search(desk(), request.args.get("q", ""))), count_all=False)


@blueprint.post("/contacts/filter")
def filter_() -> ResponseReturnValue:
    with desk().acting() as state:
        conditions = filters.check(
            params().get("payload"), filters.CONTACT_OPERATORS, state.contact_attribute_keys
        )
        first_values = [_first_value_only(condition) for condition in conditions]
        found = [
            row for row in _resolved(state.contacts.values()) if filters.matches(first_values, _lookup(row))
        ]
        return _page(_sorted(found), count_all=True)


@blueprint.post("/contacts")
def create() -> ResponseReturnValue:
    with desk().acting() as state:
        contact, entry = contacts.create(desk(), params())
        place: Json = {
            "inbox": furniture.inbox_row(state) if entry else None,
            "source_id": entry.source_id if entry else None,
        }
        return {
            "payload": {"contact": rest.contact(state, contact, with_inboxes=True), "contact_inbox": place}
        }


@blueprint.get("/contacts/<int:contact_id>")
def show(contact_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        return {"payload": rest.contact(state, state.contact(contact_id), with_inboxes=_with_inboxes())}


@blueprint.route("/contacts/<int:contact_id>", methods=["PUT", "PATCH"])
def update(contact_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        contact = state.contact(contact_id)
        contacts.update(desk(), contact, params())
        return {"payload": rest.contact(state, contact, with_inboxes=_with_inboxes())}


@blueprint.get("/contacts/<int:contact_id>/conversations")
def conversations(contact_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        rows = state.conversations_of(state.contact(contact_id))
        newest = sorted(rows, key=lambda row: (row.last_activity_at, row.id), reverse=True)
        return {"payload": [rest.conversation(state, row) for row in newest[:CONVERSATIONS_SHOWN]]}


@blueprint.post("/contacts/<int:contact_id>/contact_inboxes")
def create_contact_inbox(contact_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        given = params()
        contact = state.contact(contact_id)
        if str(given.get("inbox_id")) != str(state.inbox.id):
            raise NotFound
        return rest.contact_inbox(state, contacts.add_to_inbox(desk(), contact, given.get("source_id")))


@blueprint.get("/contacts/<int:contact_id>/contactable_inboxes")
def contactable_inboxes(contact_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        entries = state.inboxes_of(state.contact(contact_id))
        return {"payload": [rest.contact_inbox(state, entry) for entry in entries]}


@blueprint.post("/contact_inboxes/filter")
def by_source_id() -> ResponseReturnValue:
    with desk().acting() as state:
        given = params()
        entry = state.by_source_id(str(given.get("source_id")))
        if entry is None or str(given.get("inbox_id")) != str(entry.inbox_id):
            return "", 404
        return rest.contact(state, state.contact(entry.contact_id), with_inboxes=True)


def _resolved(rows: Any) -> list[Contact]:
    """Contacts with something to tell them by; anonymous ones are never listed."""
    return [row for row in rows if row.email or row.phone_number or row.identifier]


def _sorted(rows: list[Contact]) -> list[Contact]:
    wanted = request.args.get("sort", "name")
    field = wanted.removeprefix("-")
    if field not in SORTS:
        return rows
    empty: Any = 0.0 if field.endswith("_at") else ""
    return sorted(rows, key=lambda row: getattr(row, field) or empty, reverse=wanted.startswith("-"))


def _page(rows: Sequence[Contact], *, count_all: bool) -> Json:
    """Search counts the rows of this page only and says whether there are more; the others count all."""
    page = number("page") or 1
    shown = rows[(page - 1) * PAGE : page * PAGE]
    # The page comes back as the caller wrote it: a string, but for the default.
    meta: Json = {
        "count": len(rows) if count_all else len(shown),
        "current_page": request.args.get("page", 1),
    }
    if not count_all:
        meta["has_more"] = len(rows) > page * PAGE
    state = desk().state
    return {
        "meta": meta,
        "payload": [rest.contact(state, row, with_inboxes=_with_inboxes()) for row in shown],
    }


def _with_inboxes() -> bool:
    return request.args.get("include_contact_inboxes", "true") != "false"


def _first_value_only(condition: Json) -> Json:
    values = condition.get("values")
    first = values[0] if isinstance(values, list) and values else values
    if condition["attribute_key"] == "phone_number" and first is not None:
        first = "+" + str(first).strip().lstrip("+")
    return {**condition, "values": [] if first is None else [first]}


def _lookup(row: Contact) -> filters.Lookup:
    def value(key: str) -> Any:
        if hasattr(row, key):
            return getattr(row, key)
        if key == "labels":
            return []
        return row.custom_attributes.get(key, row.additional_attributes.get(key))

    return value
