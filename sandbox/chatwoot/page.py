"""The inbox page: a small dashboard for people who try things out. Not protected; it listens on localhost."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.chatwoot import rest
from sandbox.chatwoot.desk import Desk
from sandbox.chatwoot.people import People
from sandbox.chatwoot.records import Conversation, Message
from sandbox.faults import Faults, UnknownFault

blueprint = Blueprint("page", __name__)
SINGAPORE_OFFSET_S = 8 * 3600
CONVERSATIONS_SHOWN = 100
DELIVERIES_SHOWN = 8


@dataclass(frozen=True)
class Line:
    """One message as the page shows it."""

    id: int
    kind: str  # customer, broker, note or system
    author: str
    text: str
    clock: str
    small_print: str


@blueprint.get("/")
def inbox() -> ResponseReturnValue:
    return render_template("inbox.html", **_view(None))


@blueprint.get("/inbox/<int:conversation_id>")
def conversation(conversation_id: int) -> ResponseReturnValue:
    return render_template("inbox.html", **_view(conversation_id))


@blueprint.get("/app/accounts/<int:account_id>/conversations/<int:conversation_id>")
def dashboard(conversation_id: int) -> ResponseReturnValue:
    """Where the real dashboard shows a conversation, so that links made for it lead somewhere here, too."""
    return redirect(url_for("page.conversation", conversation_id=conversation_id))


@blueprint.get("/inbox/parts")
def parts() -> ResponseReturnValue:
    """The pieces that change, for the page's poll."""
    view = _view(request.args.get("conversation", type=int))
    names = ("list", "thread", "state", "faults")
    return {name: render_template(f"parts/{name}.html", **view) for name in names}


@blueprint.post("/inbox/<int:conversation_id>/say")
def say(conversation_id: int) -> ResponseReturnValue:
    text = request.form.get("content", "").strip()
    speaker = request.form.get("speaker", "customer")
    if text and speaker == "customer":
        _people().customer_says(conversation_id, text)
    elif text:
        _people().agent_says(conversation_id, text, private=speaker == "note")
    return _back_to(conversation_id)


@blueprint.post("/inbox/<int:conversation_id>/status")
def set_status(conversation_id: int) -> ResponseReturnValue:
    _people().set_status(conversation_id, request.form.get("status", ""))
    return _back_to(conversation_id)


@blueprint.post("/inbox/faults")
def add_fault() -> ResponseReturnValue:
    form = request.form
    options: dict[str, Any] = {
        "times": int(form.get("times") or 1),
        "seconds": float(form.get("seconds") or 0),
    }
    if form.get("path"):
        options["path"] = form["path"]
    try:
        _faults().add(form.get("fault", ""), **options)
    except UnknownFault as error:
        return {"error": str(error)}, 422
    return redirect(form.get("back") or "/")


@blueprint.post("/inbox/faults/clear")
def clear_faults() -> ResponseReturnValue:
    _faults().clear()
    return redirect(request.form.get("back") or "/")


def _view(conversation_id: int | None) -> dict[str, Any]:
    desk = _desk()
    with desk.state.lock:
        rows = sorted(desk.state.conversations.values(), key=lambda row: row.last_activity_at, reverse=True)
        chosen = desk.state.conversation(conversation_id) if conversation_id else None
        if chosen:
            chosen.agent_last_seen_at = desk.now()  # who looks has read; no webhook tells of it
        return {
            "conversations": [_row(row) for row in rows[:CONVERSATIONS_SHOWN]],
            "chosen": _row(chosen) if chosen else None,
            "attributes": chosen.custom_attributes if chosen else {},
            "lines": [_line(message) for message in desk.state.messages_of(chosen)] if chosen else [],
            "agent": _people().agent.name,
            "known_faults": _faults().known,
            "active_faults": _faults().active(),
            "deliveries": desk.webhooks.journal.last(DELIVERIES_SHOWN),
            "back": url_for("page.conversation", conversation_id=chosen.id) if chosen else "/",
            "clock": _clock,
        }


def _row(row: Conversation) -> dict[str, Any]:
    state = _desk().state
    contact = state.contacts[row.contact_id]
    spoken = [each for each in state.messages_of(row) if each.message_type != "activity"]
    return {
        "id": row.id,
        "name": contact.name or contact.email or f"Contact {contact.id}",
        "status": row.status,
        "unread": rest.unread_count(state, row),
        "last": (spoken[-1].content or "") if spoken else "No messages yet",
        "clock": _clock(row.last_activity_at),
        "assignee": (rest.assignee_push(state, row) or {}).get("name"),
        "labels": row.label_list,
    }


def _line(message: Message) -> Line:
    sender = _desk().state.sender(message)
    marks = [f"#{message.id}", *(f"{key} {value}" for key, value in message.content_attributes.items())]
    return Line(
        id=message.id,
        kind=_kind(message),
        author=sender.name if sender else "System",
        text=message.content or "",
        clock=_clock(message.created_at),
        small_print=" · ".join(marks if message.status == "sent" else [*marks, message.status]),
    )


def _kind(message: Message) -> str:
    if message.message_type == "activity":
        return "system"
    if message.private:
        return "note"
    return "customer" if message.message_type == "incoming" else "broker"


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment + SINGAPORE_OFFSET_S, UTC).strftime("%H:%M:%S")


def _back_to(conversation_id: int) -> ResponseReturnValue:
    return redirect(url_for("page.conversation", conversation_id=conversation_id))


def _desk() -> Desk:
    return cast(Desk, current_app.extensions["desk"])


def _people() -> People:
    return cast(People, current_app.extensions["people"])


def _faults() -> Faults:
    return cast(Faults, current_app.extensions["faults"])
