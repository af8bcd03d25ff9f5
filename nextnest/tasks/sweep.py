"""`sweep-conversations`: what Chatwoot's webhooks never brought.

Chatwoot calls an account webhook once. Every twenty seconds we read its list of conversations, latest activity first, down
to where the last complete pass began, and compare. Only a conversation that has moved since it was last swept is read, and
only from there on. So a message whose webhook was lost between two that came is found, too.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import structlog
from procrastinate import JobContext

from nextnest import sweeping
from nextnest.breakers import CHATWOOT
from nextnest.chatwoot import ChatwootConversation, ChatwootMessage
from nextnest.database import worker_connection
from nextnest.errors import ConversationGone, NextNestError
from nextnest.logs import describe
from nextnest.settings import Settings
from nextnest.store import sweep
from nextnest.store.sweep import Pass, Standing
from nextnest.tasks.application import app
from nextnest.tasks.desk import Desk

log = structlog.get_logger(__name__)

# Grace, this period twice and a look for the job stay below the minute in which a lost message must be deferred.
_EVERY_20_S = "* * * * * */20"
# Three a second at the most: Chatwoot lets one address ask 3,000 times a minute, and did 300 (rack_attack.rb).
_REQUESTS = 60
# Of these for the list, so that there is always some left to read messages with.
_PAGES = 20
# So many conversations that fail are no longer theirs: Chatwoot is away.
_FAILURES = 3
# A new installation answers what was asked just before, not what somebody asked last week.
_FIRST_S = 3600
# How far Chatwoot's clock may be behind ours, and its commits behind their time.
_OVERLAP_S = 120
# message_finder.rb: as many messages at once going forward, and going back.
_FORWARD, _BACK = 100, 20


@app.periodic(cron=_EVERY_20_S)
@app.task(
    name="sweep-conversations",
    queueing_lock="sweep-conversations",
    lock="sweep-conversations",
    pass_context=True,
)
async def sweep_conversations(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Compare what moved in Chatwoot with what we know, and take in what is missing."""
    desk = Desk.of(context)
    if await desk.breakers.is_open(CHATWOOT):
        return
    async with desk.pool.connection() as conn:
        under_way = await sweep.begin(conn, first_s=_FIRST_S, overlap_s=_OVERLAP_S)
    try:
        page = await Sweep(desk, under_way).run()
    except NextNestError as error:
        log.warning("sweep ended early", error=describe(error))
        return
    async with desk.pool.connection() as conn:
        await (sweep.finish(conn) if page is None else sweep.pause(conn, page))


class _Spent(Exception):
    """This sweep has asked often enough; the next one goes on."""


@dataclass(frozen=True)
class _Listed:
    """A conversation and the page of the list it stood on."""

    page: int
    row: ChatwootConversation


