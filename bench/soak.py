"""A snapshot is held open for minutes under load: what dies meanwhile cannot be vacuumed. What that does, and how it passes.

The load has two parts. Jobs that find nothing to do, at the given rate, each with a fetch, a lock and a completing commit of
its own: they make rows die. And two whole messages a second, from webhook to reply, as customers feel it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg

from bench import mixed_load
from bench.cost import quiet
from bench.figures import Table, median, ms, quantile, say
from bench.leads import make_room, submit
from bench.mixed_load import Timed, jobs_at, messages_at
from bench.plots import Line, Lines, Span
from bench.probe import probing
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import Stage, empty_stage

MESSAGES_PER_S = 2
# Who asks the same again and again is given to a person, so nobody asks more often than this.
MESSAGES_EACH = 4
# At most so long under load before anything counts, before the snapshot, and after it, in seconds.
WARM_S, BEFORE_S, AFTER_S = 20.0, 60.0, 180.0
# So often dead rows are counted, and so long is one window of the picture.
COUNT_S, WINDOW_S = 2.0, 5.0
WAIT_S = 300
# A fetch is as before once the median of a window is no more than this times what it was before.
AS_BEFORE = 1.5
# The rows that change most: the queue's own, and the conversation's.
TABLES = ("procrastinate_jobs", "broker_conversations", "outgoing_messages")


@dataclass(frozen=True)
class Phase:
    """A stretch of the run, in seconds since the epoch."""

    name: str
    begin: float
    end: float

    def of(self, values: Timed) -> list[float]:
        return [value for at, value in values if self.begin <= at < self.end]


@dataclass(frozen=True)
class Soaked:
    """What was seen, each with its moment: seconds of fetches, starts of jobs and replies, and dead rows."""

    before: Phase
    held: Phase
    after: Phase
    fetches: Timed
    bare: Timed
    starts: Timed
    replies: Timed
    dead: Timed


def measure(server: BenchServer, sizes: Sizes) -> Table:
    """RuntimeError when a job or a message was lost or done twice."""
    dead: Timed = []
    with empty_stage(server) as stage:
        customers = _set_up(stage, sizes.held_s)
        with ExitStack() as stack:
            probe = stack.enter_context(probing(stage))
            jobs = stack.enter_context(jobs_at(stage, sizes.soak_rate))
            messages = stack.enter_context(messages_at(stage, MESSAGES_PER_S, customers))
            phases = _phases(stage, sizes.held_s, dead)
        mixed_load.check(stage, jobs(), messages())
        starts, replies = mixed_load.starts(stage), mixed_load.replies(stage)
    return _table(Soaked(*phases, probe.fetches, probe.bare, starts, replies, dead), sizes)


def _set_up(stage: Stage, held_s: float) -> list[int]:
    """Everything runs and everybody is greeted. The worker leaves the probe's queue alone."""
    stage.start_chatwoot()
    stage.start_model()
    stage.start_web()
    stage.start_workers(1, "--queues", "default")
    make_room(stage)
    number = 1 + math.ceil(sum(_lengths(held_s)) * MESSAGES_PER_S / MESSAGES_EACH)
    say(f"soak: {number} leads")
    customers = submit(stage, number)
    query = "select count(*) from job_outcomes where outcome = 'greeted'"
    stage.until(lambda: stage.rows(query)[0]["count"] == number, WAIT_S, "everybody is greeted")
    stage.until(lambda: quiet(stage), WAIT_S, "nothing is left to do")
    return customers


def _phases(stage: Stage, held_s: float, dead: Timed) -> tuple[Phase, Phase, Phase]:
    """Before, while the snapshot is held, and after."""
    warm_s, before_s, held_s, after_s = _lengths(held_s)
    _watch(stage, warm_s, [])
    say("soak: before")
    begin = time.time()
    _watch(stage, before_s, dead)
    say(f"soak: a snapshot is held for {held_s:.0f} s")
    taken = time.time()
    with _snapshot(stage):
        _watch(stage, held_s, dead)
        released = time.time()
    say("soak: released")
    _watch(stage, after_s, dead)
    held = Phase("snapshot held", taken, released)
    return Phase("before", begin, taken), held, Phase("after", released, time.time())


def _lengths(held_s: float) -> tuple[float, float, float, float]:
    """Of the three phases and of what comes before them uncounted, in seconds."""
    return min(WARM_S, held_s / 3), min(BEFORE_S, held_s / 3), held_s, min(AFTER_S, held_s * 0.6)


