"""What can be done with messages: post one with all its consequences, page through them."""

import json
from typing import Any

from sandbox.chatwoot import contacts, conversations, liquid
from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.errors import Unprocessable
from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.records import MESSAGE_TYPES, Contact, Conversation, Message, Principal, User

CONTENT_TYPES = (
    *("text", "input_text", "input_textarea", "input_email", "input_select", "input_csat", "cards", "form"),
    *("article", "incoming_email", "integrations", "sticker", "voice_call"),
)
ITEM_KEYS = {
    "input_select": {"title", "value"},
    "cards": {"title", "description", "media_url", "actions"},
    "form": {"type", "placeholder", "label", "name", "options", "default", "required", "pattern", "title"}
    | {"pattern_error"},
    "article": {"title", "description", "link"},
}
CONTENT_LIMIT = 150_000
FLOOD_LIMIT, FLOOD_WINDOW_S = 200, 60  # CONVERSATION_MESSAGE_PER_MINUTE_LIMIT
NEWEST_PAGE, AFTER_PAGE, RANGE_PAGE = 20, 100, 1000


def create(desk: Desk, row: Conversation, params: Json, actor: Principal | None) -> Message:
    """Posts a message and lets everything follow from it; nobody is the actor of what a phone's own app sent.

    Raises Unprocessable.
    """
    message_type = params.get("message_type") or "outgoing"
    draft = _draft(desk, row, params, message_type)
    draft.sender_type, draft.sender_id = _sender(desk, row, params, message_type, actor)
    if message_type in ("outgoing", "template") and draft.content:
        draft.content = liquid.render(draft.content, _drops(desk, row, actor))
    _check_flood(desk, row)
    draft.id = desk.state.next_id(Message)
    desk.state.add(draft)
    _follow_up(desk, row, draft)
    return draft


def list_page(desk: Desk, row: Conversation, before: int | None, after: int | None) -> list[Message]:
    """One page, oldest first. With both bounds `after` is included, alone it is not."""
    rows = desk.state.messages_of(row)
    if after is not None and before is not None:
        return [each for each in rows if after <= each.id < before][:RANGE_PAGE]
    if after is not None:
        return [each for each in rows if each.id > after][:AFTER_PAGE]
    if before is not None:
        rows = [each for each in rows if each.id < before]
    return rows[-NEWEST_PAGE:]


def update_status(desk: Desk, row: Message, status: str, error: str | None) -> None:
    """Unknown words and a step back from read to delivered are ignored."""
    if status not in ("sent", "delivered", "read", "failed") or (row.status, status) == ("read", "delivered"):
        return
    attributes = row.content_attributes | ({"external_error": error} if error else {})
    if (row.status, row.content_attributes) == (status, attributes):
        return
    row.status, row.content_attributes, row.updated_at = status, attributes, desk.now()
    desk.state.save(row)
    desk.emit_message("message_updated", row)


def delete(desk: Desk, row: Message) -> None:
    """Soft: the row stays, its words go."""
    row.content, row.content_attributes, row.updated_at = (
        "This message was deleted",
        {"deleted": True},
        desk.now(),
    )
    desk.state.save(row)
    desk.emit_message("message_updated", row)


def _draft(desk: Desk, row: Conversation, params: Json, message_type: Any) -> Message:
    content_type = params.get("content_type") or "text"
    if message_type not in MESSAGE_TYPES:
        raise Unprocessable(f"'{message_type}' is not a valid message_type")
    if content_type not in CONTENT_TYPES:
        raise Unprocessable(f"'{content_type}' is not a valid content_type")
    content = params.get("content")
    if content is not None and len(str(content)) > CONTENT_LIMIT:
        raise Unprocessable(f"Validation failed: Content is too long (maximum is {CONTENT_LIMIT} characters)")
    now = desk.now()
    return Message(
        id=0,
        conversation_id=row.id,
        message_type=message_type,
        content=None if content is None else str(content),
        created_at=now,
        updated_at=now,
        content_type=content_type,
        content_attributes=_content_attributes(params, content_type),
        additional_attributes={"campaign_id": params["campaign_id"]} if params.get("campaign_id") else {},
        private=params.get("private") in (True, "true", "1", 1),
        source_id=None if params.get("source_id") is None else str(params["source_id"]),
    )


def _content_attributes(params: Json, content_type: str) -> Json:
    given = params.get("content_attributes") or {}
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = {}
    if not isinstance(given, dict):
        raise Unprocessable("content_attributes must be an object")
    if params.get("external_created_at") is not None:
        given = given | {"external_created_at": params["external_created_at"]}
    _check_items(given, content_type)
    return given


def _check_items(attributes: Json, content_type: str) -> None:
    allowed = ITEM_KEYS.get(content_type)
    if allowed is None:
        return
    items = attributes.get("items")
    if not items:
        raise Unprocessable("Validation failed: Content attributes At least one item is required.")
    for item in items:
        if not isinstance(item, dict) or not set(item) <= allowed:
            raise Unprocessable("Validation failed: Content attributes contains invalid keys for items")
        if content_type == "cards" and not item.get("actions"):
            raise Unprocessable("Validation failed: Content attributes contains items missing actions")


def _sender(desk: Desk, row: Conversation, params: Json, message_type: str, actor: Principal | None) -> Any:
    if message_type != "outgoing":
        return "Contact", row.contact_id
    if params.get("sender_type") == "AgentBot" and params.get("sender_id") in desk.state.bots:
        return "AgentBot", params["sender_id"]
    if actor is None:
        return None, None
    return ("User" if isinstance(actor, User) else "AgentBot"), actor.id


def _drops(desk: Desk, row: Conversation, actor: Principal | None) -> dict[str, str]:
    contact = desk.state.contacts[row.contact_id]
    return {
        "contact.name": contact.name,
        "contact.first_name": contact.name.split(" ")[0],
        "contact.email": contact.email or "",
        "contact.phone_number": contact.phone_number or "",
        "agent.name": actor.name if actor else "",
        "conversation.display_id": str(row.id),
        "inbox.name": desk.state.inbox.name,
        "account.name": desk.state.account_name,
    }


def _check_flood(desk: Desk, row: Conversation) -> None:
    rows = desk.state.messages_of(row)
    if len(rows) >= FLOOD_LIMIT and rows[-FLOOD_LIMIT].created_at > desk.now() - FLOOD_WINDOW_S:
        raise Unprocessable("Validation failed: Too many messages")


def _follow_up(desk: Desk, row: Conversation, message: Message) -> None:
    """The order is Chatwoot's: reopen, note the activity, tell, then the clocks."""
    contact = desk.state.contacts[row.contact_id]
    if message.message_type == "incoming" and not contact.blocked:
        conversations.reopen_for_customer(desk, row)
    row.last_activity_at = row.updated_at = message.created_at
    desk.state.save(row)
    desk.emit_message("message_created", message)
    if message.message_type == "incoming":
        _customer_waits(desk, row, contact)
    elif message.message_type == "outgoing" and not message.private:
        _customer_was_answered(desk, row, message)


def _customer_waits(desk: Desk, row: Conversation, contact: Contact) -> None:
    contacts.touch(desk, contact)
    if row.waiting_since is None:
        conversations.change(desk, row, waiting_since=desk.now())


def _customer_was_answered(desk: Desk, row: Conversation, message: Message) -> None:
    """Only a person's first reply counts as the first reply."""
    values: dict[str, Any] = {"waiting_since": None}
    if message.sender_type == "User" and row.first_reply_created_at is None:
        values["first_reply_created_at"] = message.created_at
    conversations.change(desk, row, **values)
