"""What can be done to conversations: open, change, assign, label; each change is told to the webhooks."""

import uuid
from typing import Any

from sandbox.chatwoot import contacts
from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.errors import InternalError, NotFound
from sandbox.chatwoot.formats import Json, iso
from sandbox.chatwoot.limits import check_attributes
from sandbox.chatwoot.records import (
    STATUSES,
    AgentBot,
    Contact,
    ContactInbox,
    Conversation,
    Message,
    Principal,
    User,
)

TIME_FIELDS = ("snoozed_until", "waiting_since", "first_reply_created_at", "updated_at")
STATUS_LINES = {
    "open": "Conversation was reopened by {}",
    "resolved": "Conversation was marked resolved by {}",
    "pending": "Conversation was marked as pending by {}",
    "snoozed": "Conversation was snoozed by {}",
}
REOPENED_BY_MESSAGE = "System reopened the conversation due to a new incoming message."
OPENED_BY_BOT_FAILURE = "Conversation was marked open by system due to an error with the agent bot."


def create(desk: Desk, params: Json) -> Conversation:
    """Raises NotFound, Unprocessable for a foreign source id, InternalError where Rails would fail."""
    status = params.get("status") or "open"
    if status not in STATUSES:
        raise InternalError
    attributes = {name: _object(params.get(name)) for name in ("custom_attributes", "additional_attributes")}
    for name, value in attributes.items():
        check_attributes(name, value)
    entry = _contact_inbox(desk, params)
    contact = desk.state.contact(entry.contact_id)
    if desk.state.inbox.lock_to_single_conversation:
        earlier = [each for each in desk.state.conversations_of(contact) if each.contact_inbox_id == entry.id]
        if earlier:
            return earlier[-1]
    row = _new_row(desk, contact, entry, _first_status(desk, contact, status))
    row.custom_attributes, row.additional_attributes = attributes.values()
    row.assignee_id = params.get("assignee_id") if params.get("assignee_id") in desk.state.users else None
    row.team_id = params.get("team_id") if params.get("team_id") in desk.state.teams else None
    desk.state.add(row)
    desk.emit_conversation("conversation_created", row)
    return row


def change(desk: Desk, row: Conversation, **values: Any) -> bool:
    """Sets these fields and tells what changed, if anything did."""
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not before:
        return False
    before["updated_at"] = row.updated_at
    for name in before:
        setattr(row, name, values.get(name, desk.now()))
    desk.state.save(row)
    if "status" in before:
        _emit_status(desk, row)
    desk.emit_conversation("conversation_updated", row, {"changed_attributes": _differences(row, before)})
    return True


def set_status(
    desk: Desk, row: Conversation, status: str, actor: Principal | None, until: float | None = None
) -> None:
    """A new status, with the activity line people see. Raises InternalError for a word that is no status."""
    if status not in STATUSES:
        raise InternalError
    if row.status == status and row.snoozed_until == until:
        return
    values: dict[str, Any] = {"status": status, "snoozed_until": until if status == "snoozed" else None}
    if status == "resolved":
        values["waiting_since"] = None
    changed_status = row.status != status
    change(desk, row, **values)
    if changed_status and actor:
        add_activity(desk, row, STATUS_LINES[status].format(actor.name))


def hand_off(desk: Desk, row: Conversation, bot: AgentBot) -> None:
    """A bot opening a pending conversation: somebody is waited for from now on."""
    if row.waiting_since is None:
        change(desk, row, waiting_since=desk.now())
    set_status(desk, row, "open", bot)


def reopen_for_customer(desk: Desk, row: Conversation) -> None:
    """A customer's message wakes a sleeping conversation; a resolved one goes to the bot, if there is one."""
    if row.status == "snoozed":
        change(desk, row, status="open", snoozed_until=None)
        add_activity(desk, row, REOPENED_BY_MESSAGE)
    elif row.status == "resolved":
        change(desk, row, status="pending" if desk.state.active_bot else "open")
        add_activity(desk, row, REOPENED_BY_MESSAGE)


