"""What we set out to reach, held against what was measured. A figure nobody has measured yet says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.figures import Table
from bench.plots import plain

Kept = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Target:
    """`figure` of `scenario` must not exceed `limit`; with `at_least` it must not fall below it."""

    what: str
    scenario: str
    figure: str
    limit: float
    unit: str
    at_least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def words(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {plain(self.limit)} {self.unit}"


TARGETS = (
    Target("hand-off within a conversation, p99", "queueing", "chain_p99_ms", 50, "ms"),
    Target("idle worker: enqueue to start, p50", "queueing", "idle_p50_ms", 5, "ms"),
    Target("idle worker: enqueue to start, p99", "queueing", "idle_p99_ms", 15, "ms"),
    Target("pairs of jobs 0 to 20 ms apart, latest start", "wakeups", "pairs_max_ms", 250, "ms"),
    Target("retried and scheduled jobs after they are due, p99", "wakeups", "due_p99_ms", 100, "ms"),
    Target("jobs that change capacity, one worker", "jobs", "per_second", 800, "per second", at_least=True),
    Target("the same, beside stock Procrastinate", "jobs", "times_stock", 4, "x", at_least=True),
    Target("the same, two workers beside one", "jobs", "two_workers", 1.6, "x", at_least=True),
    Target("the same, with 2.5 ms of round trip", "jobs", "times_stock_far", 5, "x", at_least=True),
    Target("whole pipeline beside BullMQ on Redis", "peers", "times_bullmq", 1, "x", at_least=True),
    Target("commits of an answered message", "cost", "message_commits", 6, "commits"),
    Target(
        "webhook to reply at 20 a second, beyond outside calls, p50",
        "replies",
        "at_20_beyond_p50_ms",
        25,
        "ms",
    ),
    Target(
        "webhook to reply at 20 a second, beyond outside calls, p99",
        "replies",
        "at_20_beyond_p99_ms",
        80,
        "ms",
    ),
    Target(
        "webhooks beside one insert and commit", "acknowledgements", "times_insert", 0.8, "x", at_least=True
    ),
    Target("webhook, p99 at half the rate of saturation", "acknowledgements", "half_p99_ms", 25, "ms"),
    Target("5,000 deliberate waits in one worker: lateness, p99", "waits", "late_p99_ms", 100, "ms"),
    Target("the same, the worker's memory", "waits", "worker_mb", 500, "MB"),
    Target("fetch before a long and blocked queue, p99", "fetch", "p99_ms", 2, "ms"),
    Target("transactions of an idle worker", "cost", "idle_worker_per_s", 10, "per second"),
    Target("transactions of an idle web process", "cost", "idle_web_per_s", 10, "per second"),
    Target("fetch while a snapshot is held, p99", "soak", "held_p99_ms", 5, "ms"),
    Target("fetch is as before, after the release", "soak", "recovered_s", 120, "s"),
)


def table(kept: Kept) -> Table:
    """All targets in their order."""
    rows = [(target.what, target.words(), *_judged(target, kept)) for target in TARGETS]
    return Table("Targets", ("what", "target", "measured", ""), rows)


def _judged(target: Target, kept: Kept) -> tuple[str, str]:
    value = kept.get(target.scenario, {}).get(target.figure)
    if value is None:
        return "not measured yet", ""
    return f"{plain(value)} {target.unit}", "met" if target.met(value) else "missed"
