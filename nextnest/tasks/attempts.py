"""What surrounds every attempt: its log context, whether it is tried again, and what is done when it is not."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job
from procrastinate.middleware import AsyncCallNext
from psycopg import AsyncConnection

from nextnest import deferring, engagement
from nextnest.errors import LostOwnership, ModelRefusesUs, ModelUnavailable, Permanent
from nextnest.logs import describe
from nextnest.rules import handoff
from nextnest.rules.handoff import HandoffReason
from nextnest.rules.timing import MAX_ATTEMPTS, retry_delay
from nextnest.store import conversations, incoming, outbox
from nextnest.store.jobs import Ownership, fail_job
from nextnest.tasks.desk import Desk

log = structlog.get_logger(__name__)


class Attempts(BaseRetryStrategy):
    """Three attempts, exponential from two seconds with jitter; none after an error that trying again cannot mend."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Permanent | LostOwnership):
            return None
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_at=datetime.now(UTC))
        if job.attempts + 1 >= MAX_ATTEMPTS:
            return None
        # Spreading retries is no secret.
        delay = retry_delay(job.attempts, random.random())  # noqa: S311
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=delay))


RETRIES = Attempts()


async def guard(call_next: AsyncCallNext, context: JobContext, worker: Any) -> Any:  # noqa: ARG001
    """Run one attempt. When it was the last one, fail the job and give its conversation to a person in one commit."""
    job = context.job
    with structlog.contextvars.bound_contextvars(
        job_id=job.id, task=job.task_name, attempt=job.attempts, **_ids(job)
    ):
        try:
            return await call_next()
        except LostOwnership as error:
            log.warning("superseded", error=str(error))
            raise
        except Exception as error:
            await _after_failure(context, error)
            raise


async def _after_failure(context: JobContext, error: Exception) -> None:
    if RETRIES.get_retry_decision(exception=error, job=context.job):
        log.warning("attempt failed", error=describe(error))
        return
    log.error("job failed", error=describe(error), exc_info=error)
    conversation_id = context.job.task_kwargs.get("conversation_id")
    if conversation_id is not None and context.task.name in ENDS_WITH_A_PERSON:
        await give_up(Desk.of(context), Ownership.of(context), int(str(conversation_id)), error)


ENDS_WITH_A_PERSON = {"new-conversation", "incoming-message"}


async def give_up(desk: Desk, owner: Ownership, conversation_id: int, error: Exception) -> None:
    """In one commit: the job failed, a person has the conversation, the place is free, and everybody will be told."""
    async with desk.transaction() as conn:
        await fail_job(conn, owner, conversation_id=conversation_id, detail=describe(error))
        await leave_to_a_person(conn, conversation_id, owner.job_id, _reason(error))


async def leave_to_a_person(
    conn: AsyncConnection[Any], conversation_id: int, job_id: int, reason: HandoffReason
) -> None:
    """Hand off, settle what was unanswered and plan what colleague and customer are told. Takes the caller's transaction."""
    turn = await incoming.read_turn(conn, conversation_id)
    if turn is None or turn.held_by == "person":
        return
    await engagement.hand_off(conn, conversation_id, reason)
    await conversations.lock(conn, conversation_id)
    first, settled = 0, 0
    if turn.messages:
        first = turn.first
        settled = await incoming.settle_rest(
            conn, conversation_id, newest=turn.newest, state="handed_over", job_id=job_id
        )
    await conversations.move_counters(conn, conversation_id, settled)
    note = handoff.handoff_note(reason, turn.lead, turn.broker, turn.texts)
    notice = handoff.handoff_notice(reason)
    await outbox.plan_handoff(
        conn, conversation_id, first, note=note, notice=notice, notice_kind="failure_notice"
    )
    await deferring.deliver_effects(conversation_id).defer(conn)


def _reason(error: Exception) -> HandoffReason:
    at_the_model = isinstance(error, ModelUnavailable | ModelRefusesUs)
    return HandoffReason.MODEL_UNAVAILABLE if at_the_model else HandoffReason.JOB_FAILED


def _ids(job: Job) -> dict[str, Any]:
    """Job arguments are ids and may be logged."""
    return {name: value for name, value in job.task_kwargs.items() if name.endswith("_id")}
