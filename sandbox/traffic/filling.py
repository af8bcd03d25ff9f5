"""Writes a made-up past into a migrated database, in batches that are each one transaction and each true by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.rows import tuple_row

from sandbox.traffic.hours import Outages, arrivals, outages
from sandbox.traffic.life import tell
from sandbox.traffic.rows import COLUMNS, Row, Rows, numbered
from sandbox.traffic.samples import Samples
from sandbox.traffic.thread import CONVERSATIONS_FROM, PER_SEED, Broker, World

__all__ = ["CONVERSATIONS_FROM", "Filled", "NotAllowed", "fill"]

# Conversations a transaction: a second's work, some ten thousand rows.
BATCH = 500
# Places of each broker that stay free, for customers who come while somebody watches.
_PLACES_LEFT = 2
# Far fewer rows than this need no statistics before the first query.
_ANALYZE_FROM = 1_000
_SHARDS = 16

_BROKERS = """
select id, name, personality_type, persona ->> 'greeting', (persona ->> 'score_from')::int, (persona ->> 'score_to')::int,
       max_concurrent_chats, case when is_active then max_concurrent_chats - current_workload - %s else 0 end
from nextnest.ai_brokers order by slug"""
# The same lock the product takes before it decides about places.
_LOCK_CAPACITY = "select pg_advisory_xact_lock(hashtext('nextnest.capacity'))"
# States are written as they ended; the triggers that watch each step have nothing to watch.
_PAST = "set local session_replication_role = replica"
_KNOWN = "select conversation_id from nextnest.broker_conversations where conversation_id = any (%s)"
_JOB_IDS = "select nextval('nextnest.procrastinate_jobs_id_seq') from generate_series(1, %s)"
_HOLD = """
update nextnest.ai_brokers
set active_conversations = active_conversations || %s::bigint[], last_active_at = greatest(last_active_at, %s),
    updated_at = now()
where id = %s"""
_SPEND = """
insert into nextnest.spend_days (day, shard, spent) values (%s, %s, %s)
on conflict (day, shard) do update set spent = spend_days.spent + excluded.spent"""
_BREAKER = """
update nextnest.circuit_breakers set opened_at = %s, closed_at = %s, last_failure_at = %s, last_error = %s
where name = %s and state = 'closed' and (opened_at is null or opened_at < %s)"""
# Hours that were added up before this past was there are due again: as never looked at since they ended, or, where nobody
# looks again after three days, as never added up.
_ROLL_UP_AGAIN = """
with old as (
    delete from nextnest.rollup_traffic where hour between %(begin)s and %(now)s and hour < now() - interval '70 hours')
update nextnest.rollup_traffic set rolled_at = hour + interval '1 hour'
where hour between %(begin)s and %(now)s and hour >= now() - interval '70 hours'"""
_AWAY = {
    "model": "ModelUnavailable: The model does not answer.",
    "chatwoot": "ChatwootUnavailable: Chatwoot does not answer.",
}


class NotAllowed(Exception):
    """The database's user may not set session_replication_role: only a superuser writes a past."""


@dataclass
class Filled:
    """What was written: conversations by number, and how many rows in all."""

    conversations: list[int] = field(default_factory=list)
    rows: int = 0


def fill(
    target: Connection[Any] | str,
    seed: int = 1,
    now: datetime | None = None,
    *,
    conversations: int = 60,
    days: float = 1.0,
    say: Callable[[str], None] = lambda _line: None,
    also: Callable[[Rows], None] = lambda _rows: None,
) -> Filled:
    """The last `days` days of a brokerage with so many conversations, up to `now` (aware; the present when None).

    What the same seed has written before is left as it is. Takes a connection string, or a connection outside of a
    transaction; its user must be a superuser, else NotAllowed. `say` is given a line of progress after each batch, `also`
    the rows of each batch after its commit.
    """
    if not 0 < conversations <= PER_SEED:
        raise ValueError(f"conversations: from 1 to {PER_SEED:,}, was {conversations:,}")
    with _connected(target) as conn:
        return _fill(conn, seed, now or datetime.now(UTC), conversations, days, say, also)