@dataclass
class Sweep:
    """One sweep: at most `left` requests, one after the other, and at most `pages` of them for the list."""

    desk: Desk
    under_way: Pass
    left: int = _REQUESTS
    pages: int = _PAGES
    failures: int = 0

    async def run(self) -> int | None:
        """None when the pass is complete, else the page at which the next sweep goes on."""
        listed, next_page = await self._list()
        standings = await self._compare(listed)
        unfinished = [next_page] if next_page else []
        for one in _in_order(listed, standings):
            if not await self._try(one.row, standings[one.row.id]):
                unfinished.append(one.page)
        return min(unfinished, default=None)

    async def _list(self) -> tuple[list[_Listed], int | None]:
        """What moved since the last pass, and the page behind when there was too much.

        Every sweep looks at the first page. Conversations only ever move down from where they stood, so a pass under way
        goes on one page before where it stopped and misses none.
        """
        listed: dict[int, _Listed] = {}
        page = 1
        for _ in range(self.pages):
            self._spend()
            rows = await self.desk.chatwoot.recent_conversations(page)
            for row in rows:
                listed.setdefault(row.id, _Listed(page, row))
            if not rows or rows[-1].last_activity_at < self.under_way.since:
                return list(listed.values()), None
            page = max(2, self.under_way.next_page - 1) if page == 1 else page + 1
        return list(listed.values()), page

    async def _compare(self, listed: list[_Listed]) -> dict[int, Standing]:
        newest = {one.row.id: one.row.newest_message_id for one in listed}
        async with self.desk.pool.connection() as conn:
            return await sweep.standings(conn, newest)

    async def _try(self, row: ChatwootConversation, standing: Standing) -> bool:
        """Whether this conversation is done. One that cannot be read or kept must not stand in the way of the others."""
        try:
            await self._reconcile(row, standing)
        except _Spent:
            return False
        except ConversationGone:
            return True
        except (NextNestError, psycopg.DataError, psycopg.IntegrityError) as error:
            self.failures += 1
            if self.failures >= _FAILURES:
                raise
            log.error("not swept", conversation_id=row.id, error=describe(error))
            return False
        return True

    async def _reconcile(self, row: ChatwootConversation, standing: Standing) -> None:
        """Take in what this conversation has that we do not know."""
        messages = await self._unswept(row, standing)
        grown = sweeping.settled(messages, datetime.now(UTC))
        missing = await self._missing(row, grown)
        if missing or _has_another_status(row, standing) or self._has_other_marks(row, standing):
            await self._take_in(row, standing, missing)
        await self._mark(row, standing, grown)

    async def _unswept(self, row: ChatwootConversation, standing: Standing) -> list[ChatwootMessage]:
        """The messages nobody has compared yet."""
        if not _has_moved(row, standing, self.under_way.since):
            return []
        if standing.swept_to is not None:
            return await self._forward(row.id, standing.swept_to)
        return await self._back(row.id)

    async def _forward(self, conversation_id: int, after: int) -> list[ChatwootMessage]:
        found: list[ChatwootMessage] = []
        while True:
            self._spend()
            page = await self.desk.chatwoot.list_messages(conversation_id, after=after)
            found += page
            if len(page) < _FORWARD:
                return found
            after = max(message.id for message in page)

    async def _back(self, conversation_id: int) -> list[ChatwootMessage]:
        """In a conversation never swept, only what was written since the last pass: before that it was nobody's duty."""
        found: list[ChatwootMessage] = []
        before = None
        while True:
            self._spend()
            page = await self.desk.chatwoot.list_messages(conversation_id, before=before)
            found += [message for message in page if message.created_at >= self.under_way.since]
            if len(page) < _BACK or min(message.created_at for message in page) < self.under_way.since:
                return found
            before = min(message.id for message in page)

    async def _missing(
        self, row: ChatwootConversation, messages: list[ChatwootMessage]
    ) -> list[ChatwootMessage]:
        ours = [message for message in messages if sweeping.concerns_us(message)]
        if not ours:
            return []
        async with self.desk.pool.connection() as conn:
            unknown = await sweep.unknown(conn, row.id, [message.id for message in ours])
        return [message for message in ours if message.id in unknown]

    async def _take_in(
        self, row: ChatwootConversation, standing: Standing, missing: list[ChatwootMessage]
    ) -> None:
        asked_at = self.under_way.asked_at if _has_another_status(row, standing) else None
        marked_at = self.under_way.asked_at if self._has_other_marks(row, standing) else None
        done = await asyncio.to_thread(take_in, self.desk.settings, row, missing, asked_at, marked_at)
        if recovered := {status: n for status, n in done.items() if status in sweeping.RECOVERED}:
            log.warning("swept", conversation_id=row.id, **recovered)

    def _has_other_marks(self, row: ChatwootConversation, standing: Standing) -> bool:
        """Whether another person is assigned, or none, or the label that says so was put on or taken off."""
        person = row.assignee_id if row.assignee_type == "User" else None
        labelled = sweeping.has_label(row, self.desk.settings.nextnest_person_label)
        return standing.known and (person, labelled) != (standing.assigned_to, standing.person_label)

    async def _mark(
        self, row: ChatwootConversation, standing: Standing, grown: list[ChatwootMessage]
    ) -> None:
        if not grown and standing.status is not None:
            return
        async with self.desk.pool.connection() as conn:
            if grown:
                await sweep.mark_swept(conn, row.id, grown[-1].id)
            if standing.known and standing.status is None:
                await sweep.hold_first_status(conn, row.id, row.status)

    def _spend(self) -> None:
        if self.left == 0:
            raise _Spent
        self.left -= 1


def take_in(
    settings: Settings,
    row: ChatwootConversation,
    missing: list[ChatwootMessage],
    asked_at: datetime | None,
    marked_at: datetime | None = None,
) -> Counter[str]:
    """Each message, then the status if it was read `asked_at`, then assignee and label if they were read `marked_at`, in
    a transaction of its own, as web does it.

    How many of what became of them. A synchronous connection and a thread, for the rare case, spare a second reception.
    """
    done: Counter[str] = Counter()
    with worker_connection(settings) as conn:
        is_new = sweeping.is_new_to_us(conn, row.id)
        for message in missing:
            with conn.transaction():
                done[sweeping.recover_message(conn, row, message, settings.queue_rollout_percentage)] += 1
        if done["queued"] and (is_new or row.status == "resolved"):
            with conn.transaction():
                done[sweeping.recover_holder(conn, row)] += 1
        if asked_at:
            with conn.transaction():
                done[sweeping.recover_status(conn, row, asked_at)] += 1
        if marked_at:
            with conn.transaction():
                label = settings.nextnest_person_label
                done[sweeping.recover_marks(conn, row, marked_at, label)] += 1
    return done


def _in_order(listed: list[_Listed], standings: dict[int, Standing]) -> list[_Listed]:
    """First where something is certainly missing, and of these who has waited longest."""
    return sorted(listed, key=lambda one: (standings[one.row.id].newest_known, one.row.last_activity_at))


def _has_moved(row: ChatwootConversation, standing: Standing, since: datetime) -> bool:
    """Whether it holds a message that was never compared."""
    if row.newest_message_id is None:
        return False
    if standing.swept_to is None:
        return row.last_activity_at >= since
    return row.newest_message_id > standing.swept_to


def _has_another_status(row: ChatwootConversation, standing: Standing) -> bool:
    """Of a conversation that began without us we may know no status; closed it can only be by somebody's hand."""
    if standing.status is None:
        return standing.known and row.status == "resolved"
    return standing.known and row.status != standing.status
