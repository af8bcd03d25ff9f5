"""Chatwoot's webhooks: signature, echo, duplicate, defer. Postgres only, one transaction, an answer in milliseconds.

Chatwoot calls once and never again, so everything that must happen is remembered before it is answered.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from psycopg import Connection
from werkzeug.exceptions import BadRequest, Unauthorized

from nextnest import reception
from nextnest.chatwoot import ChatwootMessage, MessageType
from nextnest.rules.commands import command_in
from nextnest.rules.signature import verify
from nextnest.settings import Settings
from nextnest.store import incoming
from web.doors import doors
from web.events import Event, sent_at
from web.incoming import parse_json, read_body

log = structlog.get_logger(__name__)
routes = Blueprint("webhooks", __name__)

_LARGEST_EVENT = 1024 * 1024
_WRITERS = {"person": reception.note_person_message, "bot": reception.note_bot_message}


@routes.post("/api/chatwoot-webhook")
def chatwoot_webhook() -> ResponseReturnValue:
    """Take in what Chatwoot tells us; `status` says what became of it."""
    here = doors()
    body = read_body(_LARGEST_EVENT)
    _refuse_unless_signed(here.settings, body)
    event = _read_event(body)
    with here.transaction() as conn:
        status = _take_in(conn, event, here.settings)
        recorded = status in ("queued", "forwarded") or _record(conn, event, status)
        if recorded is None:
            conn.rollback()
            status = "duplicate_skipped"
    if recorded is False:
        here.quiet.add(event.name, event.conversation_id, event.delivery_id, status)
    log.info("webhook", webhook_event=event.name, status=status, conversation_id=event.conversation_id)
    return {"status": status}


@routes.errorhandler(psycopg.OperationalError)
def database_away(error: Exception) -> ResponseReturnValue:
    """500 and not 503: of all errors it is the one for which Chatwoot tries an agent bot's webhook again."""
    log.error("webhook lost to the database", error=type(error).__name__)
    return {"status": "unavailable"}, 500


def _refuse_unless_signed(settings: Settings, body: bytes) -> None:
    secret = settings.chatwoot_webhook_secret
    if secret is None:
        if settings.chatwoot_allow_unsigned:
            return
        raise Unauthorized("No webhook secret is set here.")
    fault = verify(
        secret.get_secret_value(),
        signature=request.headers.get("X-Chatwoot-Signature"),
        timestamp=request.headers.get("X-Chatwoot-Timestamp"),
        body=body,
        now=time.time(),
    )
    if fault:
        log.warning("webhook refused", reason=fault)
        raise Unauthorized("The signature is missing, wrong or stale.")


def _read_event(body: bytes) -> Event:
    payload = parse_json(body)
    if not isinstance(payload, dict):
        raise BadRequest("The body should be a JSON object.")
    return Event(payload, request.headers.get("X-Chatwoot-Delivery"))


def _take_in(conn: Connection[Any], event: Event, settings: Settings) -> str:
    conversation_id = event.conversation_id
    if conversation_id is None or not event.is_of(settings.chatwoot_account_id, settings.chatwoot_inbox_id):
        return "ignored"
    if event.name == "message_created":
        return _message(conn, conversation_id, event, settings.queue_rollout_percentage)
    if event.name == "conversation_status_changed" and event.status:
        return _status(conn, conversation_id, event, event.status)
    if event.name == "conversation_updated":
        return _assignee_and_label(conn, conversation_id, event, settings.nextnest_person_label)
    return "ignored"


def _status(conn: Connection[Any], conversation_id: int, event: Event, status: str) -> str:
    return reception.note_status(
        conn,
        conversation_id=conversation_id,
        status=status,
        picture_at=event.picture_at,
        newest=event.newest,
        newest_of_customer=event.newest_of_customer,
    )


def _assignee_and_label(conn: Connection[Any], conversation_id: int, event: Event, person_label: str) -> str:
    """One event may bring both. Most bring neither: Chatwoot sends one with nearly every message."""
    statuses = []
    if event.changes_the_assignee:
        statuses.append(_assignee(conn, conversation_id, event))
    if event.labels is not None:
        labelled = person_label in event.labels
        statuses.append(
            reception.note_label(
                conn, conversation_id=conversation_id, labelled=labelled, picture_at=event.picture_at
            )
        )
    return next((status for status in statuses if status != "ignored"), "ignored")


def _assignee(conn: Connection[Any], conversation_id: int, event: Event) -> str:
    return reception.note_assignee(
        conn,
        conversation_id=conversation_id,
        assignee_type=event.assignee_type,
        assignee_id=event.assignee_id,
        picture_at=event.picture_at,
    )


def _message(conn: Connection[Any], conversation_id: int, event: Event, rollout_percentage: int) -> str:
    message = event.message()
    if message is None:
        return "ignored"
    of_a_customer = message.message_type == MessageType.INCOMING and not message.private
    # Whether a customer's message is an echo is looked up as it is taken in; one that names an effect of ours is nobody's.
    if (not of_a_customer or message.effect_id) and _is_ours(conn, conversation_id, message):
        return "echo_skipped"
    if message.private:
        return _note(conn, conversation_id, message)
    if message.message_type == MessageType.OUTGOING:
        return _outgoing(conn, conversation_id, event, message)
    text = event.text(message)
    if not of_a_customer or not text:
        return "ignored"
    return reception.accept_customer_message(
        conn,
        conversation_id=conversation_id,
        message_id=message.id,
        content=text,
        sent_at=sent_at(message),
        contact_id=event.contact_id,
        source="webhook",
        rollout_percentage=rollout_percentage,
    )


def _is_ours(conn: Connection[Any], conversation_id: int, message: ChatwootMessage) -> bool:
    """By ids, never by text. An id of ours that we do not know is still nobody's question, so it is never answered."""
    known = reception.check_if_echo(
        conn, conversation_id=conversation_id, message_id=message.id, effect_id=message.effect_id
    )
    return known or message.effect_id is not None


def _note(conn: Connection[Any], conversation_id: int, message: ChatwootMessage) -> str:
    """A private note is a command when a colleague wrote one; nobody else commands."""
    command = command_in(message.content) if message.sender and message.sender.type == "user" else None
    if command is None:
        return "ignored"
    return reception.note_command(
        conn, conversation_id=conversation_id, message_id=message.id, command=command
    )


def _outgoing(conn: Connection[Any], conversation_id: int, event: Event, message: ChatwootMessage) -> str:
    """A colleague takes the conversation by writing in it, also from a phone; bots, automations and campaigns do not."""
    note = _WRITERS.get(message.author or "")
    if note is None:
        return "ignored"
    return note(
        conn,
        conversation_id=conversation_id,
        message_id=message.id,
        content=event.text(message),
        sent_at=sent_at(message) or datetime.now(UTC),
    )


def _record(conn: Connection[Any], event: Event, status: str) -> bool | None:
    """Whether it is written down with what it changed; it is not when it changed nothing.

    None for a delivery that was taken in before: what it did is not to be done again.
    """
    recorded = incoming.record_event(
        conn,
        event=event.name,
        conversation_id=event.conversation_id,
        delivery_id=event.delivery_id,
        status=status,
    )
    if not recorded["changed"]:
        return False
    return True if recorded["is_new"] else None
