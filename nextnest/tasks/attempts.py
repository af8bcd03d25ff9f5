"""What surrounds every attempt: its log context, whether it is tried again, and what is done when it is not."""

from __future__ import annotations

import asyncio
import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import structlog
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job
from procrastinate.middleware import AsyncCallNext
from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg_pool import PoolTimeout

from nextnest import deferring, engagement
from nextnest.breakers import MODEL, outside_of
from nextnest.errors import HandedBack, LostOwnership, Permanent, SpendingCapReached
from nextnest.handover import HandoverRules, plan_handover
from nextnest.logs import describe
from nextnest.rules.handoff import HandoffReason
from nextnest.rules.timing import MAX_ATTEMPTS, retry_delay
from nextnest.store import breakers, conversations, incoming, traces
from nextnest.store.attempts import Reason, frames_of, note_lost
from nextnest.store.breakers import Breaker
from nextnest.store.jobs import Ownership, fail_job, postpone_job
from nextnest.tasks.desk import Desk
from nextnest.telemetry import spans, watching

log = structlog.get_logger(__name__)


class Attempts(BaseRetryStrategy):
    """Three attempts, exponential from two seconds with jitter; none after an error that trying again cannot mend."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        # What was handed back or is cancelled has left the attempt already.
        if isinstance(exception, Permanent | LostOwnership | HandedBack | asyncio.CancelledError):
            return None
        if job.attempts + 1 >= MAX_ATTEMPTS:
            return None
        # Spreading retries is no secret.
        delay = retry_delay(job.attempts, random.random())  # noqa: S311
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=delay))


RETRIES = Attempts()
# Looks begin up to five seconds after they are due; when one succeeds, whoever waits is called at once.
_AFTER_A_LOOK = timedelta(seconds=6)
# When these fail for good, a person gets the conversation.
ENDS_WITH_A_PERSON = {"new-conversation", "incoming-message", "forward-message"}
# When these do, upkeep defers them again, ever more slowly.
DEFERRED_AGAIN = {"open-conversation", "deliver-effects"}


async def guard(call_next: AsyncCallNext, context: JobContext, worker: Any) -> Any:  # noqa: ARG001
    """Run one attempt, and see to it that the job ends, goes back or is given up in a commit of ours."""
    job = context.job
    parent = await _deferred_by(context)
    with (
        structlog.contextvars.bound_contextvars(
            job_id=job.id, task=job.task_name, attempt=job.attempts, **_ids(job)
        ),
        watching.attempt(job.task_name, parent) as outcome,
    ):
        try:
            result = await call_next()
            outcome.name = "done"
            return result
        except LostOwnership as error:
            outcome.name = "superseded"
            log.warning("superseded", error=str(error))
            raise
        except HandedBack:
            outcome.name = "put_back"
            return await _put_back(context, None)
        except asyncio.CancelledError:
            outcome.name = "put_back"
            await asyncio.shield(_cut_off(context))
            raise
        except Exception as error:
            if await _after_failure(context, error):
                outcome.name = "put_back"
                return None
            raise


async def _deferred_by(context: JobContext) -> str | None:
    """The trace that deferred the job. Traces must not stand in a job's way."""
    if not spans.on() or context.job.id is None:
        return None
    try:
        async with Desk.of(context).pool.connection() as conn:
            return await traces.parent_of(conn, context.job.id)
    except (psycopg.Error, PoolTimeout) as error:
        log.warning("trace not read", error=describe(error))
        return None


async def _cut_off(context: JobContext) -> None:
    """The worker stops, or somebody stopped this job: then Procrastinate ends it as aborted."""
    if context.abort_reason() == AbortReason.SHUTDOWN:
        await _put_back(context, None)
    elif context.abort_reason() == AbortReason.USER_REQUEST:
        await _note_lost(Desk.of(context), context, "stopped")


async def _put_back(context: JobContext, until: datetime | None) -> None:
    """The attempt does not count: the worker stops, or what the job needs is away."""
    desk = Desk.of(context)
    try:
        put_back = await _postpone(desk, context, until)
    except UniqueViolation:
        # A twin was deferred in this very moment; now it is seen, and does the work.
        put_back = await _postpone(desk, context, until)
    if put_back:
        log.info("job put back", until=until.isoformat() if until else "now")


async def _postpone(desk: Desk, context: JobContext, until: datetime | None) -> bool:
    owner = Ownership.of(context)
    async with desk.transaction() as conn:
        put_back = await postpone_job(conn, owner, until)
        if put_back:
            await note_lost(conn, owner, _conversation_of(context.job), "handed back")
    return put_back


