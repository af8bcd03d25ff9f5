"""Finding conversations for the console: by what is known of the customer, or by filters, newest activity first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from nextnest.models import ConversationStatus
from nextnest.store.statements import Row, Statements

SQL = Statements("finding")

STATES = tuple(status.value for status in ConversationStatus)
HOLDERS = ("ai", "person")
# What a search may bring together before it is put in order; beyond that it is too wide to be of use.
AT_MOST = 2000
# No address holds a character beyond this one, so what begins with a text ends before the text and it.
_LAST = "\U0010ffff"


# Before the first of the list.
_TOP = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A place in the list: whatever stands behind a conversation with this activity."""

    at: datetime = _TOP
    id: int = 2**63 - 1


@dataclass(frozen=True)
class Filters:
    """None leaves nothing out. `broker` is a slug."""

    status: str | None = None
    held_by: str | None = None
    broker: str | None = None

    def wanted(self) -> dict[str, object]:
        """What may stay in, as the statements ask."""
        return {
            "statuses": [self.status] if self.status else list(STATES),
            "holders": [self.held_by] if self.held_by else list(HOLDERS),
            "broker": self.broker,
        }


def newest(conn: Connection[Any], filters: Filters, place: Place, most: int) -> list[int]:
    """The ids of at most `most` conversations behind `place`, by the index that fits the filters."""
    if filters == Filters():
        return _ids(SQL.newest.all(conn, **vars(place), most=most))
    statement = SQL.newest_of_broker if filters.broker else SQL.newest_in
    return _ids(statement.all(conn, **filters.wanted(), **vars(place), most=most))


def newest_among(
    conn: Connection[Any], ids: set[int], filters: Filters, place: Place, most: int
) -> list[int]:
    """The same for conversations that a search has found."""
    return _ids(SQL.newest_among.all(conn, ids=list(ids), **filters.wanted(), **vars(place), most=most))


def rows(conn: Connection[Any], ids: list[int]) -> list[Row]:
    """What the list shows of these conversations, newest activity first."""
    return SQL.rows.all(conn, ids=ids)


def of_email(conn: Connection[Any], beginning: str) -> set[int]:
    """Conversations of forms whose e-mail address begins so; lower case."""
    return set(_ids(SQL.of_email.all(conn, start=beginning, stop=beginning + _LAST, most=AT_MOST)))


def of_phone(conn: Connection[Any], phone: str) -> set[int]:
    """Conversations of forms with this number in E.164."""
    return set(_ids(SQL.of_phone.all(conn, phone=phone, most=AT_MOST)))


def of_name(conn: Connection[Any], words: list[str]) -> set[int]:
    """Conversations of forms in whose name a word begins with each of these; the newest AT_MOST forms."""
    quoted = ["'{}':*".format(word.replace("\\", " ").replace("'", " ")) for word in words]
    return set(_ids(SQL.of_name.all(conn, words=" & ".join(quoted), most=AT_MOST)))


def with_unanswered(conn: Connection[Any]) -> set[int]:
    """Conversations in which a message waits for its answer."""
    return set(_ids(SQL.with_unanswered.all(conn, most=AT_MOST)))


def with_failed_jobs(conn: Connection[Any]) -> set[int]:
    """Conversations with a job that failed."""
    return set(_ids(SQL.with_failed_jobs.all(conn, most=AT_MOST)))


def brokers(conn: Connection[Any]) -> list[Row]:
    """`slug` and `name` of every broker."""
    return SQL.broker_names.all(conn)


def _ids(found: list[Row]) -> list[int]:
    return [row["conversation_id"] for row in found]
