"""A turn that ends with a person: why, what everybody is told, and what the colleague does."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sandbox.traffic import sayings
from sandbox.traffic.answers import Question, listen, message_job, reject, take_in
from sandbox.traffic.people import gap
from sandbox.traffic.rows import Job, after
from sandbox.traffic.thread import Thread

# Of all turns, by reason; the customer's own wishes come at the end of a conversation more often.
_ODDS = {
    "asked_for_person": 0.035,
    "reply_rejected": 0.012,
    "unhappy": 0.008,
    "complaint": 0.002,
    "job_failed": 0.002,
}
_AT_THE_END = 2.5
# While the model is away, so many turns wait longer than a customer may be kept waiting.
_GIVEN_UP = 0.35
_PATIENCE_S = 300.0
# Reminded after so much time, if nobody has taken it; a hand-over younger than that always has been.
_REMINDED = timedelta(minutes=15)
_TAKEN = 0.7
# No team leaves somebody alone for longer.
_ALL_TAKEN = timedelta(hours=8)
_FAILED = {"job_failed", "model_unavailable"}


def reason(thread: Thread, *, last: bool) -> str | None:
    """Why this turn ends with a person, or nothing."""
    outage = thread.world.outages.at("model", thread.clock)
    if outage:
        left = after(thread.clock, _PATIENCE_S) < outage.end
        return "model_unavailable" if left and thread.random.random() < _GIVEN_UP else None
    draw = thread.random.random() / (_AT_THE_END if last else 1.0)
    for name, odds in _ODDS.items():
        draw -= odds
        if draw < 0:
            return name
    return None


def hand_over(thread: Thread, why: str) -> None:
    """The last message of the AI's part, the colleague's brief, and what the colleague made of it."""
    text = thread.random.choice(sayings.ASKING[why])
    (question,) = listen(thread, text)
    job, done = _give_up(thread, question, why) if why in _FAILED else take_in(thread, [question])
    if why == "reply_rejected":
        done = reject(thread, job, question.id, reject(thread, job, question.id, done))
    decided = max(done, after(question.received, 0.1))
    thread.heard(
        *(question.id, text, question.at, "handed_over", job),
        received=question.received,
        source=question.source,
        started=after(job.started_at, 0.01),
    )
    told = _tell(thread, job, question.id, text, why, decided)
    _settle_status(thread, told)
    _be_taken(thread, question.id, text, why, decided)


def _give_up(thread: Thread, question: Question, why: str) -> tuple[Job, datetime]:
    """Every attempt failed, or the customer would have waited for too long."""
    job, rows = message_job(thread, question), thread.rows
    error = sayings.ERRORS[why]
    if why == "model_unavailable":
        rows.again(job, after(job.started_at, 4.0), after(question.received, _PATIENCE_S), "handed back")
    else:
        rows.again(job, after(job.started_at, 9.0), after(job.started_at, 11.4), "failed", error)
        rows.again(job, after(job.started_at, 9.0), after(job.started_at, 13.1), "failed", error)
    failed = after(job.started_at, 6.0)
    rows.lost(job, failed, "failed", error)
    rows.finish(job, failed, "failed", detail=error, status="failed")
    return job, failed


def _tell(thread: Thread, job: Job, turn: int, text: str, why: str, decided: datetime) -> datetime:
    """Colleague, customer and Chatwoot's status, in this order; when all were told."""
    failed = why in _FAILED
    if failed:
        job = thread.job("deliver-effects", f"deliver-effects-{thread.conversation_id}", decided)
    note = f"**Please take over** ({why}). {sayings.HAPPENED[why]}\n**Open question:** {text}"
    begin = max(decided, job.started_at)
    _, done = thread.effect("private_note", {"content": note}, decided, after(begin, 0.01), turn=turn)
    notice = "failure_notice" if failed else "handoff_notice"
    _, done = thread.effect(
        notice, {"content": sayings.NOTICES[why]}, decided, after(done, 0.01), turn=turn, position=1
    )
    _, done = thread.effect("status", {"status": "open"}, decided, after(done, 0.01), turn=turn, position=2)
    thread.clock = after(done, 0.02)
    thread.rows.finish(
        job, thread.clock, "delivered" if failed else "handed over", detail=None if failed else why
    )
    standing = thread.standing
    standing.status, standing.held_by, standing.chatwoot_status = "handed_off", "person", "open"
    standing.handoff_at, standing.handoff_reason = decided, why
    return done


def _settle_status(thread: Thread, told: datetime) -> None:
    """Chatwoot tells us of the status we have set; there is nothing left to do."""
    thread.webhook("conversation_status_changed", "recorded", after(told, 0.03))
    job = thread.job(
        "settle-conversation", f"settle-conversation-{thread.conversation_id}", after(told, 0.03)
    )
    thread.rows.finish(job, after(job.started_at, 0.02), "nothing to do")


def _be_taken(thread: Thread, turn: int, text: str, why: str, decided: datetime) -> None:
    """A colleague writes, or is reminded and leaves it."""
    remind_at = decided + _REMINDED
    recent = thread.end - _ALL_TAKEN < remind_at < thread.end
    taken = not recent or thread.random.random() < _TAKEN
    if taken:
        _colleague_writes(thread)
    unseen = not thread.standing.taken_at
    if unseen and remind_at < thread.end:
        thread.effect(
            "reminder",
            {"content": "Nobody has taken this conversation yet."},
            *(remind_at, after(remind_at, 0.3)),
            turn=turn,
        )
        thread.clock = after(remind_at, 1)
    brief = {
        "reason": why,
        "happened": sayings.HAPPENED[why],
        "broker": thread.broker.name,
        "mood": "calm",
        "language": "en",
        "wants": [],
        "facts": [],
        "figures": [],
        "unanswered": [text],
        "next_step": "Reply here.",
        "open_question": text,
        "last_delivered": "",
    }
    thread.rows.add(
        "handover_briefs",
        *(thread.conversation_id, turn, why, json.dumps(brief), decided, remind_at),
        after(remind_at, 0.2) if unseen else None,
    )


def _colleague_writes(thread: Thread) -> None:
    """One to three lines, and the customer's thanks, which need no answer of ours."""
    wait = min(gap(thread.random, 360, 0.6), _REMINDED * 0.9)
    for line in sayings.COLLEAGUE[: thread.random.randint(1, len(sayings.COLLEAGUE))]:
        wait = min(wait, (thread.end - thread.clock) * 0.8)
        thread.clock += wait
        thread.rows.add("person_messages", thread.conversation_id, thread.message_id(), line, thread.clock)
        thread.webhook("message_created", "recorded", after(thread.clock, 0.1))
        thread.standing.taken_at = thread.standing.taken_at or after(thread.clock, 0.1)
        wait = gap(thread.random, 700, 0.7)
    thanked = thread.clock + gap(thread.random, 120)
    if thread.random.random() < 0.6 and thanked + timedelta(seconds=5) < thread.end:
        thread.clock = thanked
        (question,) = listen(thread, thread.random.choice(sayings.THANKS))
        job = message_job(thread, question)
        thread.heard(
            *(question.id, question.text, question.at, "left_to_person", job),
            received=question.received,
            source=question.source,
        )
        thread.rows.finish(job, after(job.started_at, 0.03), "left to a person")
