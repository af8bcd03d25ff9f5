"""What mends itself: stalled jobs, forgotten leads, effects left behind, places that were opened by hand."""

from __future__ import annotations

import psycopg
import structlog
from procrastinate import JobContext

from nextnest import deferring, engagement, handover
from nextnest.engagement_manager import adopt_abandoned
from nextnest.logs import describe
from nextnest.purse import RESERVED_AT_MOST_S
from nextnest.rules.handoff import HandoffReason
from nextnest.rules.timing import MAX_ATTEMPTS
from nextnest.store import attempts, breakers, incoming, jobs, leads, outbox, spend
from nextnest.store.statements import Row
from nextnest.tasks.application import SILENT_S, app
from nextnest.tasks.attempts import DEFERRED_AGAIN, ENDS_WITH_A_PERSON, leave_to_a_person
from nextnest.tasks.desk import Desk
from nextnest.telemetry import watching

log = structlog.get_logger(__name__)

# In a cron line of six fields the last one is the seconds.
_EVERY_5_S, _EVERY_15_S = "* * * * * */5", "* * * * * */15"
# Younger than this, the form or a job is probably still working on it.
_LEFT_ALONE_S = 10
# Between the second starts of jobs whose worker died over them twice.
_APART_S = 1.0
_OUR_OWN = [
    "upkeep",
    "rescue-stalled-jobs",
    "look-at-circuit-breakers",
    "sweep-conversations",
    "check-models",
    "roll-up-hours",
]
# Long enough to look at when something seems wrong.
_UPKEEP_KEPT_S = 3600
_EVENTS_KEPT_DAYS = 7


@app.periodic(cron=_EVERY_5_S)
@app.task(name="rescue-stalled-jobs", queueing_lock="rescue-stalled-jobs", pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Give the jobs of dead workers another attempt; a job that keeps killing its worker is buried."""
    desk = Desk.of(context)
    async with desk.pool.connection() as conn:
        stalled = await jobs.stalled_jobs(conn, SILENT_S)
    for number, job in enumerate(stalled):
        try:
            if job["attempts"] + 1 < MAX_ATTEMPTS:
                await rescue(desk, job, number * _APART_S if job["attempts"] else 0.0)
            else:
                await bury(desk, job)
        except psycopg.Error as error:
            # One that cannot be saved now must not cost the others: the next round tries it again.
            log.warning("rescue failed", job_id=job["id"], error=describe(error))


async def rescue(desk: Desk, job: Row, delay_s: float) -> None:
    """Another attempt, as if it had failed.

    One worker's death stalls everything it held. If the next one dies over the same jobs, one of them kills it: from then
    on they start apart, so that this one takes few others with it.
    """
    async with desk.transaction() as conn:
        if await jobs.rescue_job(conn, job, delay_s):
            await attempts.note_dead(conn, job, "worker died")
            log.warning("job rescued", job_id=job["id"], task=job["task_name"])


async def bury(desk: Desk, job: Row) -> None:
    """Its workers died three times over it: the job fails, and its conversation goes to a person in the same commit."""
    handed_over = False
    async with desk.transaction() as conn:
        if not await jobs.bury_job(conn, job):
            return
        await attempts.note_dead(conn, job, "buried")
        log.error("job buried", job_id=job["id"], task=job["task_name"])
        if job["task_name"] in ENDS_WITH_A_PERSON:
            conversation_id = job["args"]["conversation_id"]
            reason, rules = HandoffReason.JOB_FAILED, desk.handover_rules
            handed_over = await leave_to_a_person(conn, conversation_id, job["id"], reason, rules)
        elif job["task_name"] in DEFERRED_AGAIN:
            await breakers.note_setback(conn, job["queueing_lock"])
    if handed_over:
        watching.handed_over(HandoffReason.JOB_FAILED)


@app.periodic(cron=_EVERY_15_S)
@app.task(name="upkeep", queueing_lock="upkeep", pass_context=True)
async def upkeep(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Defer what nobody is working on, and serve whoever waits beside a free place."""
    desk = Desk.of(context)
    async with desk.transaction() as conn:
        for lead_id in await leads.forgotten(conn, _LEFT_ALONE_S):
            await deferring.open_conversation(lead_id).defer(conn)
        for conversation_id in await outbox.left_behind(conn, _LEFT_ALONE_S):
            await deferring.deliver_effects(conversation_id).defer(conn)
        for row in await incoming.forgotten(conn, _LEFT_ALONE_S):
            await deferring.incoming_message(row["conversation_id"], row["message_id"]).defer(conn)
        await adopt_abandoned(conn)
        await engagement.serve_waiting(conn)
        await handover.remind(conn)
    # Apart: who waits for a place waits for the transaction above, and need not wait for this.
    async with desk.transaction() as conn:
        await jobs.forget_upkeep(conn, _OUR_OWN, _UPKEEP_KEPT_S)
        await incoming.forget_events(conn, _EVENTS_KEPT_DAYS)
        await breakers.forget_setbacks(conn)
        await spend.forget_reservations(conn, RESERVED_AT_MOST_S)


@app.periodic(cron=_EVERY_5_S)
@app.task(
    name="look-at-circuit-breakers", queueing_lock="look-at-circuit-breakers", pass_context=True, retry=False
)
async def look_at_circuit_breakers(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """See whether what was away is back, and let its jobs go on."""
    await Desk.of(context).breakers.look_again()
