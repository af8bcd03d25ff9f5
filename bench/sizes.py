"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Per round: webhooks per route, conversations per run and workers, seconds per message rate, jobs per latency,
    pairs and scheduled jobs,
    conversations in the console's history, pipelines whose cost is counted,
    seconds a snapshot is held and jobs a second meanwhile,
    jobs that have ended, are due later and wait for a lock before a fetch, and fetches,
    jobs that change capacity, jobs of a stock worker,
    and conversations that wait at once."""

    rounds: int
    requests: int
    conversations: int
    workers: tuple[int, ...]
    rates: tuple[float, ...]
    seconds: float
    idle_jobs: int
    chain: int
    pairs: int
    due_jobs: int
    stock_chain: int
    history: int
    costed: int
    held_s: float
    soak_rate: float
    ended: int
    later: int
    blocked: int
    fetches: int
    jobs: int
    stock_jobs: int
    waits: int


# A stock worker takes five seconds for each link of a chain, so its chains are short.
FULL = Sizes(
    rounds=5,
    requests=2000,
    conversations=150,
    workers=(1, 2),
    rates=(2, 10, 20),
    seconds=10,
    idle_jobs=60,
    chain=100,
    pairs=2000,
    due_jobs=100,
    stock_chain=3,
    history=200_000,
    costed=60,
    held_s=300,
    soak_rate=50,
    ended=1_000_000,
    later=100_000,
    blocked=100_000,
    fetches=2000,
    jobs=4000,
    stock_jobs=1000,
    waits=5000,
)
QUICK = Sizes(
    rounds=2,
    requests=500,
    conversations=40,
    workers=(1, 2),
    rates=(2, 10, 20),
    seconds=4,
    idle_jobs=20,
    chain=30,
    pairs=100,
    due_jobs=40,
    stock_chain=2,
    history=20_000,
    costed=25,
    held_s=90,
    soak_rate=30,
    ended=1_000_000,
    later=100_000,
    blocked=100_000,
    fetches=400,
    jobs=2000,
    stock_jobs=500,
    waits=1000,
)
# For the test that the bench works; its figures mean nothing.
SMOKE = Sizes(
    rounds=1,
    requests=20,
    conversations=2,
    workers=(1,),
    rates=(10,),
    seconds=0.4,
    idle_jobs=2,
    chain=3,
    pairs=2,
    due_jobs=2,
    stock_chain=1,
    history=30,
    costed=2,
    held_s=3,
    soak_rate=10,
    ended=300,
    later=200,
    blocked=200,
    fetches=5,
    jobs=20,
    stock_jobs=10,
    waits=20,
)