def open_after_bot_failure(desk: Desk, row: Conversation) -> None:
    """A pending conversation whose bot cannot be reached goes to people."""
    if row.status == "pending":
        change(desk, row, status="open")
        add_activity(desk, row, OPENED_BY_BOT_FAILURE)


def replace_custom_attributes(desk: Desk, row: Conversation, attributes: object) -> None:
    """The whole hash is replaced. A missing one makes Rails fail. Raises RecordInvalid, InternalError."""
    if not isinstance(attributes, dict):
        raise InternalError
    check_attributes("custom_attributes", attributes)
    change(desk, row, custom_attributes=attributes)


def replace_labels(desk: Desk, row: Conversation, labels: object, actor: Principal) -> None:
    """The whole list is replaced; nothing clears it."""
    wanted = [str(label) for label in labels] if isinstance(labels, list) else []
    added = [label for label in wanted if label not in row.label_list]
    if change(desk, row, label_list=list(dict.fromkeys(wanted))) and added:
        add_activity(desk, row, f"{actor.name} added {', '.join(added)}")


def assign_user(desk: Desk, row: Conversation, user: User | None, actor: Principal) -> None:
    """Nobody unassigns. A user takes the place of a bot."""
    changed = change(desk, row, assignee_id=user.id if user else None, assignee_agent_bot_id=None)
    if changed:
        name = "Conversation unassigned by" if user is None else f"Assigned to {user.name} by"
        add_activity(desk, row, f"{name} {actor.name}")


def assign_bot(desk: Desk, row: Conversation, bot: AgentBot) -> None:
    change(desk, row, assignee_agent_bot_id=bot.id, assignee_id=None)


def assign_team(desk: Desk, row: Conversation, team_id: int | None) -> None:
    change(desk, row, team_id=team_id)


def add_activity(desk: Desk, row: Conversation, text: str) -> None:
    """A system line: nobody's words, never told to a webhook."""
    now = desk.now()
    line = Message(
        id=desk.state.next_id(Message),
        conversation_id=row.id,
        message_type="activity",
        content=text,
        created_at=now,
        updated_at=now,
    )
    desk.state.add(line)
    row.last_activity_at = now
    desk.state.save(row)


def _contact_inbox(desk: Desk, params: Json) -> ContactInbox:
    source_id, contact_id = params.get("source_id"), params.get("contact_id")
    if contact_id is not None and params.get("inbox_id") is not None:
        if _number(params["inbox_id"]) != desk.state.inbox.id:
            raise NotFound
        return contacts.add_to_inbox(desk, desk.state.contact(_number(contact_id)), source_id)
    entry = desk.state.by_source_id(str(source_id)) if source_id else None
    if entry is None:
        raise NotFound
    return entry


def _first_status(desk: Desk, contact: Contact, wanted: str) -> str:
    if contact.blocked:
        return "resolved"
    return "pending" if desk.state.active_bot else wanted


def _new_row(desk: Desk, contact: Contact, entry: ContactInbox, status: str) -> Conversation:
    now = desk.now()
    return Conversation(
        id=desk.state.next_id(Conversation),
        uuid=str(uuid.uuid4()),
        contact_id=contact.id,
        contact_inbox_id=entry.id,
        inbox_id=desk.state.inbox.id,
        status=status,
        last_activity_at=now,
        created_at=now,
        updated_at=now,
        # Chatwoot starts the waiting clock with the conversation itself.
        waiting_since=now,
    )


def _emit_status(desk: Desk, row: Conversation) -> None:
    if row.status in ("open", "resolved"):
        desk.emit_conversation(
            "conversation_opened" if row.status == "open" else "conversation_resolved", row
        )
    # Null in practice, though documented as a list of changes.
    desk.emit_conversation("conversation_status_changed", row, {"changed_attributes": None})


def _differences(row: Conversation, before: dict[str, Any]) -> list[Json]:
    return [
        {name: {"previous_value": _shown(name, old), "current_value": _shown(name, getattr(row, name))}}
        for name, old in before.items()
    ]


def _shown(name: str, value: Any) -> Any:
    return iso(value) if name in TIME_FIELDS else value


def _object(value: object) -> Json:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InternalError
    return value


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
