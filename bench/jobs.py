"""How many jobs a second that change broker capacity, each in a transaction of its own with its completion inside.

Beside a stock Procrastinate worker whose jobs do nothing; with one worker and with two; next to the database, and 2.5 ms
away from it, as a worker in another data centre of its region is.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg

from bench.figures import Table, bar, median, ratio, say, spread
from bench.plots import Bars
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import Stage, empty_stage, free_ports, listens
from bench.wire import counted

AWAY_MS = 2.5
WAIT_S = 300
WARM_UP = 40
ASKED = 50
# So many that a broker's list does not grow long: a hundred conversations each. Nobody waits for a place.
BROKERS = (
    "insert into ai_brokers (slug, name, personality_type, title, persona)"
    " select 'bench-' || n, 'Bench ' || n, 'balanced', 'Broker', '{}' from generate_series(1, 35) n"
)
ROOM = "update ai_brokers set max_concurrent_chats = 1000000, is_active = true"
HELD = (
    "select count(*) as places, count(distinct c) as conversations"
    " from ai_brokers, unnest(active_conversations) as c"
)


@dataclass(frozen=True)
class Side:
    """A worker's app and options, its task, and the statement that puts `jobs` of them into the queue."""

    name: str
    app: str
    options: tuple[str, ...]
    task: str
    fill: str


OURS = Side(
    "ours, changing capacity",
    "bench.places.app",
    (),
    "take-place",
    "insert into procrastinate_jobs (queue_name, task_name, lock, args)"
    " select 'default', 'take-place', 'conversation-' || n,"
    " jsonb_build_object('conversation_id', n, 'broker_id', b.id)"
    " from generate_series(%(before)s + 1, %(before)s + %(jobs)s) n"
    " join (select id, row_number() over (order by slug) - 1 as place, count(*) over () as many from ai_brokers) b"
    " on b.place = mod(n, b.many) order by n",
)
STOCK = Side(
    "stock Procrastinate, doing nothing",
    "bench.stock.app",
    ("--concurrency", "10"),
    "nothing",
    "insert into procrastinate_jobs (queue_name, task_name)"
    " select 'default', 'nothing' from generate_series(%(before)s + 1, %(before)s + %(jobs)s)",
)
Rates = dict[tuple[str, int, bool], list[float]]


def measure(server: BenchServer, sizes: Sizes) -> Table:
    rates: Rates = defaultdict(list)
    for number in range(1, sizes.rounds + 1):
        for away in (False, True):
            for side in (OURS, STOCK):
                for workers in (1, 2) if side is OURS and not away else (1,):
                    rates[side.name, workers, away].append(_rate(server, sizes, side, workers, away))
        say(f"jobs {number}/{sizes.rounds}  {_so_far(rates)}")
    return _table(rates, _trips(server, sizes), _distance_ms(server), sizes)


def _rate(server: BenchServer, sizes: Sizes, side: Side, workers: int, away: bool) -> float:
    """Jobs a second from the first start to the last end, on a fresh database, with workers that are warm."""
    jobs = sizes.jobs if side is OURS and not away else sizes.stock_jobs
    with empty_stage(server) as stage:
        stage.execute(BROKERS)
        stage.execute(ROOM)
        if away:
            stage.ways["worker"] = _far(stage)
        stage.execute(side.fill, before=0, jobs=WARM_UP * workers)
        stage.start_workers(workers, *side.options, app=side.app)
        stage.until(lambda: _left(stage) == 0, WAIT_S, "the workers are warm")
        stage.execute(side.fill, before=WARM_UP * workers, jobs=jobs)
        stage.until(lambda: _left(stage) == 0, WAIT_S, f"{jobs} x {side.task}")
        return jobs / _span_s(stage, side, jobs, WARM_UP * workers)


def _left(stage: Stage) -> int:
    query = (
        "select count(*) from procrastinate_jobs"
        " where status in ('todo', 'doing') and task_name in ('nothing', 'take-place')"
    )
    return int(stage.rows(query)[0]["count"])


