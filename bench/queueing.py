"""How soon a job starts: on an idle worker, and after the one before it in the same conversation."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any

import psycopg
from procrastinate import PsycopgConnector, manager
from procrastinate.tasks import configure_task

from bench import stock
from bench.figures import Table, ms, quantile, ratio, say
from bench.plots import Bar, Bars
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import LOOK_S, Stage, empty_stage

OURS, STOCK = "ours", "stock Procrastinate"
IDLE, CHAIN = "idle: enqueue to start", "same conversation: end to next start"
# Irregular, so that no poll keeps step with us; always the same pauses.
PAUSE_S = (0.03, 0.15)
PAUSES = random.Random(1)  # noqa: S311 - pauses are no secret
WAIT_S = 60
WARM_UP = 3
Times = dict[tuple[str, str], list[float]]

_jobs = manager.JobManager(PsycopgConnector())
ids = count(1)


@dataclass(frozen=True)
class Side:
    """One of the two queues: how a job that does nothing is deferred, and when jobs started and ended."""

    name: str
    stage: Stage
    conn: psycopg.Connection[Any]
    chain: int
    single: Callable[[int], dict[str, Any]]
    linked: Callable[[int, str], dict[str, Any]]
    runs: str

    def defer(self, plan: dict[str, Any]) -> int:
        job_id: int = configure_task(job_manager=_jobs, connection=self.conn, **plan).defer()
        return job_id

    def finished(self, jobs: list[int], *, look_s: float = LOOK_S) -> dict[int, tuple[float, float]]:
        """Start and end of each, in seconds since the epoch, once all have ended."""
        what = f"{len(jobs)} jobs have ended"
        self.stage.until(lambda: len(self._runs(jobs)) == len(jobs), WAIT_S, what, look_s=look_s)
        return self._runs(jobs)

    def due(self, jobs: list[int]) -> dict[int, float]:
        """When each was last due, in seconds since the epoch: for one that was put back, its second attempt."""
        query = "select id, scheduled_at as due from procrastinate_jobs where id = any (%(jobs)s)"
        return {row["id"]: row["due"].timestamp() for row in self.stage.rows(query, jobs=jobs)}

    def _runs(self, jobs: list[int]) -> dict[int, tuple[float, float]]:
        return {
            row["job_id"]: (row["started"], row["ended"]) for row in self.stage.rows(self.runs, jobs=jobs)
        }


def measure(server: BenchServer, sizes: Sizes) -> Table:
    times: Times = defaultdict(list)
    with our_side(server, sizes) as ours, stock_side(server, sizes) as theirs:
        sides = (ours, theirs)
        for side in sides:
            _idle(side, WARM_UP)
        for number in range(1, sizes.rounds + 1):
            for side in sides:
                times[IDLE, side.name] += _idle(side, sizes.idle_jobs)
                times[CHAIN, side.name] += _chain(side)
            say(f"queueing {number}/{sizes.rounds}  median ms: {_medians(times)}")
    return _table(times, sizes)


@contextmanager
def our_side(server: BenchServer, sizes: Sizes) -> Iterator[Side]:
    """Jobs about conversations that do not exist: all our machinery and nothing to do."""
    with empty_stage(server) as stage, stage.connect() as conn:
        stage.start_workers(1, app="bench.failing.app")
        yield Side(
            OURS,
            stage,
            conn,
            sizes.chain,
            lambda number: {"name": "settle-conversation", "task_kwargs": {"conversation_id": number}},
            lambda number, lock: {
                "name": "incoming-message",
                "lock": lock,
                "task_kwargs": {"conversation_id": 1, "message_id": number},
            },
            "select job_id, extract(epoch from started_at)::float8 as started,"
            " extract(epoch from finished_at)::float8 as ended from job_outcomes where job_id = any (%(jobs)s)",
        )


@contextmanager
def stock_side(server: BenchServer, sizes: Sizes) -> Iterator[Side]:
    """Procrastinate's worker with its own settings, ten jobs at once."""
    with empty_stage(server) as stage, stage.connect() as conn:
        stage.execute(stock.TABLE)
        command = ("procrastinate", "--app=bench.stock.app", "worker", "--concurrency", "10")
        stage.start("worker 1", *command)
        stage.until(
            lambda: bool(stage.rows("select id from procrastinate_workers")), WAIT_S, "a stock worker"
        )
        yield Side(
            STOCK,
            stage,
            conn,
            sizes.stock_chain,
            lambda _number: {"name": "stock"},
            lambda _number, lock: {"name": "stock", "lock": lock},
            "select * from stock_runs where job_id = any (%(jobs)s)",
        )


def _idle(side: Side, jobs: int) -> list[float]:
    """One job at a time; from before the defer, so its own commit is included."""
    deferred: dict[int, float] = {}
    for _ in range(jobs):
        time.sleep(PAUSES.uniform(*PAUSE_S))
        at = time.time()
        deferred[side.defer(side.single(next(ids)))] = at
    ran = side.finished(list(deferred))
    return [ran[job][0] - at for job, at in deferred.items()]


def _chain(side: Side) -> list[float]:
    """Jobs of one conversation, all deferred at once; they must run one after the other."""
    lock = f"chain-{next(ids)}"
    with side.conn.transaction():
        jobs = [side.defer(side.linked(next(ids), lock)) for _ in range(side.chain + 1)]
    ran = side.finished(jobs)
    return [ran[after][0] - ran[before][1] for before, after in pairwise(jobs)]


def _medians(times: Times) -> str:
    return ", ".join(
        f"{name} {what.partition(':')[0]} {ms(quantile(each, 0.5))}" for (what, name), each in times.items()
    )


def _table(times: Times, sizes: Sizes) -> Table:
    return Table(
        "How soon a job starts",
        ("", "queue", "samples", "p50 ms", "p99 ms", "max ms", "p50 ratio"),
        [_row(times, what, name) for what in (IDLE, CHAIN) for name in (OURS, STOCK)],
        (
            "One worker each, idle otherwise, jobs that find nothing to do. Idle: from before the defer and its commit.",
            f"Same conversation: chains of {sizes.chain} jobs of one lock ({sizes.stock_chain} at the stock worker, whose",
            "next job waits for the poll), from the end of one job to the start of the next.",
        ),
        (_picture(times),),
        {
            f"{short}_p{round(share * 100)}_ms": quantile(times[what, OURS], share) * 1000
            for short, what in (("idle", IDLE), ("chain", CHAIN))
            for share in (0.5, 0.99)
        },
    )


def _picture(times: Times) -> Bars:
    bars = [
        Bar(f"{what.partition(':')[0]}, {name}", *(quantile(each, share) * 1000 for share in (0.5, 0, 0.99)))
        for (what, name), each in sorted(times.items())
    ]
    title = "How soon a job starts: median, from the fastest to the 99th percentile"
    return Bars("queueing", title, "milliseconds, each line ten times the one before", bars, logarithmic=True)


def _row(times: Times, what: str, name: str) -> tuple[str, ...]:
    values = times[what, name]
    figures = [ms(quantile(values, share)) for share in (0.5, 0.99, 1)]
    base = quantile(times[what, OURS], 0.5)
    return (what, name, str(len(values)), *figures, ratio(quantile(values, 0.5), base))
