"""Figures of a stretch of time, for pages: added-up hours, and straight from the facts what is not added up yet.

Percentiles are read from histograms and at most 4.5 % off (migrations/20261123000400_histograms.sql says why).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from nextnest.store.statements import Row, Statement, Statements

SQL = Statements("figures")

# Days begin at midnight in Singapore, which has one time all year.
_MIDNIGHT = datetime(2000, 1, 1, tzinfo=ZoneInfo("Asia/Singapore"))
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Period:
    """A stretch of time in steps, from `since` to `until`. Both begin a step of the clock in Singapore, save the end."""

    since: datetime
    until: datetime
    step: timedelta

    @classmethod
    def last(cls, span: timedelta, step: timedelta, now: datetime | None = None) -> Period:
        """The span up to now, in whole steps and the one that is not over."""
        until = now or datetime.now(UTC)
        steps = (until - _MIDNIGHT) // step - span // step + 1
        return cls(_MIDNIGHT + steps * step, until, step)

    @property
    def starts(self) -> list[datetime]:
        """When each step begins."""
        number = -(-(self.until - self.since) // self.step)
        return [self.since + one * self.step for one in range(number)]


@dataclass(frozen=True)
class Figures:
    """Reads figures of one period over one connection, in the caller's transaction.

    `missing` hours of the period were not added up yet and are not in the figures.
    """

    conn: Connection[Any]
    period: Period
    live: datetime
    missing: int

    @classmethod
    def of(cls, conn: Connection[Any], period: Period) -> Figures:
        """What is shorter than an hour comes from the facts alone."""
        if period.step < _HOUR and period.until - period.since <= 3 * _HOUR:
            return cls(conn, period, period.since, 0)
        row = SQL.live_since.one(conn, since=period.since)
        assert row
        return cls(conn, period, row["live"], row["missing"])

    def traffic(self) -> tuple[list[Row], Row | None]:
        """Per step that had any, and over the whole period (None when nothing happened): leads, refused_leads,
        customer_messages, replies, answered; in seconds, by when the reply was sent, response_p50_s, _p95_s and _p99_s,
        deliberate_p50_s and _p95_s, processing_p50_s and _p95_s."""
        rows = self._read(SQL.traffic)
        return rows[:-1], rows[-1] if rows else None

    def brokers(self) -> list[Row]:
        """Every broker over the whole period: broker_id, slug, name, conversations (assigned in it), first_responses,
        first_response_p50_s and _p95_s, replies, handoffs, handoff_rate (None without conversations), cost in US dollars."""
        return self._read(SQL.brokers)

    def handovers(self) -> list[Row]:
        """Per step and reason: handovers. A conversation counts once, when it first went to a person."""
        return self._read(SQL.handovers)

    def jobs(self) -> list[Row]:
        """Per step and task_name: ended, failed, put_back."""
        return self._read(SQL.jobs)

    def models(self) -> list[Row]:
        """Per step and model: calls, failed, input_, cached_ and output_tokens, cost in US dollars; latency_p50_s and
        _p95_s of calls that were answered."""
        return self._read(SQL.models)

    def guard(self) -> list[Row]:
        """Over the whole period: drafts by the rule they broke; `passed` broke none."""
        return self._read(SQL.guard)

    def waiting(self) -> list[Row]:
        """Per step the largest of its samples: waiting and running jobs, oldest_waiting_s, unanswered, oldest_unanswered_s,
        waiting_leads. A step without a row had no sample: no worker lived."""
        return self._read(SQL.waiting)

    def _read(self, statement: Statement) -> list[Row]:
        """Facts are looked at in the period's own steps, an hour at most."""
        return statement.all(
            self.conn,
            since=self.period.since,
            until=self.period.until,
            live=self.live,
            step=self.period.step,
            grain=min(self.period.step, _HOUR),
            origin=self.period.since,
        )
