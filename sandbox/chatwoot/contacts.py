"""What can be done to contacts: create, update, find, and give a place in the inbox."""

import re
import uuid
from typing import Any

from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.errors import InternalError, NotFound, RecordInvalid, Unprocessable
from sandbox.chatwoot.formats import Json, iso
from sandbox.chatwoot.limits import check_attributes, check_length
from sandbox.chatwoot.records import Contact, ContactInbox
from sandbox.chatwoot.state import UNIQUE_FIELDS

EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s,;<>()]+")
PHONE = re.compile(r"\+[1-9]\d{1,14}")  # E.164
TEXT_FIELDS = ("name", *UNIQUE_FIELDS)


def create(desk: Desk, params: Json) -> tuple[Contact, ContactInbox | None]:
    """Raises NotFound for a foreign inbox, RecordInvalid for taken or malformed fields."""
    inbox_id = params.get("inbox_id")
    if inbox_id is not None and _number(inbox_id) != desk.state.inbox.id:
        raise NotFound
    source_id = params.get("source_id")
    if inbox_id is not None and source_id and desk.state.by_source_id(str(source_id)):
        raise InternalError  # the unique index speaks, and this action does not rescue it
    now = desk.now()
    draft = Contact(id=0, created_at=now, updated_at=now)
    _assign(desk, draft, params)
    draft.id = desk.state.next_id(Contact)
    desk.state.add(draft)
    desk.emit_contact("contact_created", draft)
    return draft, add_to_inbox(desk, draft, source_id) if inbox_id is not None else None


def update(desk: Desk, contact: Contact, params: Json) -> None:
    """Attributes are merged here, unlike a conversation's. Raises RecordInvalid."""
    before = {
        name: getattr(contact, name) for name in (*TEXT_FIELDS, "custom_attributes", "additional_attributes")
    }
    _assign(desk, contact, params)
    changed = {name: old for name, old in before.items() if getattr(contact, name) != old}
    if not changed:
        return
    contact.updated_at = desk.now()
    for name in UNIQUE_FIELDS:
        if name in changed:
            desk.state.rename_unique(contact, name, changed[name])
    desk.state.save(contact)
    desk.emit_contact("contact_updated", contact, {"changed_attributes": _differences(contact, changed)})


def touch(desk: Desk, contact: Contact) -> None:
    """A contact who wrote is active now; Chatwoot tells its webhooks each time."""
    before = contact.last_activity_at
    contact.last_activity_at = contact.updated_at = desk.now()
    desk.state.save(contact)
    change = {
        "last_activity_at": {"previous_value": iso(before), "current_value": iso(contact.last_activity_at)}
    }
    desk.emit_contact("contact_updated", contact, {"changed_attributes": [change]})


def add_to_inbox(desk: Desk, contact: Contact, source_id: str | None) -> ContactInbox:
    """The contact's entry with this source id, made when missing; without one a new entry each time.

    Raises Unprocessable when the source id is another contact's.
    """
    if source_id:
        known = desk.state.by_source_id(source_id)
        if known and known.contact_id != contact.id:
            raise Unprocessable("source_id should be unique")
        if known:
            return known
    now = desk.now()
    entry = ContactInbox(
        id=desk.state.next_id(ContactInbox),
        contact_id=contact.id,
        inbox_id=desk.state.inbox.id,
        source_id=source_id or str(uuid.uuid4()),
        pubsub_token=uuid.uuid4().hex,
        created_at=now,
        updated_at=now,
    )
    desk.state.add(entry)
    return entry


def search(desk: Desk, query: str) -> list[Contact]:
    """Substring search: case-blind, but for the identifier; `%` and `_` are wildcards as in SQL."""
    text = query.strip()
    if not text:
        return []
    pattern = re.escape(text).replace("%", ".*").replace("_", ".")
    blind, exact = re.compile(pattern, re.IGNORECASE | re.DOTALL), re.compile(pattern, re.DOTALL)
    return [each for each in desk.state.contacts.values() if _found(each, blind, exact)]


def _found(contact: Contact, blind: re.Pattern[str], exact: re.Pattern[str]) -> bool:
    texts = (contact.name, contact.email or "", contact.phone_number or "")
    return any(blind.search(each) for each in texts) or bool(exact.search(contact.identifier or ""))


def _assign(desk: Desk, contact: Contact, params: Json) -> None:
    """Checks first, so that a refused change leaves the contact as it was."""
    texts = {name: _text(params[name]) for name in TEXT_FIELDS if name in params}
    if texts.get("email"):
        texts["email"] = str(texts["email"]).lower()
    merged = {
        name: getattr(contact, name) | _object(params[name])
        for name in ("custom_attributes", "additional_attributes")
        if params.get(name) is not None
    }
    _check(desk, contact, texts, merged)
    for name, value in {**texts, **merged}.items():
        setattr(contact, name, (value or "") if name == "name" else value)
    if "blocked" in params:
        contact.blocked = bool(params["blocked"])


def _check(desk: Desk, contact: Contact, texts: dict[str, str | None], merged: dict[str, Json]) -> None:
    problems: dict[str, str] = {}
    for name, value in texts.items():
        problem = _problem(desk, contact, name, value)
        if problem:
            problems[name] = problem
    if problems:
        raise RecordInvalid(problems)
    for name, attributes in merged.items():
        check_attributes(name, attributes)


def _problem(desk: Desk, contact: Contact, name: str, value: str | None) -> str | None:
    if not value:
        return None
    if name in UNIQUE_FIELDS and desk.state.owner(name, value) not in (None, contact.id):
        return "has already been taken"
    if name == "email" and not EMAIL.fullmatch(value):
        return "Invalid email"
    if name == "phone_number" and not PHONE.fullmatch(value):
        return "should be in e164 format"
    return check_length(value)


def _differences(contact: Contact, before: dict[str, Any]) -> list[Json]:
    return [
        {name: {"previous_value": old, "current_value": getattr(contact, name)}}
        for name, old in before.items()
    ]


def _text(value: object) -> str | None:
    text = None if value is None else str(value)
    return text or None


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise InternalError  # a string where an object belongs
    return value


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
