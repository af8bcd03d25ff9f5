"""Procrastinate's JobManager with a fetch, a finish and a wake-up of our own; the worker itself is the stock one.

- The worker asks for one job at a time. We take as many as it has room for in one statement and hand them out one by one;
  what a stopping worker has not started goes back uncounted.
- A notification that comes while a fetch is under way makes us fetch once more: the worker forgets it afterwards.
- A job that is due in the future is fetched at that moment, not at the next poll.
- While a snapshot keeps dead rows in the indexes, a fetch begins where the living begin.
- A job is ended or put back only for the attempt that owns it; what its task has committed itself is left alone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Iterable
from typing import Any

import structlog
from procrastinate import PsycopgConnector, jobs, manager
from procrastinate.worker import Worker
from psycopg import OperationalError, errors

from nextnest.breakers import NEED_CHATWOOT
from nextnest.store import fetching
from nextnest.store import jobs as store
from nextnest.store.fetching import Ask, Living
from nextnest.store.statements import Row

log = structlog.get_logger(__name__)

# Starts per second and worker while a backlog is drained: at some two requests each that is 40 a second, below the 50
# Chatwoot allows one address (RACK_ATTACK_LIMIT, 3000 a minute).
_BACKLOG_PER_S = 20
# More at once saves no more round trips worth speaking of, and other workers want some, too.
_AT_ONCE = 32
# A job due now is not polled for in a tight loop while a clock or a lock stands in its way.
_SHORTEST_POLL_S = 0.005
# Where the living begin is found in a fraction of a millisecond, unless thousands of dead entries come before them.
_LONG_LOOK_S = 0.001
# Then a fetch begins where they began two steps ago. An id is given out before its job is committed: what was under way at
# the first step has to be committed by the second. A job that is later still, or that came back, is found by a look at all
# of them; it comes beside the fetches, and more rarely the longer it takes: a share of the time.
_STEP_S = 2.0
_LOOK_AT_ALL_S, _LOOK_SHARE = 5.0, 1 / 500


class Since:
    """From which `id` on to look for jobs: 0, for all of them, unless that has become long."""

    def __init__(self) -> None:
        self.id = self._before = 0
        self._next_step = 0.0
        # None while every fetch is one.
        self._next_look: float | None = None

    def note(self, found: Living, clock_s: float) -> None:
        """What a fetch found, from `id` on."""
        if self._next_look is None and found.look_s < _LONG_LOOK_S:
            return
        if self._next_look is None:
            self._look_again(found, clock_s)
        elif clock_s >= self._next_step:
            self.id = min(self._before, found.oldest_id)
        else:
            return
        self._before, self._next_step = found.oldest_id, clock_s + _STEP_S

    def look_is_due(self, clock_s: float) -> bool:
        """Whether it is time to look at all of them again."""
        return self._next_look is not None and clock_s >= self._next_look

    def note_all(self, found: Living, clock_s: float) -> None:
        """What a look at all of them found."""
        if found.look_s < _LONG_LOOK_S:
            self.id, self._next_look = 0, None
            return
        self.id, self._before = min(self.id, found.oldest_id), min(self._before, found.oldest_id)
        self._look_again(found, clock_s)

    def _look_again(self, found: Living, clock_s: float) -> None:
        self._next_look = clock_s + max(_LOOK_AT_ALL_S, found.look_s / _LOOK_SHARE)


class JobManager(manager.JobManager):
    """Ours. `serve` says which worker it fetches for; without one it fetches single jobs.

    `fetch_through` gives fetches a pool of their own; without one they go through the connector's.
    """

    def __init__(self, connector: Any) -> None:
        super().__init__(connector)
        self._worker: Worker | None = None
        self._poll_s = 0.0
        self._fetched: deque[jobs.Job] = deque()
        self._running: set[int] = set()
        self._pause_s = 0.0
        self._rings = 0
        self._last_lock = ""
        self._since = Since()
        self._looking: asyncio.Task[None] | None = None
        self._fetch_pool: Any = None

    def fetch_through(self, pool: Any) -> None:
        """Fetch through this pool from now on; None: through the connector's again."""
        self._fetch_pool = pool

    def serve(self, worker: Worker) -> None:
        """Fetch for this worker from now on. What an earlier one had fetched is upkeep's to rescue."""
        self._worker, self._poll_s = worker, worker.fetch_job_polling_interval
        self._fetched.clear()
        self._running.clear()

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> jobs.Job | None:
        """The next job or None. What needs Chatwoot stays while it is away; its backlog is drained at a bounded rate."""
        await asyncio.sleep(self._pause_s)
        if not self._fetched:
            await self._fetch(None if queues is None else list(queues), worker_id)
        job = self._fetched.popleft() if self._fetched else None
        if job and job.id is not None:
            self._running.add(job.id)
        return job

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        """Nothing is left to do when the task has ended the job in its own commit."""
        self._forget(job)
        if status == jobs.Status.SUCCEEDED and not delete_job and store.has_ended_itself(_fence(job)):
            return
        async with self._pool().connection() as conn:
            ended = await store.finish_job(conn, _fence(job), status, delete_job=delete_job)
        if not ended:
            log.debug("finish left alone", job_id=job.id, status=status.value)

    async def retry_job(
        self,
        job: jobs.Job,
        retry_at: dt.datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put the job back. When its twin already waits, the twin does the work and this one ends as aborted."""
        self._forget(job)
        try:
            async with self._pool().connection() as conn:
                await store.retry_job(
                    conn, _fence(job), retry_at=retry_at, priority=priority, queue=queue, lock=lock
                )
        except errors.UniqueViolation:
            await self.finish_job(job, jobs.Status.ABORTED, delete_job=False)

    async def listen_for_jobs(
        self, *, on_notification: manager.NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """As the stock one, and counts the notifications."""

        async def counted(*, channel: str, notification: jobs.Notification) -> None:
            self._rings += 1
            await on_notification(channel=channel, notification=notification)

        await super().listen_for_jobs(on_notification=counted, queues=queues)

    async def unregister_worker(self, worker_id: int) -> None:
        """Sign off; first what was fetched and not started goes back, uncounted."""
        await self._stop_looking()
        unstarted = [job.id for job in self._fetched if job.id is not None]
        self._fetched.clear()
        if unstarted:
            async with self._pool().connection() as conn:
                await fetching.return_unstarted(conn, unstarted, worker_id)
        await super().unregister_worker(worker_id)

    async def _stop_looking(self) -> None:
        if self._looking:
            self._looking.cancel()
            await asyncio.wait([self._looking])

    async def _fetch(self, queues: list[str] | None, worker_id: int) -> None:
        """Take what may run now. Once more when something was announced meanwhile: the announcement would be forgotten."""
        clock = asyncio.get_running_loop().time
        while True:
            ask = Ask(queues, worker_id, NEED_CHATWOOT, self._room(), self._since.id)
            rings = self._rings
            async with self._fetching().connection() as conn:
                found = await fetching.fetch_jobs(conn, ask)
                rows = await self._past_locks(conn, ask) if found.beyond else found.rows
            self._since.note(found.living, clock())
            if rows or rings == self._rings:
                break
        if self._since.look_is_due(clock()) and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look_at_all())
        self._fetched.extend(jobs.Job.from_row(row) for row in rows)
        self._pause_s = 1 / _BACKLOG_PER_S if any(row["of_a_backlog"] for row in rows) else 0.0
        self._poll_when_due(found.due_in_s)

    async def _look_at_all(self) -> None:
        """Beside the fetches: none of them waits for it."""
        try:
            async with self._fetching().connection() as conn:
                found = await fetching.oldest_of_all(conn)
        except OperationalError as error:
            log.warning("jobs that came back are looked for later", error=type(error).__name__)
            return
        self._since.note_all(found, asyncio.get_running_loop().time())

    async def _past_locks(self, conn: Any, ask: Ask) -> list[Row]:
        """Go round the locks, on from where the last look ended, so that each has its turn."""
        rows = await fetching.fetch_from_lock_to_lock(conn, ask, self._last_lock)
        if rows:
            self._last_lock = rows[0]["last_lock"]
        return rows

    def _room(self) -> int:
        """How many jobs the worker could start now; it asks only when it has room for one."""
        if self._worker is None:
            return 1
        return max(1, min(_AT_ONCE, self._worker.concurrency - len(self._running)))

    def _poll_when_due(self, due_in_s: float | None) -> None:
        """The worker sleeps no longer than until the next job is due."""
        if self._worker is not None:
            soonest = self._poll_s if due_in_s is None else max(due_in_s, _SHORTEST_POLL_S)
            self._worker.fetch_job_polling_interval = min(self._poll_s, soonest)

    def _forget(self, job: jobs.Job) -> None:
        if job.id is not None:
            self._running.discard(job.id)

    def _fetching(self) -> Any:
        return self._fetch_pool or self._pool()

    def _pool(self) -> Any:
        assert isinstance(self.connector, PsycopgConnector)
        return self.connector.pool


def _fence(job: jobs.Job) -> dict[str, Any]:
    return {"job_id": job.id, "attempt": job.attempts, "worker_id": job.worker_id}
