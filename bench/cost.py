"""What one conversation costs the database: commits, notifications, WAL, rows, statements and round trips, per pipeline.

Pipelines come one by one at a gentle rate, so that each pays for its own fetch. What the processes do while nothing
happens is measured first, and taken off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.figures import Table, say
from bench.leads import make_room, submit
from bench.pipelines import OUTCOMES, ask
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import Stage, empty_stage
from bench.wire import Counter, counted

# Above what the machine does easily pipelines share fetches and flushes; below it the clean-up after each is not yet over.
RATE = 4
# A connection tells its counts to the server's statistics at most 10 s after it fell silent (PGSTAT_IDLE_INTERVAL).
TOLD_S = 11
CHANNELS = ("procrastinate_any_queue_v1", "procrastinate_queue_v1#default", "nextnest_chat")
WAIT_S = 120
PROCESSES = ("worker", "web")
WEB_PROCESSES = 2
READ = (
    "select xact_commit::float8 as transactions, (tup_inserted + tup_updated + tup_deleted)::float8 as rows,"
    " pg_snapshot_xmax(pg_current_snapshot())::text::float8 as commits,"
    " pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 / 1000 as wal_kb"
    " from pg_stat_database where datname = current_database()"
)

MEASURES = {
    "transactions": "transactions, reads included",
    "commits": "commits that write",
    "notifying": "of them, with NOTIFY",
    "rows": "rows written",
    "wal_kb": "WAL, kB",
    "worker_statements": "statements of the worker",
    "worker_trips": "round trips of the worker",
    "web_statements": "statements of web",
    "web_trips": "round trips of web",
    "Postgres_ms": "processor time of Postgres, ms",
    "worker_ms": "processor time of the worker, ms",
    "web_ms": "processor time of web, ms",
    "outside_ms": "processor time of the stand-ins, ms",
}
# Counts by the names above.
Counts = dict[str, float]


@dataclass(frozen=True)
class Costs:
    """Per second while idle, by what runs; per pipeline, by task. Each by the names of MEASURES."""

    idle: Mapping[str, Counts]
    pipelines: Mapping[str, Counts]


class Meter:
    """All counters of a stage at once, and the notifications that were heard."""

    def __init__(self, stage: Stage, wires: Mapping[str, Counter], ear: psycopg.Connection[Any]) -> None:
        self.stage, self.wires, self.ear = stage, wires, ear
        self.notifying = 0.0

    def read(self) -> Counts:
        """Everything so far, once the statistics have been told."""
        time.sleep(TOLD_S)
        self._listen()
        [row] = self.stage.rows(READ)
        for name, counter in self.wires.items():
            row |= {f"{name}_statements": counter.statements, f"{name}_trips": counter.round_trips}
        cpu = self.stage.cpu()
        row |= {f"{name}_ms": cpu.get(name, 0.0) * 1000 for name in ("Postgres", *PROCESSES)}
        row["outside_ms"] = (cpu["chatwoot"] + cpu["model"]) * 1000
        return {name: float((row | {"notifying": self.notifying}).get(name, 0.0)) for name in MEASURES}

    def _listen(self) -> None:
        """One commit's notifications come in a row, no two alike: another process or a repetition is another commit."""
        pid, heard = 0, set[tuple[str, str]]()
        for note in self.ear.notifies(timeout=0.2):
            if note.pid != pid or (note.channel, note.payload) in heard:
                pid, heard = note.pid, set()
                self.notifying += 1
            heard.add((note.channel, note.payload))


def measure(server: BenchServer, sizes: Sizes) -> Table:
    return _table(costs(server, sizes), sizes)


def costs(server: BenchServer, sizes: Sizes) -> Costs:
    """Measured on a stage of its own: idle, then leads, then a message of each."""
    with _metered_stage(server) as (stage, meter):
        stage.start_workers(1)
        idle = {"worker": _idle(meter, sizes)}
        say(f"cost: an idle worker has {idle['worker']['transactions']:.1f} transactions a second")
        stage.start_web()
        idle["all"] = _idle(meter, sizes)
        make_room(stage)
        submit(stage, 1)
        each = {
            "new-conversation": lambda _number: submit(stage, 1),
            "incoming-message": lambda number: ask(stage, _conversations(stage)[number : number + 1]),
        }
        pipelines = {
            task: _pipelines(stage, meter, task, act, sizes.costed, idle["all"]) for task, act in each.items()
        }
    return Costs(idle, pipelines)


