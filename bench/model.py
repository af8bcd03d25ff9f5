"""The product as a simulation: what each pipeline asks of web, workers, Postgres and the world outside, and in which order.

A pipeline is a row of commits. Before each the process computes; then it holds a connection for its round trips while the
server computes. A commit that notifies holds the server's one NOTIFY lock until its flush has ended: no two share a flush.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bench.events import Clock, Places, Step, Wal

SEED = 7
# Connections by the product's own budget (nextnest/database.py, NEXTNEST_POOL_SIZE) and a worker's jobs at once.
WEB_CONNECTIONS, WORKER_CONNECTIONS, WORKER_JOBS = 8, 8, 300


@dataclass(frozen=True)
class Demand:
    """One pipeline: commits that write, how many of them notify, round trips, processor seconds of each part."""

    commits: float
    notifying: float
    web_trips: float
    worker_trips: float
    web_cpu_s: float
    worker_cpu_s: float
    database_cpu_s: float
    outside_cpu_s: float = 0.0


@dataclass(frozen=True)
class World:
    """What is not ours: seconds of the deliberate wait from .. to, of the model (median, and spread of its logarithm), of
    Chatwoot's calls together, of one round trip to the database, and of one flush there."""

    wait_s: tuple[float, float]
    model_s: float
    model_spread: float
    chatwoot_s: float
    trip_s: float
    flush_s: float


@dataclass(frozen=True)
class SetUp:
    """Processes and cores of one shard. `shared_cores`: all of them run on the database's cores, as a bench does."""

    workers: int
    webs: int
    database_cores: int
    shared_cores: bool = False


@dataclass(frozen=True)
class Load:
    """Arrivals per second of one shard, spread by chance (Poisson) or evenly, as the bench sends them."""

    leads: float
    messages: float
    evenly: bool = False


@dataclass(frozen=True)
class Outcome:
    """Arrivals and completions per second, lateness we add in seconds, busy shares, flushes and commits per second."""

    arrived: float
    completed: float
    late_p50_s: float
    late_p99_s: float
    database: float
    notify: float
    flushes: float
    commits: float


class Shard:
    """One database with its web and worker processes. Everything waits its turn: first come, first served."""

    def __init__(self, set_up: SetUp, world: World, seed: int = SEED) -> None:
        self.clock, self.world, self.random = Clock(), world, Random(seed)  # noqa: S311 - a simulation
        self.set_up = set_up
        self.cores = Places(self.clock, set_up.database_cores)
        self.notify, self.wal = Places(self.clock, 1), Wal(self.clock, world.flush_s)
        self.webs = [_Process(self.clock, WEB_CONNECTIONS, 24) for _ in range(set_up.webs)]
        self.workers = [_Process(self.clock, WORKER_CONNECTIONS, WORKER_JOBS) for _ in range(set_up.workers)]
        self.late: list[float] = []
        self.arrived = self.commits = 0

    def run(self, load: Load, lead: Demand, message: Demand, warm_s: float, seconds: float) -> Outcome:
        """Arrivals for warm_s + seconds; what arrived before warm_s does not count."""
        for rate, demand in ((load.leads, lead), (load.messages, message)):
            for at in self._arrivals(rate, warm_s + seconds, evenly=load.evenly):
                self.clock.resume(self._pipeline(demand, warm_s), at)
        self.clock.run(warm_s + seconds)
        return self._outcome(warm_s, seconds)

    def drain(self, demand: Demand, number: int) -> float:
        """Jobs per second when so many wait already and nothing else comes."""
        for _ in range(number):
            self.clock.resume(self._pipeline(demand, 0.0, waits_already=True))
        self.clock.run_out()
        return number / self.clock.now

    def _arrivals(self, rate: float, until: float, *, evenly: bool) -> Iterator[float]:
        at = 0.0
        while rate and at < until:
            at += 1 / rate if evenly else self.random.expovariate(rate)
            yield at

    def _pipeline(self, demand: Demand, counted_from: float, *, waits_already: bool = False) -> Step:
        """Web takes it in; a worker does the rest, half of it before it waits for the world; then web hears the echoes."""
        began = self.clock.now
        self.arrived += began >= counted_from
        web, worker = self.random.choice(self.webs), self.random.choice(self.workers)
        notifies = self._notifies(demand)
        if not waits_already:
            yield web.places
            yield from self._commit(web, demand.web_cpu_s / 2, demand.web_trips / 2, demand, next(notifies))
            web.places.free()
        yield worker.places
        rest = max(2, round(demand.commits) - 2)
        outside = self._outside()
        for number in range(rest):
            if number == (rest + 1) // 2:
                yield outside
            cpu_s, trips = demand.worker_cpu_s / rest, demand.worker_trips / rest
            yield from self._commit(worker, cpu_s, trips, demand, next(notifies))
        worker.places.free()
        if began >= counted_from:
            self.late.append(self.clock.now - began - outside)
        yield from self._commit(web, demand.web_cpu_s / 2, demand.web_trips / 2, demand, next(notifies))

    def _notifies(self, demand: Demand) -> Iterator[bool]:
        """The first commit, which defers the job, and as many others as were measured, by chance."""
        yield True
        share = (demand.notifying - 1) / max(1.0, demand.commits - 1)
        while True:
            yield self.random.random() < share

    def _outside(self) -> float:
        """The draft is made while the wait runs; Chatwoot's calls come on top."""
        world = self.world
        model_s = (
            self.random.lognormvariate(math.log(world.model_s), world.model_spread) if world.model_s else 0.0
        )
        return max(self.random.uniform(*world.wait_s), model_s) + world.chatwoot_s

    def _commit(self, process: _Process, cpu_s: float, trips: float, demand: Demand, notifies: bool) -> Step:
        yield from self._compute(process.core, cpu_s)
        yield process.connections
        yield trips * self.world.trip_s
        yield from self._on(
            self.cores, (demand.database_cpu_s + demand.outside_cpu_s) / max(1.0, demand.commits)
        )
        if notifies:
            yield self.notify
        yield self.wal
        if notifies:
            self.notify.free()
        process.connections.free()
        self.commits += 1

    def _compute(self, core: Places, cpu_s: float) -> Step:
        """A process has one core at most, and in a bench on one machine only when one is free."""
        yield core
        if self.set_up.shared_cores:
            yield from self._on(self.cores, cpu_s)
        else:
            yield cpu_s
        core.free()

    def _on(self, cores: Places, cpu_s: float) -> Step:
        yield cores
        yield cpu_s
        cores.free()

    def _outcome(self, warm_s: float, seconds: float) -> Outcome:
        late = sorted(self.late)
        whole = warm_s + seconds
        return Outcome(
            arrived=self.arrived / seconds,
            completed=len(late) / seconds,
            late_p50_s=late[len(late) // 2] if late else math.inf,
            late_p99_s=late[min(len(late) - 1, int(0.99 * len(late)))] if late else math.inf,
            database=self.cores.utilisation(),
            notify=self.notify.utilisation(),
            flushes=self.wal.flushes / whole,
            commits=self.commits / whole,
        )


class _Process:
    """A web or worker process: one core, its pool, and what it takes on at once."""

    def __init__(self, clock: Clock, connections: int, at_once: int) -> None:
        self.core, self.connections = Places(clock, 1), Places(clock, connections)
        self.places = Places(clock, at_once)