@contextmanager
def _connected(target: Connection[Any] | str) -> Iterator[Connection[Any]]:
    if isinstance(target, Connection):
        theirs, target.row_factory = target.row_factory, tuple_row
        try:
            yield target
        finally:
            target.row_factory = theirs
        return
    with psycopg.connect(target, autocommit=True) as conn:
        yield conn


def _fill(
    conn: Connection[Any],
    seed: int,
    now: datetime,
    count: int,
    days: float,
    say: Callable[[str], None],
    also: Callable[[Rows], None],
) -> Filled:
    random = Random(seed)  # noqa: S311 - a story needs no secrecy
    away, filled, samples = outages(random, now, days), Filled(), Samples(now - timedelta(days=days), now)
    world = World(seed, now, away, [])
    leads = enumerate(arrivals(random, now, days, count))
    while batch := list(islice(leads, BATCH)):
        rows = _write(conn, world, batch, filled)
        samples.take(rows)
        also(rows)
        say(f"{batch[-1][0] + 1:,} of {count:,} conversations, {filled.rows:,} rows")
    if filled.conversations:
        samples.write(conn)
        begin = (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
        conn.execute(_ROLL_UP_AGAIN, {"begin": begin, "now": now})
        _note_outages(conn, away)
    if count >= _ANALYZE_FROM:
        for table in COLUMNS:
            conn.execute(sql.SQL("analyze {}").format(_table(table)))
    return filled


def _write(
    conn: Connection[Any], world: World, batch: Sequence[tuple[int, datetime]], filled: Filled
) -> Rows:
    """One batch in one transaction, without what is there already."""
    rows = Rows()
    with conn.transaction():
        conn.execute(_LOCK_CAPACITY)
        world.brokers[:] = [_broker(row) for row in conn.execute(_BROKERS, [_PLACES_LEFT])]
        ids = [world.conversation_id(number) for number, _ in batch]
        known = {row[0] for row in conn.execute(_KNOWN, [ids])}
        new = [lead for lead in batch if world.conversation_id(lead[0]) not in known]
        threads = [tell(number, arrival, world, rows) for number, arrival in new]
        if threads:
            filled.rows += _copy(conn, rows)
            _hold_places(conn, world)
    filled.conversations += [thread.conversation_id for thread in threads]
    return rows


def _broker(row: Row) -> Broker:
    broker_id, name, personality, greeting, low, high, limit, room = row
    return Broker(broker_id, name, personality, greeting, (low, high), limit, max(0, room), [])


def _copy(conn: Connection[Any], rows: Rows) -> int:
    """All tables of the batch; how many rows that were."""
    try:
        conn.execute(_PAST)
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotAllowed from error
    ids = [row[0] for row in conn.execute(_JOB_IDS, [len(rows.deferred)])]
    written = 0
    for table, found in numbered(rows, ids):
        columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table].split()))
        statement = sql.SQL("copy {} ({}) from stdin").format(_table(table), columns)
        with conn.cursor() as cursor, cursor.copy(statement) as copy:
            for row in found:
                copy.write_row(row)
        written += len(found)
        if table == "ai_calls":
            _book(conn, found)
    return written


def _book(conn: Connection[Any], calls: Sequence[Row]) -> None:
    """The days' spending, in the shards of the jobs: always the sum of the calls."""
    columns = COLUMNS["ai_calls"].split()
    job, cost, day = (columns.index(name) for name in ("job_id", "cost", "day"))
    spent: dict[tuple[date, int], Decimal] = defaultdict(Decimal)
    for call in calls:
        spent[call[day], call[job] % _SHARDS] += call[cost]
    with conn.cursor() as cursor:
        cursor.executemany(_SPEND, [(*key, spent[key]) for key in sorted(spent)])


def _hold_places(conn: Connection[Any], world: World) -> None:
    for broker in world.brokers:
        if broker.holds:
            conn.execute(_HOLD, [broker.holds, world.now, broker.id])


def _note_outages(conn: Connection[Any], away: Outages) -> None:
    """The newest of each, as the breakers remember it; not when they know of a later one."""
    for one in away.all:
        conn.execute(_BREAKER, [one.start, one.end, one.end, _AWAY[one.what], one.what, one.start])


def _table(name: str) -> sql.Identifier:
    return sql.Identifier("nextnest", name)