@contextmanager
def _metered_stage(server: BenchServer) -> Iterator[tuple[Stage, Meter]]:
    """Each process reaches the database by a counted way of its own."""
    with empty_stage(server) as stage, stage.connect() as ear:
        for channel in CHANNELS:
            ear.execute(f'listen "{channel}"'.encode())
        wires = {}
        for name in PROCESSES:
            url, wires[name] = stage.stack.enter_context(counted(stage.database_url))
            stage.ways[name] = url
        stage.start_chatwoot()
        stage.start_model()
        yield stage, Meter(stage, wires, ear)


def _idle(meter: Meter, sizes: Sizes) -> Counts:
    """Per second, while nothing happens."""
    before, started = meter.read(), time.monotonic()
    time.sleep(sizes.seconds)
    after, took = meter.read(), time.monotonic() - started
    return {name: (after[name] - before[name]) / took for name in MEASURES}


def _pipelines(
    stage: Stage, meter: Meter, task: str, act: Callable[[int], object], number: int, idle: Counts
) -> Counts:
    """Per pipeline, from its first request to its last echo, without what idling costs meanwhile."""
    stage.until(lambda: quiet(stage), WAIT_S, "nothing is left to do")
    before, started, already = meter.read(), time.monotonic(), _well(stage, task)
    for each in range(number):
        time.sleep(max(0.0, started + each / RATE - time.monotonic()))
        act(each)
    stage.until(lambda: _well(stage, task) == already + number and quiet(stage), WAIT_S, f"{number} x {task}")
    after, took = meter.read(), time.monotonic() - started
    say(f"cost: {number} x {task}")
    return {name: (after[name] - before[name] - idle[name] * took) / number for name in MEASURES}


def _well(stage: Stage, task: str) -> int:
    query = "select count(*) from job_outcomes where task_name = %(task)s and outcome = %(outcome)s"
    return int(stage.rows(query, task=task, outcome=OUTCOMES[task])[0]["count"])


def quiet(stage: Stage) -> bool:
    """No job of a pipeline waits or runs; those of upkeep always do."""
    [row] = stage.rows(
        "select count(*) from procrastinate_jobs where status in ('todo', 'doing') and lock is not null"
    )
    return bool(row["count"] == 0)


def _conversations(stage: Stage) -> list[int]:
    rows = stage.rows("select conversation_id from broker_conversations order by conversation_id")
    return [row["conversation_id"] for row in rows]


def _table(found: Costs, sizes: Sizes) -> Table:
    idle, each = found.idle, found.pipelines
    columns = (each["new-conversation"], each["incoming-message"], idle["worker"], idle["all"])
    rows = [(what, *(_figure(column[name]) for column in columns)) for name, what in MEASURES.items()]
    web = (idle["all"]["transactions"] - idle["worker"]["transactions"]) / WEB_PROCESSES
    return Table(
        "What a conversation costs",
        (
            "",
            "a lead, greeted",
            "a message, answered",
            "idle worker, per second",
            "with idle web, per second",
        ),
        rows,
        (
            f"{sizes.costed} of each, {RATE} a second, one worker, one web of {WEB_PROCESSES} processes. Echoes of our own",
            "messages, which Chatwoot sends back, are included; what idling costs is taken off. BEGIN and COMMIT count as",
            "statements; commits that write are counted by transaction ids, so a savepoint that writes counts, too. Every",
            "pipeline ended as it should. Processor times depend on the machine, the rest hardly does.",
        ),
        figures={
            "message_commits": each["incoming-message"]["commits"],
            "lead_commits": each["new-conversation"]["commits"],
            "idle_worker_per_s": idle["worker"]["transactions"],
            "idle_web_per_s": max(web, 0.0),
        },
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{max(value, 0.0):.1f}"