@contextmanager
def _snapshot(stage: Stage) -> Iterator[None]:
    """Idle in a repeatable read, as a forgotten session or a long report would be; without the time limits of ours."""
    with psycopg.connect(stage.database_url) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.execute("select count(*) from nextnest.procrastinate_jobs")
        yield


def _watch(stage: Stage, seconds: float, dead: Timed) -> None:
    """Count the dead rows until time is up."""
    query = "select sum(n_dead_tup)::float8 as dead from pg_stat_user_tables where relname = any (%(tables)s)"
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        dead.append((time.time(), stage.rows(query, tables=list(TABLES))[0]["dead"]))
        for child in stage.children.values():
            child.check()
        time.sleep(min(COUNT_S, left))


def _table(soaked: Soaked, sizes: Sizes) -> Table:
    recovered = _recovered_s(soaked)
    head = (
        *("", "fetch p50 ms", "fetch p99 ms", "bare p50 ms", "bare p99 ms"),
        *("start p50 ms", "start p99 ms", "reply p50 ms", "reply p99 ms", "dead rows"),
    )
    return Table(
        "While a snapshot is held",
        head,
        [_row(phase, soaked) for phase in (soaked.before, soaked.held, soaked.after)],
        (
            f"{sizes.held_s:,.0f} s under {sizes.soak_rate:g} jobs and {MESSAGES_PER_S} messages a second; one worker.",
            "Fetch: by a probe, ten times a second, from a queue of its own. Bare: a constant read before it, the same way.",
            "Start: from a job's defer to its start.",
            "Reply: from the webhook to the reply, pace 0. Dead rows: the most at once in jobs, conversations and effects.",
            f"{recovered:.0f} s after the release a fetch was as before, to {AS_BEFORE} times its median.",
            "All jobs ended once, every message was answered.",
        ),
        (_fetch_picture(soaked), _dead_picture(soaked)),
        {"held_p99_ms": quantile(soaked.held.of(soaked.fetches), 0.99) * 1000, "recovered_s": recovered},
    )


def _row(phase: Phase, soaked: Soaked) -> tuple[str, ...]:
    times = [
        ms(quantile(values, share)) if values else "-"
        for values in map(phase.of, (soaked.fetches, soaked.bare, soaked.starts, soaked.replies))
        for share in (0.5, 0.99)
    ]
    return (phase.name, *times, f"{max(phase.of(soaked.dead), default=0):,.0f}")


def _recovered_s(soaked: Soaked) -> float:
    """Until the end of the last window after the release in which a fetch took longer than before; 0 without one."""
    limit = median(soaked.before.of(soaked.fetches)) * AS_BEFORE
    slow = [at for at, value in _windows(soaked.after, soaked.fetches, 0.5) if value > limit]
    return max((at + WINDOW_S / 2 - soaked.after.begin for at in slow), default=0.0)


def _windows(phase: Phase, values: Timed, share: float) -> Timed:
    """A quantile of each window, at the window's middle."""
    found = []
    for number in range(max(1, round((phase.end - phase.begin) / WINDOW_S))):
        begin = phase.begin + number * WINDOW_S
        if within := Phase("", begin, begin + WINDOW_S).of(values):
            found.append((begin + WINDOW_S / 2, quantile(within, share)))
    return found


def _fetch_picture(soaked: Soaked) -> Lines:
    whole = Phase("", soaked.before.begin, soaked.after.end)
    lines = [
        Line(name, _minutes(whole, [(at, value * 1000) for at, value in _windows(whole, values, share)]))
        for name, values, share in (
            ("fetch p50", soaked.fetches, 0.5),
            ("fetch p99", soaked.fetches, 0.99),
            ("reply p50", soaked.replies, 0.5),
        )
    ]
    title = "Fetch and reply before, while a snapshot is held, and after"
    return Lines(
        "soak-latency", title, "minutes", "milliseconds", lines, [_shaded(soaked, whole)], logarithmic=True
    )


def _dead_picture(soaked: Soaked) -> Lines:
    whole = Phase("", soaked.before.begin, soaked.after.end)
    lines = [Line("dead rows", _minutes(whole, soaked.dead))]
    return Lines(
        "soak-dead",
        "Dead rows of jobs, conversations and effects",
        "minutes",
        "rows",
        lines,
        [_shaded(soaked, whole)],
    )


def _minutes(whole: Phase, values: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [((at - whole.begin) / 60, value) for at, value in values]


def _shaded(soaked: Soaked, whole: Phase) -> Span:
    begin, end = ((at - whole.begin) / 60 for at in (soaked.held.begin, soaked.held.end))
    return Span(begin, end, "snapshot held")
