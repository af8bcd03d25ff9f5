"""How things stand right now, for the console's first page. Every statement reads what is open, never history."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from nextnest.store.statements import Row, Statements

SQL = Statements("overview")

# More of a kind are counted as so many. A page that counts a million jobs every five seconds would be part of the problem.
COUNTED = 100_000
_UNANSWERED_COUNTED = 1_000


def standing(conn: Connection[Any], alive_s: float) -> Row:
    """Every single number of the page. Ages in seconds, None without anything to be old; money in US dollars.

    A worker counts as alive when it was heard of within `alive_s`; today is Singapore's.
    """
    row = SQL.standing.one(conn, alive_s=alive_s, most=COUNTED)
    assert row
    return row


def unanswered(conn: Connection[Any]) -> dict[str, Row]:
    """By reason: `messages` without an answer (a thousand at most are counted), `oldest_s`."""
    return {row["reason"]: row for row in SQL.unanswered_now.all(conn, most=_UNANSWERED_COUNTED)}


def longest_unanswered(conn: Connection[Any], most: int) -> list[Row]:
    """The messages that have waited longest: conversation_id, message_id, received_at, reason, name."""
    return SQL.oldest_unanswered_ones.all(conn, most=most)


def line(conn: Connection[Any], most: int) -> list[Row]:
    """The head of the waiting line: conversation_id, position, waiting_since, lead_score, name."""
    return SQL.line.all(conn, most=most)


def not_taken(conn: Connection[Any], most: int) -> list[Row]:
    """The newest hand-overs nobody has taken: conversation_id, handed_over_at, reason, late, name, broker."""
    return SQL.not_taken.all(conn, most=most)


def model_ends(conn: Connection[Any]) -> list[Row]:
    """Each configured model as last looked up: model, listed, shutdown_date; and `today` in Singapore."""
    return SQL.model_ends.all(conn)


def places(conn: Connection[Any]) -> list[Row]:
    """Every broker by name: id, slug, name, title, is_active, current_workload, max_concurrent_chats."""
    return SQL.places.all(conn)
