"""A turn the AI answers: what is asked, the drafts, the calculation, the deliberate wait, the reply."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sandbox.traffic import sayings
from sandbox.traffic.hours import SINGAPORE
from sandbox.traffic.rows import Job, after
from sandbox.traffic.thread import Thread

# A turn is told whole or not at all: with its burst, its wait and its calls it takes less than this.
_LONGEST_TURN = timedelta(seconds=75)
# Of all turns: written in several messages; with a calculation; with a draft that had to be written anew; begun by a
# worker that died; a webhook that was lost.
_BURST, _CALCULATED, _REPAIRED, _RESCUED, _SWEPT, _BY_CHAT = 0.14, 0.16, 0.05, 0.008, 0.015, 0.35
# A dead worker is noticed after so many seconds.
_SILENT_S = 17.0
_PROMPT_VERSION = "calculators-c5d0f66d"
_CENT = Decimal("0.000001")


@dataclass(frozen=True)
class Question:
    """One message of a turn: its number in Chatwoot, its words, when it was written and when we heard of it."""

    id: int
    text: str
    at: datetime
    received: datetime
    source: str


@dataclass(frozen=True)
class Draft:
    """What the model wrote: `calls` tokens in and out and seconds for each time it was asked."""

    text: str
    calls: list[tuple[int, int, float]]
    instalment: sayings.Instalment | None = None

    @property
    def took_s(self) -> float:
        return sum(call[2] for call in self.calls)


def time_for_a_turn(thread: Thread) -> bool:
    """Whether a turn that begins now is over by the end of the story; an outage's turns end behind it."""
    outage = thread.world.outages.at("model", thread.clock) or thread.world.outages.at(
        "chatwoot", thread.clock
    )
    return max(thread.clock, outage.end if outage else thread.clock) + _LONGEST_TURN < thread.end


def answer(thread: Thread) -> None:
    """The customer asks, the broker answers."""
    random = thread.random
    instalment = random.choice(sayings.INSTALMENTS) if random.random() < _CALCULATED else None
    asked, said = (
        (instalment.question, instalment.answer) if instalment else random.choice(sayings.TALK)
    )  # fmt: skip
    questions = listen(thread, asked, burst=random.random() < _BURST)
    job, began = take_in(thread, questions)
    draft = Draft(said, _calls(thread, 2 if instalment else 1), instalment)
    begin = max(began, questions[-1].received)
    overtaken = len(questions) > 1 and random.random() < 0.3
    if overtaken:
        _be_overtaken(thread, job, questions, said)
    if random.random() < _REPAIRED:
        begin = reject(thread, job, questions[-1].id, begin)
    _reply(thread, job, questions, draft, begin)


def listen(thread: Thread, text: str, *, burst: bool = False) -> list[Question]:
    """The messages of a turn, each remembered as it came."""
    texts = [text, *([thread.random.choice(sayings.AND_ANOTHER_THING)] if burst else [])]
    questions: list[Question] = []
    for index, one in enumerate(texts):
        at = after(thread.clock, index * thread.random.uniform(1.5, 3.5))
        source = _source(thread)
        late = thread.random.uniform(8, 25) if source == "sweep" else thread.random.uniform(0.01, 0.2)
        if index and questions[-1].source == "sweep":
            source, late = "sweep", (questions[-1].received - at).total_seconds() + 0.01
        questions.append(Question(thread.message_id(), one, at, after(at, max(late, 0.01)), source))
    return questions


def take_in(thread: Thread, questions: list[Question]) -> tuple[Job, datetime]:
    """The first message's job, running; when it began with its last attempt."""
    first = questions[0]
    job = message_job(thread, first)
    if outage := thread.world.outages.at("model", first.at) or thread.world.outages.at("chatwoot", first.at):
        back = after(outage.end, thread.random.uniform(2, 12))
        thread.rows.again(job, after(job.started_at, 4.0), back, "handed back")
    elif thread.random.random() < _RESCUED:
        silent = after(job.started_at, _SILENT_S)
        thread.rows.again(job, silent, after(silent, 2.2), "worker died")
    return job, job.started_at


def message_job(thread: Thread, question: Question) -> Job:
    key = f"incoming-{thread.conversation_id}-{question.id}"
    return thread.job("incoming-message", key, question.received, message_id=question.id)


