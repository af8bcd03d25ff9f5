"""From what one pipeline costs here to what ten thousand conversations a minute need: measured, checked, then simulated.

The parameters are measured in the same run: counts as in `cost`, processor times as in `pipelines`. The simulation must
then say what it was not told, the lateness of a reply and the rate of full queues, before it speaks of elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench import cost, machine, pipelines, plans, replies
from bench.figures import Table, ms, quantile, say
from bench.model import Demand, Load, Outcome, SetUp, Shard, World
from bench.plans import Chosen
from bench.plots import Line, Lines
from bench.server import BenchServer
from bench.sizes import Sizes

LEAD, MESSAGE = "new-conversation", "incoming-message"
A_MINUTE = (10, 100, 1_000, 10_000)
# As in the made-up traffic of the demo.
MESSAGES_EACH = 3
# Elsewhere: waits from the user's document; a model of some three seconds; four calls of Chatwoot at 150 ms; a round trip
# within one region, and a flush to network storage, each some millisecond. Assumptions, to be replaced by what you see.
ELSEWHERE = World((1.0, 6.0), 3.0, 0.4, 0.6, 0.001, 0.001)
WARM_S, SECONDS = 20.0, 60.0
# On this machine nothing is far and nobody waits on purpose; a round trip on the loopback is in the processor times.
HERE = World((0.0, 0.0), 0.0, 0.0, 0.0, 0.00005, 0.0001)
# Jobs in a full queue.
FULL = 500
Demands = Mapping[str, Demand]


@dataclass(frozen=True)
class Measured:
    """Demands of a gentle run and of full queues, Postgres's load by an idle worker, and what to check against."""

    demands: Demands
    full: Demands
    idle_cpu_s: float
    rates: Mapping[str, float]
    lateness: Mapping[float, Sequence[float]]
    flush_s: float


def measure(server: BenchServer, sizes: Sizes) -> Table:
    found = _measured(server, sizes)
    say("simulation: checking against what was measured")
    check = _check(found)
    outcomes = [_sized(a_minute, found) for a_minute in A_MINUTE]
    return table(outcomes, check)


def _measured(server: BenchServer, sizes: Sizes) -> Measured:
    """Three runs of the bench, one after the other."""
    costs = cost.costs(server, sizes)
    drains = pipelines.sample(server, sizes.conversations, 1)
    demands, full = {}, {}
    for task, drain in drains.items():
        counts, cpu = costs.pipelines[task], drain.cpu
        demands[task] = Demand(
            counts["commits"],
            counts["notifying"],
            counts["web_trips"],
            counts["worker_trips"],
            counts["web_ms"] / 1000,
            cpu["worker"],
            cpu["Postgres"],
            cpu["chatwoot"] + cpu["model"],
        )
        full[task] = replace(demands[task], web_cpu_s=cpu["web"])
    rates = {task: drain.per_second for task, drain in drains.items()}
    idle = costs.idle["worker"]["Postgres_ms"] / 1000
    return Measured(demands, full, idle, rates, replies.latencies(server, sizes), machine.flush_s())


def _check(found: Measured) -> Table:
    """What the simulation was not told, beside what was measured."""
    here = replace(HERE, flush_s=found.flush_s)
    rows = []
    for task, rate in found.rates.items():
        simulated = _shard_here(here).drain(found.full[task], FULL)
        rows.append(
            (f"{task}, one worker, full queue", f"{rate:.1f} per second", f"{simulated:.1f} per second")
        )
    for rate, times in found.lateness.items():
        lead, message = (found.full[task] for task in (LEAD, MESSAGE))
        outcome = _shard_here(here).run(Load(0.0, rate, evenly=True), lead, message, 5.0, 30.0)
        for share, simulated in ((0.5, outcome.late_p50_s), (0.99, outcome.late_p99_s)):
            name = f"webhook to reply at {rate:g} a second, p{share * 100:.0f}"
            rows.append((name, f"{ms(quantile(times, share))} ms", f"{ms(simulated)} ms"))
    return Table("Checked against this machine", ("", "measured", "simulated"), rows)


