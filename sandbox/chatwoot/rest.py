"""The bodies REST answers with. Times are epoch integers here unless a line says otherwise."""

from sandbox.chatwoot import furniture
from sandbox.chatwoot.formats import Json, epoch, iso
from sandbox.chatwoot.records import (
    MESSAGE_TYPES,
    AgentBot,
    Contact,
    ContactInbox,
    Conversation,
    Message,
    User,
)
from sandbox.chatwoot.state import State

UNREAD_CAP = 10
"""Chatwoot counts no further for the badge."""


def contact(state: State, row: Contact, *, with_inboxes: bool) -> Json:
    body: Json = {
        "additional_attributes": row.additional_attributes,
        "availability_status": "offline",
        "email": row.email,
        "id": row.id,
        "name": row.name,
        "phone_number": row.phone_number,
        "blocked": row.blocked,
        "identifier": row.identifier,
        "thumbnail": "",
        "custom_attributes": row.custom_attributes,
        "created_at": epoch(row.created_at),
    }
    if row.last_activity_at is not None:
        body["last_activity_at"] = epoch(row.last_activity_at)
    if with_inboxes:
        body["contact_inboxes"] = [contact_inbox(state, each) for each in state.inboxes_of(row)]
    return body


def contact_inbox(state: State, row: ContactInbox) -> Json:
    return {"source_id": row.source_id, "inbox": furniture.slim_inbox(state)}


def user_push(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "available_name": user.name,
        "avatar_url": "",
        "type": "user",
        "availability_status": "online",
        "thumbnail": "",
    }


def bot_push(bot: AgentBot) -> Json:
    return {"id": bot.id, "name": bot.name, "avatar_url": "", "type": "agent_bot"}


def contact_push(row: Contact) -> Json:
    return {
        "additional_attributes": row.additional_attributes,
        "custom_attributes": row.custom_attributes,
        "email": row.email,
        "id": row.id,
        "identifier": row.identifier,
        "name": row.name,
        "phone_number": row.phone_number,
        "thumbnail": "",
        "blocked": row.blocked,
        "type": "contact",
    }


def sender_push(state: State, message: Message) -> Json | None:
    match state.sender(message):
        case User() as user:
            return user_push(user)
        case AgentBot() as bot:
            return bot_push(bot)
        case Contact() as row:
            return contact_push(row)
        case _:
            return None


def assignee_push(state: State, row: Conversation) -> Json | None:
    if row.assignee_id in state.users:
        return user_push(state.users[row.assignee_id])
    if row.assignee_agent_bot_id in state.bots:
        return bot_push(state.bots[row.assignee_agent_bot_id])
    return None


def assignee_type(row: Conversation) -> str | None:
    if row.assignee_id is not None:
        return "User"
    return "AgentBot" if row.assignee_agent_bot_id is not None else None


def message(state: State, row: Message) -> Json:
    """A message of the messages endpoints: integer type, epoch time."""
    body: Json = {
        "id": row.id,
        "content": row.content,
        "inbox_id": state.inbox.id,
        "conversation_id": row.conversation_id,
        "message_type": MESSAGE_TYPES.index(row.message_type),
        "content_type": row.content_type,
        "status": row.status,
        "content_attributes": row.content_attributes,
        "created_at": epoch(row.created_at),
        "private": row.private,
        "source_id": row.source_id,
    }
    sender = sender_push(state, row)
    return body if sender is None else body | {"sender": sender}


def message_push(state: State, row: Message) -> Json:
    """A message inside a conversation, in REST and in webhooks alike: `updated_at` is ISO."""
    owner = state.conversations[row.conversation_id]
    body: Json = {
        "id": row.id,
        "content": row.content,
        "account_id": state.account_id,
        "inbox_id": state.inbox.id,
        "conversation_id": row.conversation_id,
        "message_type": MESSAGE_TYPES.index(row.message_type),
        "created_at": epoch(row.created_at),
        "updated_at": iso(row.updated_at),
        "private": row.private,
        "status": row.status,
        "source_id": row.source_id,
        "content_type": row.content_type,
        "content_attributes": row.content_attributes,
        "sender_type": row.sender_type,
        "sender_id": row.sender_id,
        "external_source_ids": {},
        "additional_attributes": row.additional_attributes,
        "processed_message_content": row.content,
        "sentiment": {},
        "conversation": {
            "assignee_id": owner.assignee_id,
            "unread_count": unread_count(state, owner),
            "last_activity_at": epoch(owner.last_activity_at),
            "contact_inbox": {"source_id": state.contact_inboxes[owner.contact_inbox_id].source_id},
        },
    }
    sender = sender_push(state, row)
    return body if sender is None else body | {"sender": sender}


def unread_count(state: State, row: Conversation) -> int:
    """Incoming messages after the agent last looked, at most ten."""
    count = 0
    for each in reversed(state.messages_of(row)):
        if count == UNREAD_CAP or each.created_at <= (row.agent_last_seen_at or 0):
            break
        count += each.message_type == "incoming"
    return count


def conversation(state: State, row: Conversation) -> Json:
    messages = state.messages_of(row)
    spoken = next((each for each in reversed(messages) if each.message_type != "activity"), None)
    return {
        "meta": _conversation_meta(state, row),
        "id": row.id,
        "messages": [message_push(state, messages[-1])] if messages else [],
        "account_id": state.account_id,
        "uuid": row.uuid,
        "additional_attributes": row.additional_attributes,
        "agent_last_seen_at": epoch(row.agent_last_seen_at),
        "assignee_last_seen_at": epoch(row.assignee_last_seen_at),
        "can_reply": True,
        "contact_last_seen_at": epoch(row.contact_last_seen_at),
        "custom_attributes": row.custom_attributes,
        "inbox_id": row.inbox_id,
        "labels": row.label_list,
        "muted": False,
        "snoozed_until": iso(row.snoozed_until),
        "status": row.status,
        "created_at": epoch(row.created_at),
        "updated_at": row.updated_at,
        "timestamp": epoch(row.last_activity_at),
        "last_activity_at": epoch(row.last_activity_at),
        "first_reply_created_at": epoch(row.first_reply_created_at),
        "unread_count": unread_count(state, row),
        "last_non_activity_message": message_push(state, spoken) if spoken else None,
        "priority": row.priority,
        "waiting_since": epoch(row.waiting_since),
        "sla_policy_id": None,
    }


def _conversation_meta(state: State, row: Conversation) -> Json:
    meta: Json = {
        "sender": contact(state, state.contacts[row.contact_id], with_inboxes=False),
        "channel": state.inbox.channel_type,
        "hmac_verified": state.contact_inboxes[row.contact_inbox_id].hmac_verified,
    }
    if row.assignee_id in state.users:
        meta |= {"assignee": furniture.agent(state, state.users[row.assignee_id]), "assignee_type": "User"}
    elif row.assignee_agent_bot_id in state.bots:
        meta |= {
            "assignee": furniture.agent_bot(state.bots[row.assignee_agent_bot_id]),
            "assignee_type": "AgentBot",
        }
    if row.team_id in state.teams:
        meta["team"] = furniture.team_row(state, row.team_id) | {"is_member": False}
    return meta


def conversation_messages_meta(state: State, row: Conversation) -> Json:
    meta: Json = {
        "labels": row.label_list,
        "additional_attributes": row.additional_attributes,
        "contact": contact_push(state.contacts[row.contact_id]),
        "agent_last_seen_at": iso(row.agent_last_seen_at),
        "assignee_last_seen_at": iso(row.assignee_last_seen_at),
    }
    assignee = assignee_push(state, row)
    return meta if assignee is None else meta | {"assignee": assignee}
