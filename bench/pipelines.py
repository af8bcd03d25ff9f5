"""Both pipelines per second at pace 0: a queue is filled while nobody works, then emptied by stock workers."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from bench.figures import Table, bar, median, ratio, say
from bench.leads import FORMS_AT_ONCE, make_room, submit
from bench.plots import Bars
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import Stage, empty_stage

# The last word of a pipeline that went all the way.
OUTCOMES = {"new-conversation": "greeted", "incoming-message": "answered"}
CPU = ("worker", "web", "Postgres", "chatwoot", "model")
DRAIN_S = 180
# Jobs per worker before the clock starts: the first ones open connections.
WARM_UP = 3


@dataclass(frozen=True)
class Drain:
    """One emptied queue: pipelines per second, and processor seconds per pipeline of everything that took part."""

    per_second: float
    cpu: dict[str, float]


Drains = dict[tuple[str, int], list[Drain]]


def measure(server: BenchServer, sizes: Sizes) -> Table:
    drains: Drains = defaultdict(list)
    for number in range(1, sizes.rounds + 1):
        for workers in sizes.workers:
            for task, drain in sample(server, sizes.conversations, workers).items():
                drains[task, workers].append(drain)
        figures = ", ".join(
            f"{name} x{workers} {each[-1].per_second:.0f}" for (name, workers), each in drains.items()
        )
        say(f"pipelines {number}/{sizes.rounds}  per second: {figures}")
    return _table(drains, sizes)


def sample(server: BenchServer, conversations: int, workers: int) -> dict[str, Drain]:
    """On fresh stand-ins and a fresh database: all are greeted, then each asks one question and all are answered."""
    with empty_stage(server) as stage:
        stage.start_chatwoot()
        stage.start_model()
        stage.start_web()
        make_room(stage)
        ids = submit(stage, conversations + WARM_UP * workers)
        greeted = _drain(stage, "new-conversation", conversations, workers)
        ask(stage, ids)
        stage.until(lambda: _waiting(stage, "incoming-message") == len(ids), 60, "every message has its job")
        answered = _drain(stage, "incoming-message", conversations, workers)
    return {"new-conversation": greeted, "incoming-message": answered}


def ask(stage: Stage, ids: list[int]) -> None:
    """Each customer writes one message in Chatwoot, whose webhook brings it to us."""
    with ThreadPoolExecutor(FORMS_AT_ONCE) as pool:
        list(pool.map(lambda id_: _say(stage, id_), ids))


def _say(stage: Stage, conversation_id: int) -> None:
    written = {"content": "How much can I borrow with my income?", "speaker": "customer"}
    answer = httpx.post(f"{stage.chatwoot_url}/inbox/{conversation_id}/say", data=written, timeout=30)
    if answer.status_code != 302:
        raise RuntimeError(f"the stand-in answered {answer.status_code}")


def _drain(stage: Stage, task: str, expected: int, workers: int) -> Drain:
    """Jobs are held back until all workers are up and warm, so that their start is not in the figure."""
    stage.execute("update procrastinate_jobs set scheduled_at = now() + interval '1 h' where status = 'todo'")
    stage.start_workers(workers)
    warm = WARM_UP * workers
    _release(stage, warm)
    stage.until(lambda: _ended(stage, task) == warm, DRAIN_S, "the workers are warm")
    before = stage.cpu()
    _release(stage, expected)
    everything = warm + expected
    stage.until(
        lambda: _ended(stage, task) == everything, DRAIN_S, f"{expected} x {task} on {workers} workers"
    )
    used = {name: (seconds - before[name]) / expected for name, seconds in stage.cpu().items()}
    stage.stop_workers()
    return Drain(expected / _span_s(stage, task, warm, expected), used)


def _release(stage: Stage, jobs: int) -> None:
    """The oldest of the jobs held back."""
    stage.execute(
        "update procrastinate_jobs set scheduled_at = null where id in ("
        " select id from procrastinate_jobs where status = 'todo' and scheduled_at is not null"
        " order by id limit %(jobs)s)",
        jobs=jobs,
    )


def _span_s(stage: Stage, task: str, warm: int, expected: int) -> float:
    """From the first start to the last commit. All of them went well, or there is nothing to report."""
    [row] = stage.rows(
        "select count(*) filter (where outcome = %(outcome)s) as well,"
        " extract(epoch from max(finished_at) - min(started_at))::float8 as span_s"
        " from (select * from job_outcomes where task_name = %(task)s order by job_id offset %(warm)s) measured",
        task=task,
        warm=warm,
        outcome=OUTCOMES[task],
    )
    if row["well"] != expected:
        raise RuntimeError(
            f"{row['well']} of {expected} x {task} ended {OUTCOMES[task]}; logs: {stage.folder}"
        )
    return float(row["span_s"])


def _ended(stage: Stage, task: str) -> int:
    return int(
        stage.rows("select count(*) from job_outcomes where task_name = %(task)s", task=task)[0]["count"]
    )


def _waiting(stage: Stage, task: str) -> int:
    query = "select count(*) from procrastinate_jobs where task_name = %(task)s and status = 'todo'"
    return int(stage.rows(query, task=task)[0]["count"])


def _table(drains: Drains, sizes: Sizes) -> Table:
    return Table(
        "Pipelines per second, pace 0",
        ("pipeline", "workers", "per second", "rounds", "ratio", *(f"{name}, CPU ms" for name in CPU)),
        [_row(drains, task, workers) for task in OUTCOMES for workers in sizes.workers],
        (
            f"{sizes.conversations} conversations per run, {sizes.rounds} rounds in turns, medians; from the first start",
            "to the last commit, workers warm. CPU ms: processor time of each part per pipeline. All parts share the cores,",
            "the stand-ins for Chatwoot and the model, too; meanwhile Chatwoot's webhooks about our own messages come back.",
        ),
        (_picture(drains),),
        {f"{task}_per_second_{workers}": _rate(each) for (task, workers), each in drains.items()},
    )


def _picture(drains: Drains) -> Bars:
    bars = [
        bar(f"{task}, {workers} worker{'s' * (workers > 1)}", [drain.per_second for drain in each])
        for (task, workers), each in sorted(drains.items(), reverse=True)
    ]
    return Bars(
        "pipelines", "Whole pipelines per second, pace 0, everything on one machine", "per second", bars
    )


def _rate(drains: list[Drain]) -> float:
    return median([drain.per_second for drain in drains])


def _row(drains: Drains, task: str, workers: int) -> tuple[str, ...]:
    rates = [drain.per_second for drain in drains[task, workers]]
    base = median([drain.per_second for drain in drains[task, 1]])
    cpu = (ms_each([drain.cpu[name] for drain in drains[task, workers]]) for name in CPU)
    span = f"{min(rates):.1f}-{max(rates):.1f}"
    return (task, str(workers), f"{median(rates):.1f}", span, ratio(median(rates), base), *cpu)


def ms_each(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f}"
