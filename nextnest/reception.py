"""What web does with what Chatwoot tells it: Postgres only, on the route's connection, in the route's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from nextnest import deferring
from nextnest.rules.rollout import should_use_queue
from nextnest.store import conversations, incoming
from nextnest.store.statements import Row


def check_if_echo(
    conn: Connection[Any], *, conversation_id: int, message_id: int, effect_id: UUID | None
) -> bool:
    """Whether the message is our own; if its send is still under way or was lost, this proves that it arrived."""
    ours = incoming.is_ours(conn, conversation_id=conversation_id, message_id=message_id, effect_id=effect_id)
    if ours and effect_id:
        incoming.adopt_echo(conn, conversation_id=conversation_id, message_id=message_id, effect_id=effect_id)
    return ours


def accept_customer_message(
    conn: Connection[Any],
    *,
    conversation_id: int,
    message_id: int,
    content: str,
    sent_at: datetime | None,
    contact_id: int | None,
    source: str,
    rollout_percentage: int,
) -> str:
    """Remember a customer's message and defer its job: `queued`, `forwarded`, `duplicate_skipped` or `echo_skipped`.

    A conversation nobody announced (the customer wrote without a form) is greeted first; outside the rollout its talk
    is n8n's from the first word, and only a form greets.
    """
    job = deferring.incoming_message(conversation_id, message_id)
    message: dict[str, Any] = {
        "conversation_id": conversation_id,
        "message_id": message_id,
        "content": content,
        "sent_at": sent_at,
        "source": source,
        "job": job.queueing_lock,
    }
    taken = incoming.take_in(conn, **message)
    if taken["ours"]:
        return "echo_skipped"
    created = False
    if taken["uses_queue"] is None:
        uses_queue = should_use_queue(conversation_id, rollout_percentage)
        created = conversations.ensure(conn, conversation_id, contact_id=contact_id, uses_queue=uses_queue)[
            "created"
        ]
        taken = incoming.take_in(conn, **message)
    if not taken["is_new"]:
        return "duplicate_skipped"
    if not taken["uses_queue"]:
        deferring.forward_message(conversation_id, message_id).defer_sync(conn)
        return "forwarded"
    if created:
        deferring.new_conversation(conversation_id).defer_sync(conn)
    if not taken["waits"]:
        job.defer_first(conn)
    return "queued"


def note_person_message(
    conn: Connection[Any], *, conversation_id: int, message_id: int, content: str, sent_at: datetime
) -> str:
    """A colleague wrote to the customer: the AI is silent from this commit on.

    `recorded`, `ignored`, or `duplicate_skipped`: a repeated webhook takes back nothing that was given back since.
    Outside the rollout it may as well be n8n, which writes with a user's token: the words are kept, and nothing follows.
    """
    known = conversations.known(conn, conversation_id)
    if known is None:
        return "ignored"
    if not incoming.remember_person(
        conn, conversation_id=conversation_id, message_id=message_id, content=content, sent_at=sent_at
    ):
        return "duplicate_skipped"
    if known["uses_queue"] and conversations.newer_command(conn, conversation_id, message_id) != "give":
        conversations.give_to_person(conn, conversation_id)
        deferring.settle_conversation(conversation_id).defer_sync(conn)
    return "recorded"


def note_bot_message(
    conn: Connection[Any], *, conversation_id: int, message_id: int, content: str, sent_at: datetime
) -> str:
    """A bot of Chatwoot wrote: outside the rollout that is n8n, and the chat page shows it. `recorded` or `ignored`."""
    known = conversations.known(conn, conversation_id)
    if known is None or known["uses_queue"]:
        return "ignored"
    incoming.remember_person(
        conn, conversation_id=conversation_id, message_id=message_id, content=content, sent_at=sent_at
    )
    return "recorded"


def note_command(conn: Connection[Any], *, conversation_id: int, message_id: int, command: str) -> str:
    """A colleague's private note takes the conversation or gives it back. `recorded`, `ignored` or `duplicate_skipped`.

    Of several the newest note holds, in whichever order their webhooks come.
    """
    known = conversations.standing(conn, conversation_id)
    if known is None or not known["uses_queue"]:
        return "ignored"
    if not conversations.remember_command(conn, conversation_id, message_id, command):
        return "duplicate_skipped"
    if conversations.newer_command(conn, conversation_id, message_id) is None:
        pass_to(conn, conversation_id, "person" if command == "take" else "ai")
    return "recorded"


def note_status(
    conn: Connection[Any],
    *,
    conversation_id: int,
    status: str,
    picture_at: float | None = None,
    newest: int | None = None,
    newest_of_customer: int | None = None,
) -> str:
    """Somebody opened, closed, or gave the conversation back. `recorded`, `ignored` or `duplicate_skipped`.

    `picture_at` is Chatwoot's time of the picture the status stands in, `newest` the last public message in it, and
    `newest_of_customer` the same when the customer wrote it.
    """
    known = conversations.standing(conn, conversation_id)
    if known is None:
        return "ignored"
    if _is_older(picture_at, known, "status"):
        return "duplicate_skipped"
    holder = _holder_after(conn, conversation_id, known, status, picture_at, newest_of_customer)
    conversations.note_status(conn, conversation_id, status, holder=holder, newest=newest)
    conversations.note_picture(conn, conversation_id, "status", picture_at)
    deferring.settle_conversation(conversation_id).defer_sync(conn)
    return "recorded"


def note_assignee(
    conn: Connection[Any],
    *,
    conversation_id: int,
    assignee_type: str | None,
    assignee_id: int | None = None,
    picture_at: float | None = None,
) -> str:
    """A person was put in charge, or was taken off it again, which gives it back. `recorded`, `ignored`, `echo_skipped`
    or `duplicate_skipped`. Bots are no persons: put in charge, they neither take nor give back.
    """
    known = conversations.standing(conn, conversation_id)
    if known is None:
        return "ignored"
    person = assignee_id if assignee_type == "User" else None
    if _is_older(picture_at, known, "assignee") or (person is not None and known["assigned_to"] == person):
        return "duplicate_skipped"
    conversations.note_picture(conn, conversation_id, "assignee", picture_at)
    conversations.note_assigned(conn, conversation_id, person)
    if assignee_type == "User":
        if conversations.is_echo(conn, conversation_id, ["assignment"], {"assignee_id": assignee_id}):
            return "echo_skipped"
        pass_to(conn, conversation_id, "person")
        return "recorded"
    if assignee_type is None and known["assigned_to"] is not None and not known["person_label"]:
        pass_to(conn, conversation_id, "ai")
        return "recorded"
    return "ignored"


def note_label(
    conn: Connection[Any], *, conversation_id: int, labelled: bool, picture_at: float | None = None
) -> str:
    """The label that says a person has it was put on or taken off. `recorded`, `ignored` or `duplicate_skipped`.

    Taken off, it gives the conversation back, unless a person is assigned to it.
    """
    glanced = conversations.glance(conn, conversation_id)
    if glanced is None or glanced["person_label"] == labelled:
        return "ignored"
    known = conversations.standing(conn, conversation_id)
    if known is None or known["person_label"] == labelled:
        return "ignored"
    if _is_older(picture_at, known, "label"):
        return "duplicate_skipped"
    conversations.note_picture(conn, conversation_id, "label", picture_at)
    conversations.note_label(conn, conversation_id, labelled)
    if labelled or known["assigned_to"] is None:
        pass_to(conn, conversation_id, "person" if labelled else "ai")
    return "recorded"


def pass_to(conn: Connection[Any], conversation_id: int, holder: str) -> None:
    """`person` or `ai` has it from this commit on; capacity follows in a job."""
    if holder == "person":
        conversations.give_to_person(conn, conversation_id)
    else:
        conversations.give_back(conn, conversation_id)
    deferring.settle_conversation(conversation_id).defer_sync(conn)


def _holder_after(
    conn: Connection[Any],
    conversation_id: int,
    known: Row,
    status: str,
    picture_at: float | None,
    newest_of_customer: int | None,
) -> str | None:
    """Who has it once this status is known; None when that stays. A change of our own moves nobody."""
    if conversations.is_echo(conn, conversation_id, ["status", "return"], {"status": status}):
        return None
    if status == "pending":
        return (
            "ai" if known["chatwoot_status"] != "pending" or _is_newer(picture_at, known, "status") else None
        )
    if status != "open" or known["chatwoot_status"] == "open":
        return None
    # Chatwoot opens a closed conversation when the customer writes: whoever had it goes on with it.
    if known["chatwoot_status"] == "resolved" and conversations.written_since_closed(
        conn, conversation_id, newest_of_customer
    ):
        return None
    return "person"


def _is_older(picture_at: float | None, known: Row, aspect: str) -> bool:
    """Webhooks come in any order, and each shows the conversation as it was when it was written."""
    seen_at = known["pictures"].get(aspect)
    return picture_at is not None and seen_at is not None and picture_at < seen_at


def _is_newer(picture_at: float | None, known: Row, aspect: str) -> bool:
    seen_at = known["pictures"].get(aspect)
    return picture_at is None or seen_at is None or picture_at > seen_at
