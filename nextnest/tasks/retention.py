"""`retention`: once a night, what is older than it may be.

Contacts nobody has heard of for long are erased as if they had asked for it, refused forms sooner, and the records of
finished jobs go. Everything in small transactions: a night with much to do holds up no customer. Each kind has its time, so
that none keeps another from its turn; what one night leaves the next one finds.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from procrastinate import JobContext
from psycopg import AsyncConnection, errors

from nextnest.errors import BeingWorkedOn
from nextnest.logs import describe
from nextnest.personal_data import erase
from nextnest.store import attempts, personal_data, retention
from nextnest.store.personal_data import Contact, Key
from nextnest.tasks.application import app
from nextnest.tasks.desk import Desk

log = structlog.get_logger(__name__)

# The clock of periodic jobs is UTC; Singapore is eight hours ahead all year, so this is three in the morning there.
_AT_NIGHT = "0 19 * * *"
# A form that could not be understood: long enough to notice that good ones are refused and to ring somebody back.
REFUSED_KEPT_DAYS = 30
# A failed job is one that somebody still has to look at: three months of them, or longer if all are kept longer.
FAILED_KEPT_DAYS = 90
# Contacts read at once, and records of jobs dropped at once.
_BATCH, _RECORDS_BATCH = 200, 1000
# How long one kind of thing may take in a night: with all five it is over before Singapore gets up.
LONGEST_S = 30 * 60.0

GoOn = Callable[[], bool]

# What may stand in the way of one contact; any other failure of the database is one of all.
_OF_ONE_CONTACT = (
    errors.IntegrityError,
    errors.DataError,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.QueryCanceled,
)


@app.periodic(cron=_AT_NIGHT)
@app.task(name="retention", queueing_lock="retention", pass_context=True)
async def retention_task(context: JobContext, timestamp: int) -> None:
    """Forget what is old by the clock that deferred this job."""
    desk, now = Desk.of(context), datetime.fromtimestamp(timestamp, UTC)
    async with desk.pool.connection() as conn:
        done = await forget(
            conn,
            now,
            retention_days=desk.settings.nextnest_retention_days,
            jobs_kept_days=desk.settings.nextnest_jobs_kept_days,
            stopping=lambda: desk.pauses.stopping,
        )
    log.info("retention", **done)


async def forget(
    conn: AsyncConnection[Any],
    now: datetime,
    *,
    retention_days: int,
    jobs_kept_days: int,
    longest_s: float = LONGEST_S,
    stopping: Callable[[], bool] = lambda: False,
) -> Counter[str]:
    """Forget what is old at `now`; how many of what. 0 `retention_days` keep contacts for ever.

    `conn` is in autocommit: each contact and each batch is a transaction of its own. Each kind of thing ends after
    `longest_s` seconds, and all of it when `stopping` says so.
    """

    def in_time() -> GoOn:
        ends = time.monotonic() + longest_s
        return lambda: time.monotonic() < ends and not stopping()

    done: Counter[str] = Counter()
    done["refused_forms"] = await _forget_refused(conn, now - timedelta(days=REFUSED_KEPT_DAYS), in_time())
    if retention_days:
        done["contacts"] = await _forget_contacts(conn, now - timedelta(days=retention_days), in_time())
    before = now - timedelta(days=jobs_kept_days)
    failed_before = min(before, now - timedelta(days=FAILED_KEPT_DAYS))
    forget_jobs = partial(retention.forget_jobs, failed_before=failed_before)
    done["jobs"] = await _drop(forget_jobs, conn, before, in_time())
    done["outcomes"] = await _drop(retention.forget_outcomes, conn, before, in_time())
    done["lost_attempts"] = await _drop(attempts.forget_lost, conn, before, in_time())
    return done


async def _forget_refused(conn: AsyncConnection[Any], before: datetime, go_on: GoOn) -> int:
    """By age alone: whose they are is not certain."""
    forgotten = 0
    while go_on() and (lead_ids := await retention.old_refused(conn, before, _BATCH)):
        await erase(conn, Contact(lead_ids, []), close=False)
        forgotten += len(lead_ids)
    return forgotten


async def _forget_contacts(conn: AsyncConnection[Any], before: datetime, go_on: GoOn) -> int:
    """Who has been silent since then, everywhere: a new form or message keeps what was said earlier, too."""
    forgotten = 0
    async for key in _old(conn, before):
        if not go_on():
            break
        contact = await personal_data.find(conn, key)
        heard_of = await personal_data.last_activity(conn, contact)
        if heard_of is not None and heard_of < before and await _erased(conn, contact):
            forgotten += 1
    return forgotten


async def _erased(conn: AsyncConnection[Any], contact: Contact) -> bool:
    """Whether it changed anything. A conversation still open after all that time is closed.

    One contact that cannot be erased must not keep the others: it is tried again the next night.
    """
    try:
        return any((await erase(conn, contact, close=True)).values())
    except (BeingWorkedOn, *_OF_ONE_CONTACT) as error:
        log.warning("not forgotten", conversation_ids=contact.conversation_ids, error=describe(error))
        return False


async def _old(conn: AsyncConnection[Any], before: datetime) -> AsyncIterator[Key]:
    """Who may be old enough, oldest first: each form, then each conversation that never had one."""
    form = None
    while forms := await retention.old_leads(conn, before, form, _BATCH):
        for form in forms:
            yield Key(lead_id=form[1])
    conversation = 0
    while ids := await retention.old_conversations(conn, before, conversation, _BATCH):
        for conversation in ids:
            yield Key(conversation_id=conversation)


async def _drop(
    some: Callable[[AsyncConnection[Any], datetime, int], Awaitable[int]],
    conn: AsyncConnection[Any],
    before: datetime,
    go_on: GoOn,
) -> int:
    """In batches, until none is left or it must not go on."""
    dropped = 0
    while go_on() and (rows := await some(conn, before, _RECORDS_BATCH)):
        dropped += rows
    return dropped
