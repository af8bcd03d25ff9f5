"""Puts the one conversation of a test into the states its customer sees, as worker and webhooks would."""

from __future__ import annotations

from tests.web.conftest import Query

GREETING = "Hi Tan Wei Ming! I'm Rachel Tan, an AI mortgage assistant at NextNest. What's on your mind?"


def wait_in_line(query: Query) -> None:
    """Nobody is free."""
    query("update broker_conversations set status = 'waiting', waiting_since = now()")


def assign(query: Query) -> None:
    """Rachel Tan has it; her greeting is on its way."""
    query(
        "update broker_conversations set status = 'active', waiting_since = null,"
        " broker_id = (select id from ai_brokers where slug = 'rachel-tan')"
    )
    plan(query, "greeting", 0, GREETING)


def plan(query: Query, kind: str, turn: int, text: str) -> None:
    """A line of ours, not sent yet."""
    query(
        "insert into outgoing_messages (conversation_id, kind, turn, payload)"
        " select conversation_id, %(k)s, %(n)s, jsonb_build_object('content', %(t)s::text) from broker_conversations",
        k=kind, n=turn, t=text,
    )  # fmt: skip


def send(query: Query, message_id: int) -> None:
    """What was planned is in Chatwoot under this id."""
    query(
        "update outgoing_messages set state = 'sent', sent_at = now(), chatwoot_message_id = %(id)s"
        " where state = 'planned'",
        id=message_id,
    )


def say(query: Query, message_id: int, text: str, kind: str = "reply") -> None:
    """A line of ours, sent."""
    plan(query, kind, message_id, text)
    send(query, message_id)


def greet(query: Query) -> None:
    """A broker has it and has said hello."""
    assign(query)
    send(query, 9000)


def hand_over(query: Query) -> None:
    """It is a person's, though nobody is there yet."""
    query(
        "update broker_conversations set status = 'handed_off', held_by = 'person', handoff_at = now(),"
        " handoff_reason = 'asked_for_person'"
    )


def take(query: Query, message_id: int, text: str) -> None:
    """A colleague has taken it and writes."""
    query("update broker_conversations set held_by = 'person', taken_at = now()")
    query(
        "insert into person_messages select conversation_id, %(id)s, %(t)s, now() from broker_conversations",
        id=message_id, t=text,
    )  # fmt: skip