def _shard_here(world: World) -> Shard:
    """One worker and one web of two processes on the cores that do everything else, too."""
    return Shard(SetUp(1, 2, machine.cores(), shared_cores=True), world)


def _sized(a_minute: int, found: Measured) -> tuple[int, Chosen, Outcome, Outcome]:
    """As it comes, and as it should be."""
    lead, message = (_elsewhere(found.demands[task]) for task in (LEAD, MESSAGE))
    whole = plans.per_second(a_minute, MESSAGES_EACH, 1)
    chosen = plans.choose(whole, lead, message, ELSEWHERE, found.idle_cpu_s)
    say(f"simulation: {a_minute:,} a minute")
    outcomes = []
    for one in (plans.as_it_comes(), chosen):
        shard = Shard(one.set_up, ELSEWHERE)
        load = plans.per_second(a_minute, MESSAGES_EACH, one.shards)
        outcomes.append(shard.run(load, lead, message, WARM_S, SECONDS))
    return a_minute, chosen, outcomes[0], outcomes[1]


def _elsewhere(demand: Demand) -> Demand:
    """The stand-ins stay here."""
    return replace(demand, outside_cpu_s=0.0)


def table(sized: Sequence[tuple[int, Chosen, Outcome, Outcome]], check: Table) -> Table:
    head = (
        *(
            "conversations a minute",
            "as it comes, late p99",
            "databases",
            "each on",
            "workers",
            "web processes",
        ),
        *(
            "connections of",
            "commits, flushes a second",
            "NOTIFY lock busy",
            "database busy",
            "late p50",
            "late p99",
        ),
    )
    return Table(
        "Simulated sizes",
        head,
        [_row(*each) for each in sized],
        (
            f"{MESSAGES_EACH} messages a conversation, at human pace. As it comes: one Micro, one web of two processes, one",
            "worker. Late: what we add to the model, to Chatwoot and to the deliberate wait. From the fifth column on: of",
            "each database. Planned so that nothing is more than half busy, the lock 40%. Assumed: waits of 1 to 6 s, a",
            "model of 3 s, Chatwoot 0.6 s, 1 ms for a round trip and for a flush; cores elsewhere as fast as these.",
        ),
        (_picture(sized),),
        more=(check,),
    )


def _row(a_minute: int, chosen: Chosen, plain: Outcome, tuned: Outcome) -> tuple[str, ...]:
    return (
        f"{a_minute:,}",
        _late(plain, plain.late_p99_s),
        str(chosen.shards),
        chosen.plan.name,
        str(chosen.set_up.workers),
        str(chosen.set_up.webs),
        f"{chosen.connections} of {chosen.plan.connections}",
        f"{tuned.commits:,.0f}, {tuned.flushes:,.0f}",
        f"{tuned.notify:.0%}",
        f"{tuned.database:.0%}",
        _late(tuned, tuned.late_p50_s),
        _late(tuned, tuned.late_p99_s),
    )


def _late(outcome: Outcome, seconds: float) -> str:
    """A queue that grows has no percentile worth printing."""
    return f"{ms(seconds)} ms" if keeps_up(outcome) else "falls behind"


def keeps_up(outcome: Outcome) -> bool:
    """Nearly all that came in was done; the last seconds' pipelines are still waiting on purpose."""
    return outcome.completed >= 0.8 * outcome.arrived and outcome.late_p99_s < SECONDS / 4


def _picture(sized: Sequence[tuple[int, Chosen, Outcome, Outcome]]) -> Lines:
    """Where a set-up falls behind its line ends: there is no lateness to draw, it grows as long as one looks."""
    plain, tuned = (
        [(math.log10(a), each.late_p99_s * 1000) for a, each in outcomes if keeps_up(each)]
        for outcomes in (((a, plain) for a, _, plain, _ in sized), ((a, tuned) for a, _, _, tuned in sized))
    )
    lines = [Line(name, points) for name, points in (("as it comes", plain), ("as planned", tuned)) if points]
    x = "conversations a minute, as a power of ten: 3 is 1,000"
    return Lines("simulation", "Added lateness, 99th percentile", x, "milliseconds", lines, logarithmic=True)
