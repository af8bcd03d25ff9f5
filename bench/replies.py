"""From Chatwoot's webhook to our reply in Chatwoot, at pace 0 and a gentle rate; the clock is Chatwoot's stand-in."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.figures import Table, ms, quantile, say
from bench.leads import make_room, submit
from bench.plots import Line, Lines
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import TOKEN, WEBHOOK_SECRET, Stage, empty_stage
from sandbox.chatwoot import ChatwootSandbox

# Between two messages of a customer at the highest rate, so that none falls into the answer to the one before.
APART_S = 2.5
QUESTION = "How much can I borrow with my income?"
WAIT_S = 60
Latencies = dict[float, list[float]]


def measure(server: BenchServer, sizes: Sizes) -> Table:
    return _table(latencies(server, sizes), sizes)


def latencies(server: BenchServer, sizes: Sizes) -> Latencies:
    """Seconds from each webhook to its reply, by messages per second."""
    found: Latencies = defaultdict(list)
    with empty_stage(server) as stage, _chatwoot_here(stage) as chatwoot:
        ids = _set_up(stage, _customers(sizes))
        _answer_times(stage, chatwoot, ids, rate=10, seconds=0.5)  # warm-up
        for number in range(1, sizes.rounds + 1):
            for rate in sizes.rates:
                times = _answer_times(stage, chatwoot, ids, rate, sizes.seconds)
                found[rate] += times
                say(f"replies {number}/{sizes.rounds}  at {rate:g}/s: median {ms(quantile(times, 0.5))} ms")
    return found


def _chatwoot_here(stage: Stage) -> ChatwootSandbox:
    """In this process, whose journals hold the moments we are after."""
    return ChatwootSandbox(
        stage.webhook_url, token=TOKEN, webhook_secret=WEBHOOK_SECRET, port=stage.chatwoot_port
    )


def _customers(sizes: Sizes) -> int:
    return math.ceil(max(sizes.rates) * APART_S)


def _set_up(stage: Stage, customers: int) -> list[int]:
    stage.start_model()
    stage.start_web()
    stage.start_workers(1)
    make_room(stage)
    ids = submit(stage, customers)
    stage.until(lambda: _outcomes(stage, "greeted") == customers, WAIT_S, "everybody is greeted")
    return ids


def _answer_times(
    stage: Stage, chatwoot: ChatwootSandbox, ids: list[int], rate: float, seconds: float
) -> list[float]:
    """Customers write at this rate, whether or not they were answered; seconds from webhook to reply."""
    chatwoot.clear_journals()
    asked = max(int(rate * seconds), 1)
    with ThreadPoolExecutor(4) as pool:
        started = time.monotonic()
        for number in range(asked):
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
            pool.submit(chatwoot.customer_says, ids[number % len(ids)], QUESTION)
    chatwoot.settle()  # every webhook has reached us, so what is unanswered can be seen
    stage.until(lambda: not _unanswered(stage), WAIT_S, "every message is answered")
    times = [reply - asked_at for asked_at, reply in _pairs(chatwoot)]
    if len(times) != asked:
        raise RuntimeError(f"{asked} messages were written, {len(times)} were answered")
    return times


def _pairs(chatwoot: ChatwootSandbox) -> list[tuple[float, float]]:
    """For each webhook of a customer's message, when it was posted and when the next reply was there."""
    replies: dict[int, list[float]] = defaultdict(list)
    for request in chatwoot.requests:
        if request.method == "POST" and request.path.endswith("/messages") and _is_public(request.body):
            replies[int(request.path.split("/")[-2])].append(request.finished_at)
    asked = [
        (delivery.payload["conversation"]["id"], delivery.at)
        for delivery in chatwoot.webhooks
        if delivery.event == "message_created" and delivery.payload["message_type"] == "incoming"
    ]
    return [
        (at, min(later)) for id_, at in asked if (later := [reply for reply in replies[id_] if reply > at])
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


def _table(latencies: Latencies, sizes: Sizes) -> Table:
    rows = [
        (
            f"{rate:g} per second",
            str(len(times)),
            *(ms(quantile(times, share)) for share in (0.5, 0.95, 0.99, 1)),
        )
        for rate, times in latencies.items()
    ]
    return Table(
        "From the webhook to the reply in Chatwoot, pace 0",
        ("messages", "samples", "p50 ms", "p95 ms", "p99 ms", "max ms"),
        rows,
        (
            f"One worker; {_customers(sizes)} conversations; all samples of {sizes.rounds} rounds. From the moment",
            "Chatwoot posts the webhook to the moment it has stored our reply. The model stand-in answers at once.",
        ),
        (_picture(latencies),),
        {
            f"at_{rate:g}_p{round(share * 100)}_ms": quantile(times, share) * 1000
            for rate, times in latencies.items()
            for share in (0.5, 0.99)
        },
    )


def _picture(latencies: Latencies) -> Lines:
    """How many of a hundred replies were there after so many milliseconds, a line for each rate."""
    shares = [number / 100 for number in range(1, 101)]
    lines = [
        Line(f"{rate:g} a second", [(quantile(times, share) * 1000, share * 100) for share in shares])
        for rate, times in latencies.items()
    ]
    return Lines(
        "replies", "From the webhook to the reply in Chatwoot", "milliseconds", "answered by then, %", lines
    )