def reject(thread: Thread, job: Job, turn: int, begin: datetime) -> datetime:
    """A draft the guard held back; when it had done so."""
    rule, reason = thread.random.choice(sayings.BROKEN)
    draft = Draft("", _calls(thread, 1))
    done = after(begin, draft.took_s)
    verdict = {"ok": False, "broken": [rule], "proofs": [], "reasons": [reason]}
    _keep_draft(thread, job, turn, draft, done, "rejected", None, verdict)
    return done


def _reply(thread: Thread, job: Job, questions: list[Question], draft: Draft, begin: datetime) -> None:
    """Sent when the model is done and the deliberate wait is over; the messages are answered by it."""
    newest = questions[-1]
    ready = after(begin, draft.took_s)
    spent_s = (ready - newest.received).total_seconds()
    waited_s = max(0.0, thread.random.uniform(1.5, 6.0) - spent_s)
    planned = after(ready, 0.01)
    reply, sent = thread.effect(
        "reply", {"content": draft.text}, planned, after(ready, waited_s + 0.01), turn=newest.id
    )
    _keep_draft(thread, job, newest.id, draft, planned, "used", reply, _proved(draft))
    for question in questions:
        thread.heard(
            *(question.id, question.text, question.at, "answered", job),
            received=question.received,
            source=question.source,
            reply=reply,
            started=max(after(job.started_at, 0.01), after(question.received, 0.005)),
            replied=sent,
            waited_s=waited_s,
        )
    thread.clock = after(sent, 0.03)
    thread.rows.finish(job, thread.clock, "answered", waited_s=waited_s)
    _let_go(thread, questions[1:])


def _let_go(thread: Thread, later: list[Question]) -> None:
    """The jobs of messages an earlier job has taken in find nothing to do."""
    for question in later:
        job = message_job(thread, question)
        job.started_at = thread.clock
        thread.rows.finish(job, after(thread.clock, 0.02), "nothing to do")


def _be_overtaken(thread: Thread, job: Job, questions: list[Question], said: str) -> None:
    """A draft was ready when the next message came in: nobody ever sees it."""
    planned = after(questions[-1].received, -0.05)
    effect = thread.withheld({"content": said}, planned, questions[0].id)
    draft = Draft(said, _calls(thread, 1))
    _keep_draft(thread, job, questions[0].id, draft, planned, "superseded", effect, _proved(draft))


def _keep_draft(
    thread: Thread,
    job: Job,
    turn: int,
    draft: Draft,
    at: datetime,
    outcome: str,
    effect: UUID | None,
    verdict: dict[str, object],
) -> None:
    """The draft with its tokens, every call with its cost, and the calculation behind it."""
    costs = [_keep_call(thread, job, turn, call, at) for call in draft.calls]
    given, written = sum(call[0] for call in draft.calls), sum(call[1] for call in draft.calls)
    thread.rows.add(
        "ai_replies",
        *(
            thread.conversation_id,
            effect,
            job.number,
            turn,
            thread.world.model,
            _PROMPT_VERSION,
            given,
            written,
        ),
        *(given + written, sum(costs), draft.took_s, outcome, json.dumps(verdict), at),
    )
    if draft.instalment:
        day, run = at.astimezone(SINGAPORE).date(), draft.instalment
        thread.rows.add(
            "tool_runs",
            *(thread.conversation_id, turn, job.number, "monthly_instalment", json.dumps(run.arguments)),
            *(day, "instalment/1", run.result(day), at),
        )


def _keep_call(thread: Thread, job: Job, turn: int, call: tuple[int, int, float], at: datetime) -> Decimal:
    given, written, took_s = call
    world = thread.world
    cost = Decimal(given * world.input_price + written * world.output_price).quantize(_CENT)
    thread.rows.add(
        "ai_calls",
        *(thread.uid(), thread.conversation_id, job.number, turn, world.model, given, 0, written, cost),
        *("answered", took_s, at.astimezone(SINGAPORE).date(), at),
    )
    thread.spent += cost
    return cost


def _proved(draft: Draft) -> dict[str, object]:
    run = draft.instalment
    source = "tool:monthly_instalment#1"
    proofs = [[run.monthly.lower(), source], [run.interest.lower(), source]] if run else []
    return {"ok": True, "broken": [], "proofs": proofs, "reasons": []}


def _calls(thread: Thread, count: int) -> list[tuple[int, int, float]]:
    random = thread.random
    return [
        (random.randint(780, 1900), random.randint(18, 140), round(random.lognormvariate(0.05, 0.45), 3))
        for _ in range(count)
    ]


def _source(thread: Thread) -> str:
    draw = thread.random.random()
    return "sweep" if draw < _SWEPT else "chat" if draw < _SWEPT + _BY_CHAT else "webhook"