async def _after_failure(context: JobContext, error: Exception) -> bool:
    """True when the job went back to wait for something outside; else Procrastinate tries it again, or it was given up."""
    desk = Desk.of(context)
    another = RETRIES.get_retry_decision(exception=error, job=context.job) is not None
    breaker = await desk.breakers.note(error, last_attempt=not another)
    patience_s = await _patience_left(desk, context.job, error)
    if breaker and patience_s > 0:
        await _put_back(context, _next_try(breaker, patience_s))
        return True
    await _note_lost(desk, context, "failed", error)
    if another and patience_s > 0:
        log.warning("attempt failed", error=describe(error))
        return False
    log.error("job failed", error=describe(error), exc_info=error)
    await _end(desk, context, error)
    return False


async def _note_lost(desk: Desk, context: JobContext, reason: Reason, error: Exception | None = None) -> None:
    """What became of the attempt, and where, for whoever looks. It must not stand in the way of what comes next."""
    try:
        async with desk.pool.connection() as conn:
            await note_lost(
                conn,
                Ownership.of(context),
                _conversation_of(context.job),
                reason,
                error=describe(error) if error else None,
                frames=frames_of(error) if error else [],
            )
    except (psycopg.Error, PoolTimeout) as unwritten:
        log.warning("attempt not noted", error=describe(unwritten))


async def _patience_left(desk: Desk, job: Job, error: Exception) -> float:
    """Seconds the customer may still wait for the model. Chatwoot's absence has no end of ours: without it nobody can be
    told anything, and whatever failed for another reason has its attempts."""
    conversation_id = _conversation_of(job)
    if outside_of(error) != MODEL or conversation_id is None:
        return math.inf
    async with desk.pool.connection() as conn:
        waited_s = await incoming.oldest_unanswered_s(conn, conversation_id)
    return desk.settings.nextnest_patience_s - waited_s


def _next_try(breaker: Breaker, patience_s: float) -> datetime | None:
    """Chatwoot's jobs are held back by the fetch; the model's come after its next look, and once more in the end."""
    if breaker.name != MODEL or breaker.retry_at is None:
        return None
    now = datetime.now(UTC)
    return min(max(breaker.retry_at, now) + _AFTER_A_LOOK, now + timedelta(seconds=patience_s))


async def _end(desk: Desk, context: JobContext, error: Exception) -> None:
    owner, task, conversation_id = Ownership.of(context), context.task.name, _conversation_of(context.job)
    if task in ENDS_WITH_A_PERSON and conversation_id is not None:
        await give_up(desk, owner, conversation_id, error)
    elif task in DEFERRED_AGAIN:
        await set_back(desk, owner, context.job, error)


async def give_up(desk: Desk, owner: Ownership, conversation_id: int, error: Exception) -> None:
    """In one commit: the job failed, a person has the conversation, the place is free, and everybody will be told."""
    async with desk.transaction(owner) as conn:
        await fail_job(conn, owner, conversation_id=conversation_id, detail=describe(error))
        handed_over = await leave_to_a_person(
            conn, conversation_id, owner.job_id, _reason(error), desk.handover_rules
        )
    if handed_over:
        watching.handed_over(_reason(error))


async def set_back(desk: Desk, owner: Ownership, job: Job, error: Exception) -> None:
    """In one commit: the job failed, and upkeep waits longer before it defers the next one."""
    async with desk.transaction(owner) as conn:
        await fail_job(conn, owner, conversation_id=_conversation_of(job), detail=describe(error))
        await breakers.note_setback(conn, job.queueing_lock or job.task_name)


async def leave_to_a_person(
    conn: AsyncConnection[Any],
    conversation_id: int,
    job_id: int,
    reason: HandoffReason,
    rules: HandoverRules,
) -> bool:
    """Hand off, settle what was unanswered and plan what colleague and customer are told. Takes the caller's transaction.

    False when a person has it already.
    """
    turn = await incoming.read_turn(conn, conversation_id)
    if turn is None or turn.held_by == "person":
        return False
    await engagement.hand_off(conn, conversation_id, reason)
    await conversations.lock(conn, conversation_id)
    settled = 0
    if turn.messages:
        settled = await incoming.settle_rest(
            conn, conversation_id, newest=turn.newest, state="handed_over", job_id=job_id, read_at=None
        )
    await conversations.move_counters(conn, conversation_id, settled)
    await plan_handover(conn, turn, reason, rules, datetime.now(UTC), notice_kind="failure_notice")
    await deferring.deliver_effects(conversation_id).defer(conn)
    return True


def _reason(error: Exception) -> HandoffReason:
    if isinstance(error, SpendingCapReached):
        return HandoffReason.SPENDING_CAP
    return HandoffReason.MODEL_UNAVAILABLE if outside_of(error) == MODEL else HandoffReason.JOB_FAILED


def _conversation_of(job: Job) -> int | None:
    conversation_id = job.task_kwargs.get("conversation_id")
    return None if conversation_id is None else int(str(conversation_id))


def _ids(job: Job) -> dict[str, Any]:
    """Job arguments are ids and may be logged."""
    return {name: value for name, value in job.task_kwargs.items() if name.endswith("_id")}
