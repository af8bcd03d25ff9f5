"""The bodies webhooks carry. They differ from REST: string message types, ISO times, no uuid."""

import json
from typing import Any

from sandbox.chatwoot import rest
from sandbox.chatwoot.formats import Json, epoch, iso
from sandbox.chatwoot.records import AgentBot, Contact, Conversation, Message, User
from sandbox.chatwoot.state import State


def encode(payload: Json) -> bytes:
    """JSON as Rails writes it, with `<`, `>` and `&` escaped: only the raw bytes verify."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def conversation(state: State, row: Conversation) -> Json:
    return {
        "additional_attributes": row.additional_attributes,
        "can_reply": True,
        "channel": state.inbox.channel_type,
        "contact_inbox": _contact_inbox_row(state, row),
        "id": row.id,
        "inbox_id": row.inbox_id,
        "messages": _last_public_message(state, row),
        "labels": row.label_list,
        "meta": _meta(state, row),
        "status": row.status,
        "custom_attributes": row.custom_attributes,
        "snoozed_until": iso(row.snoozed_until),
        "unread_count": rest.unread_count(state, row),
        "first_reply_created_at": iso(row.first_reply_created_at),
        "priority": row.priority,
        "waiting_since": epoch(row.waiting_since),
        "agent_last_seen_at": epoch(row.agent_last_seen_at),
        "contact_last_seen_at": epoch(row.contact_last_seen_at),
        "last_activity_at": epoch(row.last_activity_at),
        "timestamp": epoch(row.last_activity_at),
        "created_at": epoch(row.created_at),
        "updated_at": row.updated_at,
        "account": account(state),
    }


def message(state: State, row: Message) -> Json:
    return {
        "account": account(state),
        "additional_attributes": row.additional_attributes,
        "content_attributes": row.content_attributes,
        "content_type": row.content_type,
        "content": normalised(row.content),
        "conversation": conversation(state, state.conversations[row.conversation_id]),
        "created_at": iso(row.created_at),
        "id": row.id,
        "inbox": {"id": state.inbox.id, "name": state.inbox.name},
        "message_type": row.message_type,
        "private": row.private,
        "sender": _sender(state, row),
        "source_id": row.source_id,
    }


def contact(state: State, row: Contact) -> Json:
    """Unlike the REST and push shapes it has no `type`."""
    return {
        "account": account(state),
        "additional_attributes": row.additional_attributes,
        "avatar": "",
        "custom_attributes": row.custom_attributes,
        "email": row.email,
        "id": row.id,
        "identifier": row.identifier,
        "name": row.name,
        "phone_number": row.phone_number,
        "thumbnail": "",
        "blocked": row.blocked,
    }


def typing(state: State, row: Conversation, actor: User | AgentBot, *, is_private: bool) -> Json:
    return {"user": _actor(actor), "conversation": conversation(state, row), "is_private": is_private}


def account(state: State) -> Json:
    return {"id": state.account_id, "name": state.account_name}


def normalised(content: str | None) -> str | None:
    """Markdown's hard-break backslashes and the trailing newlines do not reach a webhook."""
    return None if content is None else content.replace("\\\n", "\n").rstrip("\n")


def _last_public_message(state: State, row: Conversation) -> list[Json]:
    for each in reversed(state.messages_of(row)):
        if each.message_type != "activity" and not each.private:
            return [rest.message_push(state, each) | {"content": normalised(each.content)}]
    return []


def _contact_inbox_row(state: State, row: Conversation) -> Json:
    owner = state.contact_inboxes[row.contact_inbox_id]
    return {
        "id": owner.id,
        "contact_id": owner.contact_id,
        "inbox_id": owner.inbox_id,
        "source_id": owner.source_id,
        "created_at": iso(owner.created_at),
        "updated_at": iso(owner.updated_at),
        "hmac_verified": owner.hmac_verified,
        "pubsub_token": owner.pubsub_token,
    }


def _meta(state: State, row: Conversation) -> Json:
    team: Any = {"id": row.team_id, "name": state.teams[row.team_id]} if row.team_id in state.teams else None
    return {
        "sender": rest.contact_push(state.contacts[row.contact_id]),
        "assignee": rest.assignee_push(state, row),
        "assignee_type": rest.assignee_type(row),
        "team": team,
        "hmac_verified": state.contact_inboxes[row.contact_inbox_id].hmac_verified,
    }


def _sender(state: State, row: Message) -> Json | None:
    sender = state.sender(row)
    if isinstance(sender, Contact):
        return contact(state, sender)
    return None if sender is None else _actor(sender)


def _actor(actor: User | AgentBot) -> Json:
    if isinstance(actor, User):
        return {"id": actor.id, "name": actor.name, "email": actor.email, "type": "user"}
    return {"id": actor.id, "name": actor.name, "type": "agent_bot"}