def _span_s(stage: Stage, side: Side, jobs: int, warm: int) -> float:
    """By the queue's own events. Every job ran once and well, and no place is held, or there is nothing to report."""
    [row] = stage.rows(
        "with measured as ("
        " select id from procrastinate_jobs where task_name = %(task)s order by id offset %(warm)s)"
        " select count(*) filter (where e.type = 'started') as started,"
        " count(*) filter (where e.type = 'succeeded') as well,"
        " extract(epoch from max(e.at) - min(e.at) filter (where e.type = 'started'))::float8 as span_s"
        " from procrastinate_events e join measured m on m.id = e.job_id where e.type in ('started', 'succeeded')",
        task=side.task,
        warm=warm,
    )
    [held] = stage.rows(HELD)
    places = jobs + warm if side is OURS else 0
    if (row["started"], row["well"], *held.values()) != (jobs, jobs, places, places):
        raise RuntimeError(f"{side.name}: {jobs} jobs, but {row | held}")
    return float(row["span_s"])


def _far(stage: Stage) -> str:
    """A connection string that leads to the stage's database by the long way."""
    parts = urlsplit(stage.database_url)
    [port] = free_ports(1)
    target = f"{parts.hostname}:{parts.port}"
    proxy = stage.start("proxy", "bench.proxy", str(port), target, str(AWAY_MS / 2))
    stage.until(lambda: listens(port), WAIT_S, "the proxy listens")
    proxy.check()
    user, _, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}@127.0.0.1:{port}").geturl()


def _distance_ms(server: BenchServer) -> float:
    """What a round trip by the long way really takes: the median of some."""
    with empty_stage(server) as stage, psycopg.connect(_far(stage), autocommit=True) as conn:
        took = []
        for _ in range(ASKED):
            began = time.monotonic()
            conn.execute("select 1")
            took.append(time.monotonic() - began)
    return statistics.median(took) * 1000


def _trips(server: BenchServer, sizes: Sizes) -> dict[str, float]:
    """Round trips a job, of a worker that has many to do."""
    found = {}
    for side in (OURS, STOCK):
        with empty_stage(server) as stage:
            stage.execute(BROKERS)
            stage.execute(ROOM)
            url, counter = stage.stack.enter_context(counted(stage.database_url))
            stage.ways["worker"] = url
            stage.execute(side.fill, before=0, jobs=sizes.stock_jobs)
            stage.start_workers(1, *side.options, app=side.app)
            stage.until(lambda stage=stage: _left(stage) == 0, WAIT_S, "all is done")  # type: ignore[misc]
            found[side.name] = counter.round_trips / sizes.stock_jobs
    return found


def _so_far(rates: Rates) -> str:
    return ", ".join(
        f"{name.partition(',')[0]} x{workers}{' away' * away} {each[-1]:.0f}"
        for (name, workers, away), each in rates.items()
    )


def _table(rates: Rates, trips: dict[str, float], distance_ms: float, sizes: Sizes) -> Table:
    near, far = median(rates[STOCK.name, 1, False]), median(rates[STOCK.name, 1, True])
    rows = [
        (
            name,
            str(workers),
            f"{distance_ms:.1f} ms away" if away else "next to it",
            f"{median(each):,.0f}",
            spread(each),
            ratio(median(each), far if away else near),
            f"{trips[name]:.1f}",
        )
        for (name, workers, away), each in rates.items()
    ]
    return Table(
        "Jobs a second",
        ("worker", "workers", "database", "per second", "rounds", "beside stock", "round trips a job"),
        rows,
        (
            f"{sizes.jobs} jobs of ours a round, {sizes.stock_jobs} of stock and of those away; {sizes.rounds} rounds in",
            "turns, medians; workers warm, all on one machine. Ours: each job takes a place with one of forty brokers",
            "for its conversation, in one transaction with its outcome and its completion. Stock: jobs without a lock that",
            "do nothing. Afterwards every job had run once, and every conversation held one place.",
        ),
        (_picture(rates),),
        {
            "per_second": median(rates[OURS.name, 1, False]),
            "times_stock": median(rates[OURS.name, 1, False]) / near,
            "two_workers": median(rates[OURS.name, 2, False]) / median(rates[OURS.name, 1, False]),
            "times_stock_far": median(rates[OURS.name, 1, True]) / far,
        },
    )


def _picture(rates: Rates) -> Bars:
    bars = [
        bar(f"{name.partition(',')[0]}, {workers} worker{'s' * (workers > 1)}{', away' * away}", each)
        for (name, workers, away), each in rates.items()
    ]
    return Bars("jobs", "Jobs a second, each its own transaction", "per second", bars)
