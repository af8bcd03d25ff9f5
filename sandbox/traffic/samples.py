"""What waited at each full minute, as upkeep would have counted it: from the rows of what was told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from sandbox.traffic.rows import COLUMNS, Row, Rows

_MINUTE = timedelta(minutes=1)
# Upkeep keeps no older ones.
_KEPT = timedelta(days=40)
_ROOM = "create temp table sampled (like nextnest.queue_samples) on commit drop"
_COPY = "copy sampled (at, waiting, running, oldest_waiting_s, unanswered, oldest_unanswered_s, waiting_leads) from stdin"
_ADD = """
insert into nextnest.queue_samples as known select * from sampled
on conflict (at) do update
set running = known.running + excluded.running, unanswered = known.unanswered + excluded.unanswered,
    oldest_unanswered_s = greatest(known.oldest_unanswered_s, excluded.oldest_unanswered_s),
    waiting_leads = known.waiting_leads + excluded.waiting_leads"""


@dataclass
class Minute:
    """What was under way at one moment."""

    running: int = 0
    unanswered: int = 0
    oldest_unanswered_s: float | None = None
    waiting_leads: int = 0


class Samples:
    """One for each minute from `begin` on, most of them empty."""

    def __init__(self, begin: datetime, now: datetime) -> None:
        self._begin = max(begin, now - _KEPT).replace(second=0, microsecond=0) + _MINUTE
        self._minutes = [Minute() for _ in range(int((now - self._begin) / _MINUTE))]

    def take(self, rows: Rows) -> None:
        """Count what one batch had under way."""
        ends = {}
        for job, start, end in _columns(rows, "job_outcomes", "job_id", "started_at", "finished_at"):
            ends[job] = end
            for _, minute in self._between(start, end):
                minute.running += 1
        for job, start in _columns(rows, "incoming_messages", "settled_by_job", "received_at"):
            for at, minute in self._between(start, ends[job]):
                minute.unanswered += 1
                minute.oldest_unanswered_s = max(
                    minute.oldest_unanswered_s or 0, (at - start).total_seconds()
                )
        for start, end in _columns(rows, "broker_conversations", "created_at", "assigned_at"):
            for _, minute in self._between(start, end):
                minute.waiting_leads += 1

    def write(self, conn: psycopg.Connection[Any]) -> None:
        """Add them to those that are there, in a transaction of their own."""
        with conn.transaction():
            conn.execute(_ROOM)
            with conn.cursor() as cursor, cursor.copy(_COPY) as copy:
                for index, one in enumerate(self._minutes):
                    at = self._begin + index * _MINUTE
                    copy.write_row(
                        (at, 0, one.running, None, one.unanswered, one.oldest_unanswered_s, one.waiting_leads)
                    )
            conn.execute(_ADD)

    def _between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Minute]]:
        """The full minutes from `start` until before `end`."""
        first = max(0, (start - self._begin) // _MINUTE)
        at = self._begin + first * _MINUTE
        while at < end and first < len(self._minutes):
            if at >= start:
                yield at, self._minutes[first]
            first, at = first + 1, at + _MINUTE


def _columns(rows: Rows, table: str, *names: str) -> Iterator[Row]:
    places = [COLUMNS[table].split().index(name) for name in names]
    return (tuple(row[place] for place in places) for row in rows.of.get(table, []))
