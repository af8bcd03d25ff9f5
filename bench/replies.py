"""From Chatwoot's webhook to our reply in Chatwoot, at pace 0 and a gentle rate; the clock is Chatwoot's stand-in.

Once whole, and once beyond the outside calls' own time: from their request's arrival to its answer, as the stand-ins say.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from bench.figures import Table, ms, quantile, say
from bench.leads import make_room, submit
from bench.plots import Line, Lines
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import MODEL_KEY, TOKEN, WEBHOOK_SECRET, Stage, empty_stage
from nextnest.doctor.chatwoot import EVENTS
from sandbox.chatwoot import ChatwootSandbox
from sandbox.journal import RequestRecord
from sandbox.model import ModelCall, ModelSandbox

# Between two messages of a customer at the highest rate: so many replies in a row would be taken for talk between two
# programs if they came faster (nextnest/rules/loops.py), and none falls into the answer to the one before.
APART_S = 15
QUESTION = "How much can I borrow with my income?"
WAIT_S = 60


@dataclass(frozen=True)
class Answered:
    """Seconds from a webhook to its reply: `whole`, and those of them in which a stand-in was at work for it."""

    whole: float
    outside: float

    @property
    def beyond(self) -> float:
        return self.whole - self.outside


Answers = dict[float, list[Answered]]


def measure(server: BenchServer, sizes: Sizes) -> Table:
    return _table(_answers(server, sizes), sizes)


def latencies(server: BenchServer, sizes: Sizes) -> dict[float, list[float]]:
    """Seconds from each webhook to its reply, by messages per second."""
    return {rate: _whole(answers) for rate, answers in _answers(server, sizes).items()}


def _answers(server: BenchServer, sizes: Sizes) -> Answers:
    """Every answer, by messages per second."""
    found: Answers = defaultdict(list)
    with empty_stage(server) as stage, _model_here(stage) as model, _chatwoot_here(stage) as chatwoot:
        ids = cycle(_set_up(stage, _customers(sizes)))
        _answer_times(stage, chatwoot, model, ids, rate=10, seconds=0.5)  # warm-up
        for number in range(1, sizes.rounds + 1):
            for rate in sizes.rates:
                answers = _answer_times(stage, chatwoot, model, ids, rate, sizes.seconds)
                found[rate] += answers
                median = ms(quantile(_whole(answers), 0.5))
                say(f"replies {number}/{sizes.rounds}  at {rate:g}/s: median {median} ms")
    return found


def _chatwoot_here(stage: Stage) -> ChatwootSandbox:
    """In this process, whose journals hold the moments we are after."""
    return ChatwootSandbox(
        stage.webhook_url,
        token=TOKEN,
        webhook_secret=WEBHOOK_SECRET,
        subscriptions=EVENTS,
        port=stage.chatwoot_port,
    )


def _model_here(stage: Stage) -> ModelSandbox:
    return ModelSandbox(api_key=MODEL_KEY, port=stage.model_port)


def _customers(sizes: Sizes) -> int:
    return math.ceil(max(sizes.rates) * APART_S)


def _set_up(stage: Stage, customers: int) -> list[int]:
    stage.start_web()
    stage.start_workers(1)
    make_room(stage)
    ids = submit(stage, customers)
    stage.until(lambda: _outcomes(stage, "greeted") == customers, WAIT_S, "everybody is greeted")
    return ids


def _answer_times(
    stage: Stage,
    chatwoot: ChatwootSandbox,
    model: ModelSandbox,
    ids: Iterator[int],
    rate: float,
    seconds: float,
) -> list[Answered]:
    """Customers write at this rate, whether or not they were answered."""
    chatwoot.clear_journals()
    model.clear_journals()
    asked = max(int(rate * seconds), 1)
    with ThreadPoolExecutor(4) as pool:
        started = time.monotonic()
        for number in range(asked):
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
            pool.submit(chatwoot.customer_says, next(ids), QUESTION)
    chatwoot.settle()  # every webhook has reached us, so what is unanswered can be seen
    stage.until(lambda: not _unanswered(stage), WAIT_S, "every message is answered")
    calls = _calls(model)
    answers = [
        Answered(
            reply.finished_at - at,
            reply.finished_at - reply.at + _within(calls[_customer(id_)], at, reply.at),
        )
        for id_, at, reply in _pairs(chatwoot)
    ]
    if len(answers) != asked:
        raise RuntimeError(f"{asked} messages were written, {len(answers)} were answered")
    return answers


def _calls(model: ModelSandbox) -> dict[str, list[ModelCall]]:
    """The model's calls by whom they are for."""
    calls: dict[str, list[ModelCall]] = defaultdict(list)
    for call in model.calls:
        calls[call.body["safety_identifier"]].append(call)
    return calls


