"""Is a wake-up ever lost, and does what is due start when it is due? Ours beside a stock Procrastinate worker.

Pairs of jobs come 0 to 20 ms apart, then nothing until both have started: the second one's notification may fall into the
fetch of the first, and nobody comes after it who would wake the worker by chance.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bench.figures import Table, ms, quantile, say
from bench.plots import Bar, Bars
from bench.queueing import OURS, STOCK, Side, ids, our_side, stock_side
from bench.server import BenchServer
from bench.sizes import Sizes

PAIRS, DUE = "two jobs close together: enqueue to start", "scheduled: due to start"
RETRIED = "retried: due to start"
APART_S = 0.02
# Thousands of pairs come one after the other, so we do not look away for long.
PAIR_LOOK_S = 0.004
# When they are due, from now: after the next poll of a stock worker, and over as long as it takes to the one after.
DUE_S = (0.5, 5.5)
# A stock worker that misses one of fifty sleeps five seconds each time.
STOCK_SHARE = 40
CHANCE = Random(2)  # noqa: S311 - pauses are no secret
Times = dict[tuple[str, str], list[float]]


def measure(server: BenchServer, sizes: Sizes) -> Table:
    times: Times = defaultdict(list)
    with our_side(server, sizes) as ours, stock_side(server, sizes) as theirs:
        for side in (ours, theirs):
            _pairs(side, 2)  # warm-up
        for number in range(1, sizes.rounds + 1):
            for side, pairs in ((ours, sizes.pairs), (theirs, max(1, sizes.pairs // STOCK_SHARE))):
                times[PAIRS, side.name] += _pairs(side, pairs)
                for what, late in _due(side, sizes.due_jobs).items():
                    times[what, side.name] += late
            latest = ", ".join(
                f"{name} {what.partition(':')[0]} {ms(max(each))}" for (what, name), each in times.items()
            )
            say(f"wakeups {number}/{sizes.rounds}  latest ms: {latest}")
    return _table(times)


def _pairs(side: Side, pairs: int) -> list[float]:
    """From before each defer to the start of its job."""
    late = []
    for _ in range(pairs):
        deferred: dict[int, float] = {}
        for pause in (0.0, CHANCE.uniform(0, APART_S)):
            time.sleep(pause)
            at = time.time()
            deferred[side.defer(side.single(next(ids)))] = at
        ran = side.finished(list(deferred), look_s=PAIR_LOOK_S)
        late += [ran[job][0] - at for job, at in deferred.items()]
    return late


def _due(side: Side, jobs: int) -> dict[str, list[float]]:
    """From the moment each job is last due to its start; they are first due at irregular moments over five seconds."""
    deferred = {DUE: [_later(side, side.single(next(ids))) for _ in range(jobs)]}
    deferred[RETRIED] = [_later(side, {"name": "fail-once"}) for _ in range(jobs)]
    both = deferred[DUE] + deferred[RETRIED]
    ran, due = side.finished(both), side.due(both)
    return {what: [ran[job][0] - due[job] for job in each] for what, each in deferred.items()}


def _later(side: Side, plan: dict[str, Any]) -> int:
    at = datetime.now(UTC) + timedelta(seconds=CHANCE.uniform(*DUE_S))
    return side.defer(plan | {"schedule_at": at})


def _table(times: Times) -> Table:
    return Table(
        "Wake-ups",
        ("", "queue", "samples", "p50 ms", "p99 ms", "max ms", "later than 250 ms"),
        [_row(times, what, name) for what in (PAIRS, DUE, RETRIED) for name in (OURS, STOCK)],
        (
            "One worker each, idle otherwise, jobs that find nothing to do. Pairs 0 to 20 ms apart, then silence until both",
            "have started. Scheduled: due at irregular moments within five seconds. Retried: the same, and their first",
            "attempt fails; due again two seconds later, ours spread by a fifth either way. Every job did its work once.",
        ),
        (_picture(times),),
        {
            "pairs_max_ms": max(times[PAIRS, OURS]) * 1000,
            "due_p99_ms": max(quantile(times[what, OURS], 0.99) for what in (DUE, RETRIED)) * 1000,
        },
    )


def _row(times: Times, what: str, name: str) -> tuple[str, ...]:
    values = times[what, name]
    figures = [ms(quantile(values, share)) for share in (0.5, 0.99, 1)]
    return (what, name, str(len(values)), *figures, str(sum(value > 0.25 for value in values)))


def _picture(times: Times) -> Bars:
    bars = [
        Bar(
            f"{what.partition(':')[0]}, {name}",
            *(max(quantile(each, share), 1e-4) * 1000 for share in (0.5, 0, 1)),
        )
        for (what, name), each in sorted(times.items())
    ]
    title = "Wake-ups: median, from the fastest to the slowest"
    return Bars("wakeups", title, "milliseconds, each line ten times the one before", bars, logarithmic=True)
