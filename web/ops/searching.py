"""Which conversations somebody looks for: the words and filters of the address bar, and what they find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from werkzeug.datastructures import MultiDict

from nextnest import form_values
from nextnest.store import finding
from nextnest.store.finding import HOLDERS, STATES, Filters, Place
from nextnest.store.statements import Row

# A screenful and a half.
PER_PAGE = 50
OPEN_POINTS = ("unanswered", "failed")
# A number with more digits is no id of Chatwoot's.
_ID_DIGITS = 18
_LONGEST = 120


@dataclass(frozen=True)
class Search:
    """What stands in the address bar, checked: what is not known there is left out."""

    words: str
    filters: Filters
    open_point: str | None
    place: Place

    @classmethod
    def of(cls, given: MultiDict[str, str]) -> Search:
        filters = Filters(
            status=_one_of(STATES, given.get("status")),
            held_by=_one_of(HOLDERS, given.get("held")),
            broker=given.get("broker", "").replace("\0", "") or None,
        )
        words = " ".join(given.get("q", "").replace("\0", " ").split())[:_LONGEST]
        return cls(words, filters, _one_of(OPEN_POINTS, given.get("open")), _place(given.get("before", "")))

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for at all."""
        return bool(self.words or self.open_point or any(vars(self.filters).values()))


@dataclass(frozen=True)
class Found:
    """Rows of the list; `older` is where the next page begins, `note` what should be said about the search."""

    rows: list[Row]
    older: str | None
    note: str | None


def look_up(conn: Connection[Any], search: Search, *, by_person: bool) -> Found:
    """One page. Without `by_person` customers are not looked for, only conversation numbers."""
    among, note = _candidates(conn, search, by_person=by_person)
    if among is None:
        ids = finding.newest(conn, search.filters, search.place, PER_PAGE + 1)
    else:
        ids = finding.newest_among(conn, among, search.filters, search.place, PER_PAGE + 1)
    rows = finding.rows(conn, ids[:PER_PAGE])
    older = _written(rows[-1]) if rows and len(ids) > PER_PAGE else None
    return Found(rows, older, note)


def _candidates(
    conn: Connection[Any], search: Search, *, by_person: bool
) -> tuple[set[int] | None, str | None]:
    """The conversations to choose from, None for all; and a word about it."""
    among: set[int] | None = None
    note = None
    if search.words:
        among, note = _matching(conn, search.words, by_person=by_person)
    if search.open_point:
        open_ones = (
            finding.with_unanswered(conn)
            if search.open_point == "unanswered"
            else finding.with_failed_jobs(conn)
        )
        among = open_ones if among is None else among & open_ones
    if note is None and among is not None and len(among) >= finding.AT_MOST:
        note = f"More than {finding.AT_MOST:,} fit; these are of the newest. Please say more."
    return among, note


def _matching(conn: Connection[Any], words: str, *, by_person: bool) -> tuple[set[int], str | None]:
    number = words.removeprefix("#").strip()
    found = {int(number)} if number.isascii() and number.isdigit() and len(number) <= _ID_DIGITS else set()
    if not by_person:
        note = None if found else "This sign-in finds conversations by their number only."
        return found, note
    if "@" in words:
        return finding.of_email(conn, words.lower()), None
    if phone := _phone(words):
        return found | finding.of_phone(conn, phone), None
    if found:
        return found, None
    long_enough = [word for word in words.split() if len(word) > 1 or not word.isascii()]
    note = None if len(long_enough) == len(words.split()) else "Single letters were left out of the search."
    return finding.of_name(conn, long_enough) if long_enough else set(), note


def _phone(words: str) -> str | None:
    try:
        return form_values.phone(words)
    except form_values.Unreadable:
        return None


def _one_of(known: tuple[str, ...], given: str | None) -> str | None:
    return given if given in known else None


def _place(written: str) -> Place:
    """What `_written` wrote; the top of the list for anything else."""
    micros, _, number = written.partition("-")
    try:
        return Place(datetime.fromtimestamp(int(micros) / 1_000_000, UTC), int(number))
    except (ValueError, OverflowError, OSError):
        return Place()


def _written(row: Row) -> str:
    """A place in the list as the address bar has it: microseconds, and the conversation's number."""
    at: datetime = row["active_at"]
    micros = int(at.timestamp()) * 1_000_000 + at.microsecond
    return f"{micros}-{row['conversation_id']}"
