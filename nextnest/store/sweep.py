"""How far the sweep has come, and what we know of what it sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, Connection

from nextnest.store.conversations import SQL as CONVERSATIONS
from nextnest.store.statements import Statements

SQL = Statements("sweep")


@dataclass(frozen=True)
class Pass:
    """One pass through the inbox: what was active before `since` is done; go on at `next_page`. `asked_at` is now."""

    since: datetime
    next_page: int
    asked_at: datetime


@dataclass(frozen=True)
class Standing:
    """What we know of a conversation: swept up to which message (None: never), status, assignee and label as we hold it."""

    conversation_id: int
    swept_to: int | None
    known: bool
    status: str | None
    newest_known: bool
    assigned_to: int | None
    person_label: bool


async def begin(conn: AsyncConnection[Any], *, first_s: float, overlap_s: float) -> Pass:
    """Begin a pass, or go on with one; the very first looks back `first_s`, every one overlaps the last by `overlap_s`."""
    row = await SQL.begin_sweep.aone(conn, first_s=first_s, overlap_s=overlap_s)
    assert row
    return Pass(**row)


async def finish(conn: AsyncConnection[Any]) -> None:
    """The pass is complete; the next one begins where this one began."""
    await SQL.finish_pass.arun(conn)


async def pause(conn: AsyncConnection[Any], page: int) -> None:
    """The pass goes on at this page in the next sweep."""
    await SQL.pause_pass.arun(conn, page=page)


async def standings(conn: AsyncConnection[Any], newest: dict[int, int | None]) -> dict[int, Standing]:
    """What we know of these conversations; `newest` is the newest message of each, None when it has none."""
    rows = await SQL.standings.aall(conn, conversation_ids=list(newest), newest=list(newest.values()))
    return {row["conversation_id"]: Standing(**row) for row in rows}


async def unknown(conn: AsyncConnection[Any], conversation_id: int, message_ids: Iterable[int]) -> set[int]:
    """Which of these messages nobody has told us of."""
    rows = await SQL.unknown_messages.aall(
        conn, conversation_id=conversation_id, message_ids=list(message_ids)
    )
    return {row["message_id"] for row in rows}


async def mark_swept(conn: AsyncConnection[Any], conversation_id: int, message_id: int) -> None:
    """Nothing is missing up to this message."""
    await SQL.mark_swept.arun(conn, conversation_id=conversation_id, message_id=message_id)


async def hold_first_status(conn: AsyncConnection[Any], conversation_id: int, status: str) -> None:
    """Remember the status a conversation began with, if nobody has told us any."""
    await SQL.hold_first_status.arun(conn, conversation_id=conversation_id, status=status)


def status_is_news(conn: Connection[Any], conversation_id: int, status: str, asked_at: datetime) -> bool:
    """Whether a status read after `asked_at` is newer than all we know. Locks the conversation: no webhook slips between."""
    CONVERSATIONS.lock_conversation.one(conn, conversation_id=conversation_id)
    row = SQL.status_is_news.one(conn, conversation_id=conversation_id, status=status, asked_at=asked_at)
    return bool(row and row["news"])


def heard_of_holder(conn: Connection[Any], conversation_id: int, asked_at: datetime) -> bool:
    """Whether a webhook told of assignee or label since then. Locks the conversation: none slips between."""
    CONVERSATIONS.lock_conversation.one(conn, conversation_id=conversation_id)
    row = SQL.heard_of_holder.one(conn, conversation_id=conversation_id, asked_at=asked_at)
    return bool(row and row["heard"])


def given_back_since(conn: Connection[Any], conversation_id: int, moment: datetime) -> bool:
    """Whether the conversation was given back to the AI after this moment."""
    row = SQL.given_back_since.one(conn, conversation_id=conversation_id, moment=moment)
    return bool(row and row["given_back"])
