"""Sizes of a Supabase project, and the smallest set-up that carries a load with room to spare."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.model import WEB_CONNECTIONS, WORKER_CONNECTIONS, WORKER_JOBS, Demand, Load, SetUp, World

# Nothing is planned to be busier than this: minutes are uneven, and queues grow steeply above.
ROOM = 0.5
# The NOTIFY lock is one for the whole server and has no second core to go to.
NOTIFY_ROOM = 0.4
# Who holds it waits for the flush under way, half of one on average, and then for its own.
NOTIFY_FLUSHES = 1.5
# Beside their pools: the listener and the sweep; opening and the listener of chat pages (docs/operations.md, Connections).
WORKER_BUDGET, WEB_BUDGET = WORKER_CONNECTIONS + 2, WEB_CONNECTIONS + 5
# Supabase's own services and an operator want connections, too: its advice is to leave a fifth.
CONNECTIONS_ROOM = 0.8


@dataclass(frozen=True)
class Plan:
    """A compute size: cores, direct connections, baseline I/O operations per second."""

    name: str
    cores: int
    connections: int
    iops: int


# https://supabase.com/docs/guides/platform/compute-and-disk, and for operations per second
# https://supabase.com/docs/guides/troubleshooting/interpreting-supabase-grafana-io-charts-MUynDR (of 3 February 2026);
# both read on 23 November 2026. Cores below Large are shared. Sizes to 2XL may exceed the baseline for a short while.
PLANS = (
    Plan("Micro", 2, 60, 500),
    Plan("Small", 2, 90, 1_000),
    Plan("Medium", 2, 120, 2_000),
    Plan("Large", 2, 160, 3_600),
    Plan("XL", 4, 240, 6_000),
    Plan("2XL", 8, 380, 12_000),
    Plan("4XL", 16, 480, 20_000),
    Plan("8XL", 32, 490, 40_000),
)


class TooLarge(Exception):
    """No plan carries one shard of this load."""


@dataclass(frozen=True)
class Chosen:
    """So many shards, each on this plan with this set-up and this many connections."""

    shards: int
    plan: Plan
    set_up: SetUp
    connections: int


def as_it_comes() -> Chosen:
    """What the documentation starts with: the smallest paid plan, one web of two processes, one worker."""
    return _on(1, PLANS[0], workers=1, webs=2)


def choose(load: Load, lead: Demand, message: Demand, world: World, idle_cpu_s: float) -> Chosen:
    """The fewest shards, then the smallest plan. `idle_cpu_s`: of Postgres, per second and worker. Raises TooLarge."""
    demands = ((load.leads, lead), (load.messages, message))
    needs = {
        name: sum(rate * getattr(demand, name) for rate, demand in demands)
        for name in ("notifying", "commits", "worker_cpu_s", "web_cpu_s", "database_cpu_s")
    }
    held = (load.leads + load.messages) * (world.wait_s[1] + world.model_s)
    fewest = max(1, math.ceil(needs["notifying"] * world.flush_s * NOTIFY_FLUSHES / NOTIFY_ROOM))
    for shards in range(fewest, 16 * fewest + 1):
        workers = max(2, math.ceil(max(needs["worker_cpu_s"], held / WORKER_JOBS) / ROOM / shards))
        webs = max(2, math.ceil(needs["web_cpu_s"] / ROOM / shards))
        cpu_s = needs["database_cpu_s"] / shards + workers * idle_cpu_s
        flushes = min(needs["commits"] / shards, 1 / world.flush_s)
        for plan in PLANS:
            chosen = _on(shards, plan, workers, webs)
            if cpu_s <= plan.cores * ROOM and flushes <= plan.iops * ROOM and _fits(chosen):
                return chosen
    raise TooLarge(load)


def _fits(chosen: Chosen) -> bool:
    return chosen.connections <= chosen.plan.connections * CONNECTIONS_ROOM


def _on(shards: int, plan: Plan, workers: int, webs: int) -> Chosen:
    connections = workers * WORKER_BUDGET + webs * WEB_BUDGET
    return Chosen(shards, plan, SetUp(workers, webs, plan.cores), connections)


def per_second(conversations_a_minute: float, messages_each: float, shards: int) -> Load:
    """One shard's share."""
    leads = conversations_a_minute / 60 / shards
    return Load(leads, leads * messages_each)
