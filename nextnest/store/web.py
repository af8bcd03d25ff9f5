"""What the web routes ask the database for themselves: limits, the chat page, health and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from nextnest.store.statements import Row, Statements

SQL = Statements("web")

# One answer of the chat page; a longer conversation is read in several.
LINES_AT_ONCE = 200


def count_request(conn: Connection[Any], client: str) -> tuple[int, int]:
    """Count a request of this client; how many it made in this minute, and how many seconds the minute still has."""
    row = SQL.count_request.one(conn, client=client)
    assert row
    return int(row["requests"]), max(1, int(row["seconds_left"]))


def chat_view(conn: Connection[Any], lead_id: UUID, lifetime_days: int) -> Row | None:
    """Everything around the messages of a lead's conversation; None when there is no such lead.

    `link` is "open", "expired" when nobody has written for `lifetime_days` (0: never), or "revoked".
    """
    return SQL.chat_view.one(conn, lead_id=lead_id, lifetime_days=lifetime_days)


@dataclass(frozen=True)
class Lines:
    """Lines of a conversation in the order of their ids; `total` is how many the reader may see in all."""

    rows: list[Row]
    total: int


def chat_lines(conn: Connection[Any], lead_id: UUID, after: int) -> Lines:
    """The lines after this message id, at most LINES_AT_ONCE."""
    rows = SQL.chat_lines.all(conn, lead_id=lead_id, after=after, most=LINES_AT_ONCE)
    if rows:
        return Lines(rows, rows[0]["total"])
    row = SQL.chat_total.one(conn, lead_id=lead_id)
    return Lines([], row["total"] if row else 0)


@dataclass(frozen=True)
class Post:
    """A text of the chat page: whose it is and the id the page gave it."""

    lead_id: UUID
    client_id: UUID

    def key(self) -> dict[str, UUID]:
        return {"lead_id": self.lead_id, "client_id": self.client_id}


def claim_post(conn: Connection[Any], post: Post, conversation_id: int) -> bool:
    """Take the right to post; False when the text was posted, or may have been, before."""
    return SQL.claim_post.one(conn, **post.key(), conversation_id=conversation_id) is not None


def find_post(conn: Connection[Any], post: Post) -> Row | None:
    """`message_id` (None when it is not known whether it was posted) and `conversation_id`; None for a new text."""
    return SQL.find_post.one(conn, **post.key())


def claim_repost(conn: Connection[Any], post: Post, settle_s: float) -> bool:
    """Take the right to post a text again that was not found; False while the earlier try may still show up."""
    return SQL.claim_repost.one(conn, **post.key(), settle_s=settle_s) is not None


def release_post(conn: Connection[Any], post: Post) -> None:
    """Chatwoot certainly did nothing."""
    SQL.release_post.run(conn, **post.key())


def record_post(conn: Connection[Any], post: Post, message_id: int) -> None:
    """The text is in Chatwoot."""
    SQL.record_post.run(conn, **post.key(), message_id=message_id)


def workers_alive(conn: Connection[Any], within_s: float) -> int:
    """How many workers were heard of within these seconds."""
    row = SQL.workers_alive.one(conn, within_s=within_s)
    return row["workers"] if row else 0


@dataclass(frozen=True)
class Figures:
    """What the metrics page shows of the database, read in one transaction."""

    queue: list[Row]
    unanswered: list[Row]
    waiting: Row
    leads: list[Row]
    brokers: list[Row]
    breakers: list[Row]
    models: list[Row]
    drifting_brokers: int
    machinery: Row
    in_flight: list[Row]


def figures(conn: Connection[Any], alive_s: float) -> Figures:
    """Read what the metrics page shows. A worker is alive when it was heard of within `alive_s`."""
    waiting, drift = SQL.waiting_summary.one(conn), SQL.capacity_drift.one(conn)
    machinery = SQL.machinery.one(conn, alive_s=alive_s)
    assert waiting
    assert drift
    assert machinery
    return Figures(
        queue=SQL.queue_now.all(conn),
        unanswered=SQL.unanswered_by_reason.all(conn),
        waiting=waiting,
        leads=SQL.leads_by_state.all(conn),
        brokers=SQL.broker_loads.all(conn),
        breakers=SQL.breaker_states.all(conn),
        models=SQL.model_days.all(conn),
        drifting_brokers=drift["brokers"],
        machinery=machinery,
        in_flight=SQL.effects_in_flight.all(conn),
    )
