"""The public client API: what the customer's side of an API inbox calls, without a token."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from sandbox.chatwoot import contacts, conversations, messages, rest
from sandbox.chatwoot.errors import NotFound
from sandbox.chatwoot.formats import Json, epoch
from sandbox.chatwoot.records import Contact, ContactInbox, Conversation, Message
from sandbox.chatwoot.routes.caller import desk, number, params

blueprint = Blueprint("public", __name__)
PAGE = 20


@blueprint.post("/contacts")
def create_contact() -> ResponseReturnValue:
    with desk().acting() as state:
        contact, entry = contacts.create(desk(), params() | {"inbox_id": state.inbox.id})
        return _contact(contact, entry)


@blueprint.get("/contacts/<source_id>")
def show_contact(source_id: str) -> ResponseReturnValue:
    with desk().acting() as state:
        entry = _entry(source_id)
        return _contact(state.contact(entry.contact_id), entry)


@blueprint.post("/contacts/<source_id>/conversations")
def create_conversation(source_id: str) -> ResponseReturnValue:
    with desk().acting():
        entry = _entry(source_id)
        attributes = params().get("custom_attributes")
        row = conversations.create(desk(), {"source_id": entry.source_id, "custom_attributes": attributes})
        return _conversation(row)


@blueprint.get("/contacts/<source_id>/conversations")
def list_conversations(source_id: str) -> ResponseReturnValue:
    with desk().acting():
        return jsonify([_conversation(row) for row in _conversations(_entry(source_id))])


@blueprint.post("/contacts/<source_id>/conversations/<int:conversation_id>/messages")
def create_message(source_id: str, conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row = _own(source_id, conversation_id)
        given = {"content": params().get("content"), "message_type": "incoming"}
        return _message(messages.create(desk(), row, given, next(iter(state.users.values()))))


@blueprint.get("/contacts/<source_id>/conversations/<int:conversation_id>/messages")
def list_messages(source_id: str, conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        rows = [row for row in state.messages_of(_own(source_id, conversation_id)) if _is_public(row)]
        before = number("before")
        shown = [row for row in rows if before is None or row.id < before][-PAGE:]
        return jsonify([_message(row) for row in shown])


@blueprint.post("/contacts/<source_id>/conversations/<int:conversation_id>/toggle_status")
def toggle_status(source_id: str, conversation_id: int) -> ResponseReturnValue:
    """A customer can only resolve."""
    with desk().acting():
        row = _own(source_id, conversation_id)
        conversations.set_status(desk(), row, "resolved", None)
        return _conversation(row)


@blueprint.post("/contacts/<source_id>/conversations/<int:conversation_id>/update_last_seen")
def update_last_seen(source_id: str, conversation_id: int) -> ResponseReturnValue:
    with desk().acting() as state:
        row = _own(source_id, conversation_id)
        row.contact_last_seen_at = desk().now()
        state.save(row)
        return ""


def _entry(source_id: str) -> ContactInbox:
    entry = desk().state.by_source_id(source_id)
    if entry is None:
        raise NotFound
    return entry


def _conversations(entry: ContactInbox) -> list[Conversation]:
    contact = desk().state.contact(entry.contact_id)
    return [row for row in desk().state.conversations_of(contact) if row.contact_inbox_id == entry.id]


def _own(source_id: str, conversation_id: int) -> Conversation:
    for row in _conversations(_entry(source_id)):
        if row.id == conversation_id:
            return row
    raise NotFound


def _is_public(row: Message) -> bool:
    return not row.private and row.message_type != "activity"


def _contact(contact: Contact, entry: ContactInbox | None) -> Json:
    return {
        "source_id": entry.source_id if entry else None,
        "pubsub_token": entry.pubsub_token if entry else None,
        "id": contact.id,
        "name": contact.name,
        "email": contact.email,
        "phone_number": contact.phone_number,
    }


def _conversation(row: Conversation) -> Json:
    state = desk().state
    contact = state.contact(row.contact_id)
    return {
        "id": row.id,
        "uuid": row.uuid,
        "inbox_id": row.inbox_id,
        "contact_last_seen_at": epoch(row.contact_last_seen_at),
        "status": row.status,
        "agent_last_seen_at": epoch(row.agent_last_seen_at),
        "messages": [_message(each) for each in state.messages_of(row) if _is_public(each)][-1:],
        "contact": _contact(contact, state.contact_inboxes[row.contact_inbox_id]),
    }


def _message(row: Message) -> dict[str, Any]:
    body = rest.message(desk().state, row)
    kept = (
        "id",
        "content",
        "message_type",
        "content_type",
        "content_attributes",
        "created_at",
        "conversation_id",
    )
    return {key: body[key] for key in (*kept, "sender") if key in body}
