"""Finding conversations, one conversation's whole story, and what an operator may do with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection
from werkzeug.exceptions import NotFound

from nextnest import intervention
from nextnest.intervention import Act, Refused
from nextnest.store import finding, story
from nextnest.store.statements import Row
from web.doors import doors
from web.ops.access import acting, may_act, operator, operators_only, signed_in
from web.ops.moments import moment
from web.ops.searching import Search, look_up
from web.ops.turns import turns

TITLE = "Conversations"
routes = Blueprint("ops_conversations", __name__, url_prefix="/ops")

# More than a long conversation has; an endless one is read in parts.
_MOMENTS = 400
# Ids of Chatwoot are 64-bit numbers.
_LARGEST = 2**63 - 1
_END = datetime.max.replace(tzinfo=UTC)


@routes.get("/conversations")
@signed_in
def page() -> ResponseReturnValue:
    """Conversations that fit the address bar, newest activity first."""
    search = Search.of(request.args)
    with doors().transaction() as conn:
        found = look_up(conn, search, by_person=may_act())
        brokers = finding.brokers(conn)
    return render_template(
        "ops/conversations.html",
        search=search,
        found=found,
        brokers=brokers,
        states=finding.STATES,
        given={name: value for name, value in request.args.items() if name != "before" and value},
    )


@routes.get("/conversations/<int:conversation_id>")
@signed_in
def conversation(conversation_id: int) -> ResponseReturnValue:
    """One conversation: what it is now, and everything that happened in it before `before`."""
    before = _moment_given()
    with doors().transaction() as conn:
        head = story.head(conn, conversation_id) if conversation_id <= _LARGEST else None
        if head is None:
            raise NotFound("There is no conversation with this number here.")
        rows, older = _part(conn, conversation_id, before)
    return render_template(
        "ops/conversation.html",
        head=head,
        turns=turns([moment(row) for row in rows]),
        older=older,
        is_newest=before == _END,
        chatwoot=_in_chatwoot(conversation_id),
    )


@routes.post("/conversations/<int:conversation_id>/take-over")
@operators_only
def take_over(conversation_id: int) -> ResponseReturnValue:
    """A person has it; the AI is silent from this commit on."""
    return _do(conversation_id, "take-over", intervention.take_over)


@routes.post("/conversations/<int:conversation_id>/give-back")
@operators_only
def give_back(conversation_id: int) -> ResponseReturnValue:
    """The AI has it again."""
    return _do(conversation_id, "give-back", intervention.give_back)


@routes.post("/conversations/<int:conversation_id>/close")
@operators_only
def close(conversation_id: int) -> ResponseReturnValue:
    """Close it, and free its place."""
    return _do(conversation_id, "close-conversation", intervention.close)


@routes.post("/conversations/<int:conversation_id>/end-link")
@operators_only
def end_link(conversation_id: int) -> ResponseReturnValue:
    """The customer's link opens nothing any more: somebody else may have it."""
    return _do(conversation_id, "end-chat-link", intervention.end_links)


@routes.post("/conversations/<int:conversation_id>/restore-link")
@operators_only
def restore_link(conversation_id: int) -> ResponseReturnValue:
    """The customer's link opens it again."""
    return _do(conversation_id, "restore-chat-link", intervention.restore_links)


@routes.post("/conversations/<int:conversation_id>/run-again")
@operators_only
def run_again(conversation_id: int) -> ResponseReturnValue:
    """Defer the job that should be there and is not."""
    return _do(conversation_id, "run-again", intervention.run_again)


def _do(conversation_id: int, name: str, act: Act) -> ResponseReturnValue:
    """Act and write it down in one transaction; a refusal undoes both and says why."""
    if conversation_id > _LARGEST:
        raise NotFound("There is no conversation with this number here.")
    try:
        with acting(name, f"conversation {conversation_id}", conversation_id=conversation_id) as conn:
            done = act(conn, conversation_id, operator())
        flash(done, "good")
    except Refused as refused:
        flash(str(refused), "bad")
    return redirect(url_for("ops_conversations.conversation", conversation_id=conversation_id), 303)


def _part(conn: Connection[Any], conversation_id: int, before: datetime) -> tuple[list[Row], str | None]:
    """The newest moments before a time, oldest first, and where the part before them ends, None at the beginning.

    What happened in one commit has one time: the oldest time of a full part is left to the next, lest it be cut in two.
    """
    rows = story.story(conn, conversation_id, before, _MOMENTS)
    if len(rows) < _MOMENTS:
        return rows, None
    whole = [row for row in rows if row["at"] > rows[0]["at"]] or rows
    return whole, whole[0]["at"].isoformat()


def _moment_given() -> datetime:
    """The time in the address bar; the end of time for none and for nonsense."""
    try:
        given = datetime.fromisoformat(request.args.get("before", ""))
    except ValueError:
        return _END
    return given if given.tzinfo else _END


def _in_chatwoot(conversation_id: int) -> str:
    settings = doors().settings
    base = str(settings.chatwoot_base_url).rstrip("/")
    return f"{base}/app/accounts/{settings.chatwoot_account_id}/conversations/{conversation_id}"
