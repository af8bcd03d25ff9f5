"""The customer's own page: reading the conversation from Postgres, writing into it through Chatwoot, hearing of news.

The signed link opens one lead's conversation and nothing else.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection
from werkzeug.exceptions import BadRequest, Gone, NotFound

from nextnest import reception
from nextnest.store import web
from nextnest.store.statements import Row
from nextnest.store.web import LINES_AT_ONCE, Lines, Post
from web import office, posting
from web.doors import Doors, doors
from web.incoming import count, parse_json, read_body
from web.live import NoPlace
from web.posting import NotPosted

routes = Blueprint("chat", __name__)

_LARGEST_POST = 64 * 1024
_LONGEST_TEXT = 4000
_POSTS_PER_MINUTE = 30
_LARGEST_ID = 2**63 - 1
_ENDED = {
    "expired": "Nobody has written here for a long time, so this link has ended. Send the form again for a new one.",
    "revoked": "This link was ended to keep your conversation private. Send the form again for a new one.",
}


@routes.get("/chat/<link>")
def page(link: str) -> ResponseReturnValue:
    """The chat page; it fills itself from the messages route."""
    here = doors()
    lead_id = _lead_of(here, link)
    with here.transaction() as conn:
        view = _view(here, conn, lead_id)
    return render_template(
        "chat.html",
        messages_url=url_for("chat.messages", link=link),
        events_url=url_for("chat.events", link=link),
        broker_name=view["broker_name"] or "",
        longest_text=_LONGEST_TEXT,
    )


@routes.get("/api/chat/<link>/messages")
def messages(link: str) -> ResponseReturnValue:
    """What was said after message `after`, and how the conversation stands."""
    here = doors()
    lead_id = _lead_of(here, link)
    after = min(request.args.get("after", default=0, type=int), _LARGEST_ID)
    with here.transaction() as conn:
        view = _view(here, conn, lead_id)
        lines = web.chat_lines(conn, lead_id, after)
    return _standing(here, view) | _messages(lines, after)


@routes.get("/api/chat/<link>/events")
def events(link: str) -> ResponseReturnValue:
    """Server-sent events: `news` when there is something to read. 204 when the page should poll instead."""
    here = doors()
    lead_id = _lead_of(here, link)
    with here.transaction() as conn:
        conversation_id = _view(here, conn, lead_id)["conversation_id"]
    if conversation_id is None:
        return "", 204
    try:
        stream = here.live.open(lead_id, conversation_id)
    except NoPlace:
        return "", 204
    response = Response(here.live.events(stream), mimetype="text/event-stream")
    response.call_on_close(lambda: here.live.leave(stream))
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back until it has enough of them
    return response


@routes.post("/api/chat/<link>/messages")
def send(link: str) -> ResponseReturnValue:
    """Post the customer's text once, however often the page sends it; 201 with Chatwoot's message id."""
    here = doors()
    lead_id = _lead_of(here, link)
    count(here, f"chat-{lead_id}", _POSTS_PER_MINUTE)
    text, client_id = _read_post()
    post = Post(lead_id, client_id)
    with here.transaction() as conn:
        view = _view(here, conn, lead_id)
        if view["conversation_id"] is None:
            return _not_yet(here)
        claim = posting.claim(conn, post, view["conversation_id"])
    if claim.message_id is not None:
        return _sent(claim.message_id, client_id), 200
    try:
        message_id = posting.deliver(here, post, claim, text)
    except NotPosted as failed:
        return _not_sent(here, failed.retry_after_s)
    with here.transaction() as conn:
        web.record_post(conn, post, message_id)
        reception.accept_customer_message(
            conn,
            conversation_id=claim.conversation_id,
            message_id=message_id,
            content=text,
            sent_at=None,
            contact_id=view["contact_id"],
            source="chat",
            rollout_percentage=here.settings.queue_rollout_percentage,
        )
    return _sent(message_id, client_id), 201


def _lead_of(here: Doors, link: str) -> UUID:
    lead_id = here.links().lead_id(link)
    if lead_id is None:
        raise NotFound("This link does not open a conversation.")
    return lead_id


def _view(here: Doors, conn: Connection[Any], lead_id: UUID) -> Row:
    view = web.chat_view(conn, lead_id, here.settings.nextnest_chat_link_days)
    if view is None:
        raise NotFound("This conversation is no longer here.")
    if view["link"] != "open":
        raise Gone(_ENDED[view["link"]])
    return view


def _standing(here: Doors, view: Row) -> dict[str, object]:
    """Who has the conversation, as the page shows it. `taken`: a colleague is there already."""
    status = _status(view)
    return {
        "status": status,
        "taken": status == "person" and view["taken"],
        "position": view["position"],
        "brokerName": view["broker_name"],
        "brokerTitle": view["broker_title"],
        "typing": status == "active" and view["writing"],
        "reused": view["lead_state"] == "reused",
        "live": view["conversation_id"] is not None and here.settings.nextnest_live_streams > 0,
        "hours": office.hours(here.settings),
    }


def _status(view: Row) -> str:
    if view["status"] == "resolved":
        return "closed"
    if view["held_by"] == "person" or view["status"] == "handed_off":
        return "person"
    if view["status"] in ("active", "waiting"):
        return str(view["status"])
    return "connecting"


def _messages(lines: Lines, after: int) -> dict[str, object]:
    """`total` lets the page notice a line whose id is older than one it has: then it reads everything again."""
    return {
        "messages": [_message(row) for row in lines.rows],
        "cursor": lines.rows[-1]["message_id"] if lines.rows else after,
        "more": len(lines.rows) == LINES_AT_ONCE,
        "total": lines.total,
    }


def _message(row: Row) -> dict[str, object]:
    return {
        "id": row["message_id"],
        "role": row["role"],
        "text": row["content"],
        "at": row["at"].isoformat(),
        "clientId": str(row["client_id"]) if row["client_id"] else None,
    }


def _read_post() -> tuple[str, UUID]:
    body = parse_json(read_body(_LARGEST_POST))
    text, client_id = (body.get("text"), body.get("clientId")) if isinstance(body, dict) else (None, None)
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= _LONGEST_TEXT:
        raise BadRequest(f"text should be 1 to {_LONGEST_TEXT} characters.")
    try:
        return text.strip(), UUID(client_id)
    except (ValueError, TypeError, AttributeError):
        raise BadRequest("clientId should be a UUID that the page makes for each text.") from None


def _sent(message_id: int, client_id: UUID) -> dict[str, object]:
    return {"success": True, "id": message_id, "clientId": str(client_id)}


def _not_yet(here: Doors) -> ResponseReturnValue:
    body = _failure(here, "We are still connecting you. Your message stays here and goes out right after.")
    return body, 409, {"Retry-After": "2"}


def _not_sent(here: Doors, retry_after_s: int) -> ResponseReturnValue:
    body = _failure(here, "Your message could not be sent just now. It stays here; please try again.")
    return body, 503, {"Retry-After": str(retry_after_s)}


def _failure(here: Doors, error: str) -> dict[str, object]:
    return {"success": False, "error": error, "phoneFallback": here.settings.nextnest_phone_fallback}
