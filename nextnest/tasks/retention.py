"""`retention`: once a night, what is older than it may be.

Contacts nobody has heard of for long are erased as if they had asked for it, refused forms sooner, and the records of
finished jobs go. Everything in small transactions: a night with much to do holds up no customer, and what one night leaves
the next one finds.
"""

from __future__ import annotations

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
# Contacts read at once, and erased at most in one night: twenty times what fifty leads a day need.
_BATCH, _MOST = 200, 1000
# Records of jobs dropped at once, and at most in one night: fifty conversations a day leave some thousands.
_RECORDS_BATCH, _MOST_RECORDS = 1000, 100_000

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
        )
    log.info("retention", **done)


async def forget(
    conn: AsyncConnection[Any], now: datetime, *, retention_days: int, jobs_kept_days: int
) -> Counter[str]:
    """Forget what is old at `now`; how many of what. 0 `retention_days` keep contacts for ever.

    `conn` is in autocommit: each contact and each batch is a transaction of its own.
    """
    done: Counter[str] = Counter()
    done["refused_forms"] = await _forget_refused(conn, now - timedelta(days=REFUSED_KEPT_DAYS))
    if retention_days:
        done["contacts"] = await _forget_contacts(conn, now - timedelta(days=retention_days))
    before = now - timedelta(days=jobs_kept_days)
    failed_before = min(before, now - timedelta(days=FAILED_KEPT_DAYS))
    forget_jobs = partial(retention.forget_jobs, failed_before=failed_before)
    done["jobs"] = await _drop(forget_jobs, conn, before)
    done["outcomes"] = await _drop(retention.forget_outcomes, conn, before)
    done["lost_attempts"] = await _drop(attempts.forget_lost, conn, before)
    return done


async def _forget_refused(conn: AsyncConnection[Any], before: datetime) -> int:
    """By age alone: whose they are is not certain."""
    forgotten = 0
    while forgotten < _MOST and (lead_ids := await retention.old_refused(conn, before, _BATCH)):
        await erase(conn, Contact(lead_ids, []), close=False)
        forgotten += len(lead_ids)
    return forgotten


async def _forget_contacts(conn: AsyncConnection[Any], before: datetime) -> int:
    """Who has been silent since then, everywhere: a new form or message keeps what was said earlier, too."""
    forgotten = 0
    async for key in _old(conn, before):
        contact = await personal_data.find(conn, key)
        heard_of = await personal_data.last_activity(conn, contact)
        if heard_of is not None and heard_of < before and await _erased(conn, contact):
            forgotten += 1
        if forgotten >= _MOST:
            break
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
) -> int:
    """In batches, until none is left or the night's share is done."""
    dropped = 0
    while dropped < _MOST_RECORDS and (rows := await some(conn, before, _RECORDS_BATCH)):
        dropped += rows
    return dropped