def _customer(conversation_id: int) -> str:
    """As the model knows her: our worker's words."""
    return hashlib.sha256(f"conversation-{conversation_id}".encode()).hexdigest()


def _within(calls: list[ModelCall], begin: float, end: float) -> float:
    """Seconds the model was at work between two moments."""
    return sum(call.finished_at - call.at for call in calls if begin <= call.at and call.finished_at <= end)


def _pairs(chatwoot: ChatwootSandbox) -> list[tuple[int, float, RequestRecord]]:
    """For each message of a customer its conversation, when its webhook was posted, and the request with the next reply."""
    replies: dict[int, list[RequestRecord]] = defaultdict(list)
    for request in chatwoot.requests:
        if request.method == "POST" and request.path.endswith("/messages") and _is_public(request.body):
            replies[int(request.path.split("/")[-2])].append(request)
    asked = [
        (delivery.payload["conversation"]["id"], delivery.at)
        for delivery in chatwoot.webhooks
        if delivery.event == "message_created" and delivery.payload["message_type"] == "incoming"
    ]
    return [
        (id_, at, min(later, key=lambda reply: reply.finished_at))
        for id_, at in asked
        if (later := [reply for reply in replies[id_] if reply.finished_at > at])
    ]


def _is_public(body: Any) -> bool:
    return isinstance(body, dict) and body.get("message_type") == "outgoing" and not body.get("private")


def _outcomes(stage: Stage, outcome: str) -> int:
    query = "select count(*) from job_outcomes where outcome = %(outcome)s"
    return int(stage.rows(query, outcome=outcome)[0]["count"])


def _unanswered(stage: Stage) -> bool:
    """Something has no answer yet, or its job has not committed yet."""
    [row] = stage.rows(
        "select exists (select from incoming_messages where state = 'unanswered') or exists ("
        " select from procrastinate_jobs where task_name = 'incoming-message' and status in ('todo', 'doing')) as open"
    )
    return bool(row["open"])


def _whole(answers: list[Answered]) -> list[float]:
    return [answer.whole for answer in answers]


def _beyond(answers: list[Answered]) -> list[float]:
    return [answer.beyond for answer in answers]


def _table(answers: Answers, sizes: Sizes) -> Table:
    return Table(
        "From the webhook to the reply in Chatwoot, pace 0",
        ("messages", "samples", "p50 ms", "p95 ms", "p99 ms", "max ms", "beyond p50", "beyond p99"),
        [_row(rate, each) for rate, each in answers.items()],
        (
            f"One worker; {_customers(sizes)} conversations; all samples of {sizes.rounds} rounds. From the moment",
            "Chatwoot posts the webhook to the moment it has stored our reply. The model stand-in answers at once.",
            "Beyond: without the own time of the outside calls, which share our cores here: in each, from the arrival",
            "of the request at the stand-in to its answer. Clients, connections and waiting in line count as ours.",
        ),
        (_picture({rate: _whole(each) for rate, each in answers.items()}),),
        {
            f"at_{rate:g}_{what}p{round(share * 100)}_ms": quantile(times, share) * 1000
            for rate, each in answers.items()
            for what, times in (("", _whole(each)), ("beyond_", _beyond(each)))
            for share in (0.5, 0.99)
        },
    )


def _row(rate: float, answers: list[Answered]) -> tuple[str, ...]:
    whole, beyond = _whole(answers), _beyond(answers)
    return (
        f"{rate:g} per second",
        str(len(answers)),
        *(ms(quantile(whole, share)) for share in (0.5, 0.95, 0.99, 1)),
        *(ms(quantile(beyond, share)) for share in (0.5, 0.99)),
    )


def _picture(latencies: dict[float, list[float]]) -> Lines:
    """How many of a hundred replies were there after so many milliseconds, a line for each rate."""
    shares = [number / 100 for number in range(1, 101)]
    lines = [
        Line(f"{rate:g} a second", [(quantile(times, share) * 1000, share * 100) for share in shares])
        for rate, times in latencies.items()
    ]
    return Lines(
        "replies", "From the webhook to the reply in Chatwoot", "milliseconds", "answered by then, %", lines
    )
