"""The simulation keeps the rules of what it simulates: who waits for whom, which flushes are shared, what is full when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import plans, simulation
from bench.events import Clock, Places, Step, Wal
from bench.figures import Table
from bench.model import Demand, Load, SetUp, Shard, World

WORLD = World((0.0, 0.0), 0.0, 0.0, 0.0, 0.0, 0.001)
# Ten milliseconds of a worker's core, five of the database's.
JOB = Demand(6, 1, 0, 0, 0.0, 0.010, 0.005)


def test_places_are_given_in_the_order_people_came() -> None:
    clock, order = Clock(), []
    lock = Places(clock, 1)

    def process(name: str) -> Step:
        yield lock
        yield 1.0
        order.append((name, clock.now))
        lock.free()

    for name in "abc":
        clock.resume(process(name))
    clock.run(10.0)
    assert order == [("a", 1.0), ("b", 2.0), ("c", 3.0)]
    assert lock.utilisation() == pytest.approx(0.3)


def test_commits_that_come_during_a_flush_share_the_next_one() -> None:
    clock = Clock()
    wal = Wal(clock, 0.001)

    def commit() -> Step:
        yield wal

    for _ in range(10):
        clock.resume(commit())
    clock.run(1.0)
    assert wal.flushes == 2


def test_commits_that_notify_share_no_flush() -> None:
    notifying, silent = (drained(replace(JOB, notifying=notifying)) for notifying in (6, 1))
    assert notifying.wal.flushes > 1.5 * silent.wal.flushes


def test_one_worker_is_full_when_its_core_is() -> None:
    rate = Shard(SetUp(1, 1, 8), WORLD).drain(JOB, 200)
    assert rate == pytest.approx(1 / 0.010, rel=0.1)


def test_the_database_is_the_limit_once_there_are_workers_enough() -> None:
    job = replace(JOB, notifying=1)
    rates = [Shard(SetUp(workers, 1, 1), WORLD).drain(job, 400) for workers in (1, 2, 4, 8)]
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(1 / 0.005, rel=0.2)


def test_everything_on_shared_cores_is_slower() -> None:
    apart, together = (SetUp(2, 1, 2, shared_cores=shared) for shared in (False, True))
    assert Shard(together, WORLD).drain(JOB, 200) < Shard(apart, WORLD).drain(JOB, 200)


def test_the_same_seed_gives_the_same_figures() -> None:
    first, second = (Shard(SetUp(2, 2, 2), WORLD).run(Load(5, 20), JOB, JOB, 1.0, 10.0) for _ in range(2))
    assert first == second


def test_a_set_up_that_is_too_small_falls_behind_and_a_larger_one_keeps_up() -> None:
    load = Load(0, 150)
    small, large = (Shard(SetUp(workers, 2, 8), WORLD).run(load, JOB, JOB, 2.0, 10.0) for workers in (1, 4))
    assert not simulation.keeps_up(small)
    assert simulation.keeps_up(large)
    assert large.completed == pytest.approx(150, rel=0.1)


@pytest.mark.parametrize("a_minute", simulation.A_MINUTE)
def test_a_planned_set_up_fits_its_plan(a_minute: int) -> None:
    load = plans.per_second(a_minute, 3, 1)
    chosen = plans.choose(load, JOB, JOB, simulation.ELSEWHERE, 0.005)
    assert chosen.connections <= chosen.plan.connections * plans.CONNECTIONS_ROOM
    assert (load.leads + load.messages) * JOB.database_cpu_s / chosen.shards <= chosen.plan.cores * plans.ROOM


def test_more_notifications_need_more_databases() -> None:
    load = plans.per_second(10_000, 3, 1)
    few, many = (
        plans.choose(load, job, job, simulation.ELSEWHERE, 0.005).shards
        for job in (JOB, replace(JOB, notifying=5))
    )
    assert many > 3 * few


def test_a_set_up_that_finishes_nothing_is_said_to_fall_behind_and_drawn_nowhere() -> None:
    load, slow = plans.per_second(10, 3, 1), replace(JOB, worker_cpu_s=1e6)
    never, soon = (Shard(SetUp(1, 2, 2), WORLD).run(load, job, job, 1.0, 10.0) for job in (slow, JOB))
    table = simulation.table([(10, plans.as_it_comes(), never, soon)], Table("", ("",), []))
    assert table.rows[0][1] == "falls behind"
    assert "as planned" in table.plots[0].svg()
    assert "as it comes" not in table.plots[0].svg()


def drained(demand: Demand) -> Shard:
    shard = Shard(SetUp(4, 1, 8), WORLD)
    shard.drain(demand, 100)
    return shard
