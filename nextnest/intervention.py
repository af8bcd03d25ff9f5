"""What an operator does with a conversation: takes it, gives it back, closes it, ends its links, has work done again.

Each follows the road a colleague's act in Chatwoot takes: who has it changes in the caller's commit, places follow in
`settle-conversation`, and Chatwoot is told through the outbox. What cannot be done raises Refused and changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from nextnest import deferring, reception
from nextnest.store import conversations, leads, outbox, story
from nextnest.store.statements import Row

Act = Callable[[Connection[Any], int, str], str]

_OURS = {"new", "waiting", "active"}


class Refused(Exception):
    """An operator's act that does not fit the conversation as it is now; says why, and what to do instead."""


def take_over(conn: Connection[Any], conversation_id: int, by: str) -> str:
    """A person has it from this commit on, as after a private `/take`; what was done, in words."""
    standing = _standing(conn, conversation_id)
    if standing["held_by"] == "person":
        raise Refused("A person has this conversation already.")
    reception.pass_to(conn, conversation_id, "person")
    if standing["status"] in _OURS and standing["chatwoot_status"] != "open":
        _tell(conn, conversation_id, "status", {"status": "open"})
    _note(conn, conversation_id, f"Console: {by} took this conversation over. The AI is silent now.")
    return "A person has it now and the AI is silent. Please answer the customer in Chatwoot."


def give_back(conn: Connection[Any], conversation_id: int, by: str) -> str:
    """The AI has it again, as after a private `/give`; what was done, in words."""
    standing = _standing(conn, conversation_id)
    if standing["held_by"] == "ai":
        raise Refused("The AI has this conversation already.")
    reception.pass_to(conn, conversation_id, "ai")
    if standing["status"] in _OURS:
        # Taken a moment ago: its opening in Chatwoot may still be under way, and nothing else would set it back.
        _tell(conn, conversation_id, "return", {"status": "pending"})
    _note(conn, conversation_id, f"Console: {by} gave this conversation back to the AI.")
    if standing["status"] == "resolved":
        return "The AI will answer when the customer writes again."
    return "The AI goes on with it as soon as a broker has a place."


def close(conn: Connection[Any], conversation_id: int, by: str) -> str:
    """Close it and free its place or its place in line, as if somebody had resolved it in Chatwoot; what was done."""
    standing = _standing(conn, conversation_id)
    if standing["status"] == "resolved":
        raise Refused("This conversation is closed already and holds no place.")
    if not standing["holds_a_place"] and standing["status"] != "waiting":
        raise Refused("This conversation holds no place. Resolve it in Chatwoot when it is over.")
    conversations.note_status(conn, conversation_id, "resolved", holder=None, newest=None)
    # Pictures of Chatwoot from before this moment say nothing new.
    conversations.note_picture(conn, conversation_id, "status", datetime.now(UTC).timestamp())
    deferring.settle_conversation(conversation_id).defer_sync(conn)
    _tell(conn, conversation_id, "status", {"status": "resolved"})
    _note(conn, conversation_id, f"Console: {by} closed this conversation.")
    return "It is being closed, and its place goes to the next in line."


def end_links(conn: Connection[Any], conversation_id: int, by: str) -> str:
    """The chat links into it open nothing any more, and a form sent anew makes a new one; what was done, in words."""
    if not leads.revoke_links(conn, conversation_id):
        raise Refused("No chat link opens this conversation.")
    _note(
        conn,
        conversation_id,
        f"Console: {by} ended the chat link. The customer reads nothing here without it.",
    )
    return "The chat link has ended. The customer gets a new one by sending the form again."


def restore_links(conn: Connection[Any], conversation_id: int, by: str) -> str:
    """The chat links that were ended open it again; what was done, in words."""
    if not leads.restore_links(conn, conversation_id):
        raise Refused("No chat link of this conversation was ended.")
    _note(conn, conversation_id, f"Console: {by} opened the chat link again. The customer can read here.")
    return "The chat link opens this conversation again."


def run_again(conn: Connection[Any], conversation_id: int, by: str) -> str:  # noqa: ARG001
    """Defer the job that should be there and is not; what was done, in words."""
    standing = _standing(conn, conversation_id)
    if standing["held_by"] == "person":
        raise Refused("A person has this conversation. Give it back to the AI if it is to go on.")
    if standing["status"] == "waiting":
        raise Refused("It waits in line and is served as soon as a broker has a place.")
    if at_work := story.job_at_work(conn, conversation_id):
        state = "runs" if at_work["status"] == "doing" else "waits"
        raise Refused(f"Job {at_work['id']} ({at_work['task_name']}) {state} for it already.")
    job = _missing_job(conversation_id, standing)
    job.defer_sync(conn)
    return f"A new {job.task} job waits for a worker."


def _missing_job(conversation_id: int, standing: Row) -> deferring.Planned:
    """What upkeep would defer in a while: the arrival first, then the newest message, then what is left to send."""
    if standing["status"] == "new":
        return deferring.new_conversation(conversation_id)
    if standing["unanswered"] and not standing["uses_queue"]:
        return deferring.forward_message(conversation_id, standing["unanswered"])
    if standing["unanswered"]:
        return deferring.incoming_message(conversation_id, standing["unanswered"])
    if standing["unfinished"]:
        return deferring.deliver_effects(conversation_id)
    raise Refused("Nothing is left to do: every message has its answer and everything planned was sent.")


def _standing(conn: Connection[Any], conversation_id: int) -> Row:
    found = story.standing(conn, conversation_id)
    if found is None:
        raise Refused("There is no such conversation.")
    return found


def _note(conn: Connection[Any], conversation_id: int, content: str) -> None:
    """Colleagues in Chatwoot read what happened here."""
    _tell(conn, conversation_id, "private_note", {"content": content})
    deferring.deliver_effects(conversation_id).defer_sync(conn)


def _tell(conn: Connection[Any], conversation_id: int, kind: str, payload: dict[str, object]) -> None:
    """Plan an effect of its own: no message has a negative number, and no two acts of one conversation a millisecond."""
    outbox.plan_sync(conn, conversation_id, kind, payload, turn=-int(time.time() * 1000))
