"""REST bodies of what stands around conversations: inbox, people, bots, teams, webhooks."""

from sandbox.chatwoot.formats import Json, iso
from sandbox.chatwoot.records import AgentBot, User, Webhook
from sandbox.chatwoot.state import State


def slim_inbox(state: State) -> Json:
    inbox = state.inbox
    return {
        "id": inbox.id,
        "avatar_url": "",
        "channel_id": inbox.channel_id,
        "name": inbox.name,
        "channel_type": inbox.channel_type,
        "provider": None,
    }


def inbox_row(state: State) -> Json:
    """The raw row of the inboxes table, which creating a contact lets through."""
    return {
        "id": state.inbox.id,
        "channel_id": state.inbox.channel_id,
        "account_id": state.account_id,
        "name": state.inbox.name,
        "created_at": iso(0),
        "updated_at": iso(0),
        "channel_type": state.inbox.channel_type,
        "enable_auto_assignment": False,
        "greeting_enabled": False,
        "greeting_message": None,
        "working_hours_enabled": False,
        "out_of_office_message": None,
        "timezone": "UTC",
        "enable_email_collect": True,
        "csat_survey_enabled": False,
        "allow_messages_after_resolved": True,
        "auto_assignment_config": {},
        "lock_to_single_conversation": state.inbox.lock_to_single_conversation,
        "portal_id": None,
        "sender_name_type": "friendly",
        "business_name": None,
    }


def inbox(state: State, *, for_administrator: bool) -> Json:
    row = inbox_row(state)
    for raw_only in ("account_id", "created_at", "updated_at", "portal_id"):
        del row[raw_only]
    body = {
        **row,
        "avatar_url": "",
        "webhook_url": state.inbox.webhook_url,
        "inbox_identifier": state.inbox.identifier,
        "additional_attributes": {},
        "callback_webhook_url": None,
    }
    if for_administrator:
        body |= {"hmac_token": state.inbox.hmac_token, "hmac_mandatory": False, "secret": state.inbox.secret}
    return body


def agent(state: State, user: User) -> Json:
    return {
        "id": user.id,
        "account_id": state.account_id,
        "availability_status": "online",
        "auto_offline": True,
        "confirmed": True,
        "email": user.email,
        "provider": "email",
        "available_name": user.name,
        "name": user.name,
        "role": user.role,
        "thumbnail": "",
    }


def agent_bot(bot: AgentBot) -> Json:
    return {
        "id": bot.id,
        "name": bot.name,
        "description": bot.description,
        "thumbnail": "",
        "outgoing_url": bot.outgoing_url,
        "bot_type": "webhook",
    }


def team_row(state: State, team_id: int) -> Json:
    return {
        "id": team_id,
        "name": state.teams[team_id],
        "description": None,
        "allow_auto_assign": False,
        "account_id": state.account_id,
    }


def profile(state: State, user: User) -> Json:
    membership = {
        "id": state.account_id,
        "name": state.account_name,
        "status": "active",
        "active_at": None,
        "role": user.role,
        "permissions": [user.role],
        "availability": "online",
        "availability_status": "online",
        "auto_offline": True,
    }
    return {
        **agent(state, user),
        "access_token": user.access_token,
        "avatar_url": "",
        "display_name": None,
        "message_signature": None,
        "hmac_identifier": "",
        "inviter_id": None,
        "pubsub_token": f"pubsub-{user.id}",
        "ui_settings": {},
        "uid": user.email,
        "type": None,
        "accounts": [membership],
    }


def webhook(state: State, row: Webhook) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "url": row.url,
        "account_id": state.account_id,
        "subscriptions": row.subscriptions,
        "secret": row.secret,
        "inbox": slim_inbox(state),
    }
