"""A past handed in from outside: contacts, conversations and messages that were there before this Chatwoot began."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.records import Contact, ContactInbox, Conversation, Message
from sandbox.chatwoot.state import State

blueprint = Blueprint("history", __name__)


@blueprint.post("/sandbox/history")
def add() -> ResponseReturnValue:
    """Fields as in records.py, in the lists contacts, conversations (without contact_inbox_id) and messages."""
    desk: Desk = current_app.extensions["desk"]
    told: Json = request.get_json(force=True)
    with desk.state.lock:
        return {"added": remember(desk.state, told)}


def remember(state: State, told: Json) -> int:
    """Add what is not known yet, without telling anybody; how many conversations that were."""
    for fields in told["contacts"]:
        if fields["id"] not in state.contacts:
            _add_contact(state, fields)
    new = [fields for fields in told["conversations"] if fields["id"] not in state.conversations]
    for fields in new:
        state.add(
            Conversation(uuid=str(uuid.uuid4()), contact_inbox_id=fields["contact_id"], inbox_id=state.inbox.id, **fields)
        )  # fmt: skip
    for fields in told["messages"]:
        if fields["id"] not in state.messages:
            state.add(Message(updated_at=fields["created_at"], **fields))
    return len(new)


def _add_contact(state: State, fields: dict[str, Any]) -> None:
    """With its place in the inbox, which has the contact's own number."""
    contact = Contact(**fields)
    state.add(contact)
    state.add(
        ContactInbox(
            *(contact.id, contact.id, state.inbox.id, str(uuid.uuid4()), uuid.uuid4().hex),
            *(contact.created_at, contact.created_at),
        )
    )
