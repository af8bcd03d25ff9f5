"""One conversation for the console: what it is now, everything that happened in it, and whether somebody may act on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection

from nextnest.store.statements import Row, Statements

SQL = Statements("story")


def head(conn: Connection[Any], conversation_id: int) -> Row | None:
    """Its row, with `lead`, `broker`, `spent` (US dollars), `position` in line and what is open; None when unknown."""
    return SQL.head.one(conn, id=conversation_id)


def story(conn: Connection[Any], conversation_id: int, before: datetime, most: int) -> list[Row]:
    """At most `most` things that happened before a moment, oldest first: `at`, `kind`, `rank`, `facts`.

    Spans in `facts` end in `_s` and are seconds.
    """
    return SQL.story.all(conn, id=conversation_id, before=before, most=most)[::-1]


def standing(conn: Connection[Any], conversation_id: int) -> Row | None:
    """What decides whether an operator may act on it, locked; None when unknown."""
    return SQL.standing.one(conn, id=conversation_id)


def job_at_work(conn: Connection[Any], conversation_id: int) -> Row | None:
    """The job (`id`, `task_name`, `status`) that runs or waits for a conversation, if any."""
    return SQL.job_at_work.one(conn, lock=f"conversation-{conversation_id}")
