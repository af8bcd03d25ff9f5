"""Jobs and whole messages at a given rate until somebody says stop, and the proof that each was done, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from procrastinate import PsycopgConnector, manager
from procrastinate.tasks import configure_task

from bench.pipelines import ask
from bench.stage import Stage

# So often what has become due is put in.
TICK_S = 0.05
WAIT_S = 300
# A conversation that is not there.
NOBODY = 2_000_000_000
Timed = list[tuple[float, float]]
_jobs = manager.JobManager(PsycopgConnector())

# Of the jobs put in here; the probe and the pipelines have jobs of their own.
_OURS = "job_outcomes o join procrastinate_jobs j on j.id = o.job_id where j.lock like 'load-%%'"
_ENDED = f"select count(*) as times, count(distinct o.job_id) as jobs from {_OURS} and j.status = 'succeeded'"  # noqa: S608
_STARTS = (
    "select extract(epoch from e.at)::float8 as at, extract(epoch from o.started_at - e.at)::float8 as late"
    " from job_outcomes o join procrastinate_jobs j on j.id = o.job_id"
    " join procrastinate_events e on e.job_id = j.id and e.type = 'deferred' where j.lock like 'load-%%' order by 1"
)
_REPLIES = (
    "select extract(epoch from received_at)::float8 as at, extract(epoch from replied_at - received_at)::float8 as late"
    " from response_times where replied_at is not null order by 1"
)


@contextmanager
def jobs_at(stage: Stage, rate: float) -> Iterator[Callable[[], int]]:
    """Jobs that find nothing to do, each with a lock of its own; yields how many were put in so far."""
    with stage.connect() as conn:

        def defer(first: int, last: int) -> None:
            with conn.transaction():
                for number in range(first, last):
                    task = configure_task(
                        name="incoming-message", lock=f"load-{number}", job_manager=_jobs, connection=conn
                    )
                    task.defer(conversation_id=NOBODY, message_id=number)

        with _paced(rate, defer) as count:
            yield count


@contextmanager
def messages_at(stage: Stage, rate: float, customers: list[int]) -> Iterator[Callable[[], int]]:
    """Customers write by turns, in Chatwoot; yields how many messages there were so far."""

    def write(first: int, last: int) -> None:
        ask(stage, [customers[number % len(customers)] for number in range(first, last)])

    with _paced(rate, write) as count:
        yield count


@contextmanager
def _paced(rate: float, act: Callable[[int, int], None]) -> Iterator[Callable[[], int]]:
    """Calls `act(first, last)` with the numbers that have become due, in a thread; what it raises is raised at the end."""
    ending = threading.Event()
    done = 0

    def run() -> None:
        nonlocal done
        started = time.monotonic()
        while not ending.wait(TICK_S):
            due = int((time.monotonic() - started) * rate)
            if due > done:
                act(done + 1, due + 1)
                done = due

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            yield lambda: done
        finally:
            ending.set()
        running.result()


def check(stage: Stage, jobs: int, messages: int) -> None:
    """RuntimeError unless every job ended once and every message is there and answered."""
    stage.until(lambda: stage.rows(_ENDED)[0]["jobs"] >= jobs, WAIT_S, f"all of {jobs} jobs have ended")
    [ended] = stage.rows(_ENDED)
    if ended != {"times": jobs, "jobs": jobs}:
        raise RuntimeError(f"{jobs} jobs were put in; jobs that ended, and how often one did: {ended}")
    kept = "select count(*) as kept, count(*) filter (where state = 'answered') as answered from incoming_messages"
    whole = {"kept": messages, "answered": messages}
    stage.until(lambda: stage.rows(kept)[0] == whole, WAIT_S, f"{messages} messages are answered")


def starts(stage: Stage) -> Timed:
    """When each job was put in, in seconds since the epoch, and how many seconds later it started."""
    return [(row["at"], row["late"]) for row in stage.rows(_STARTS)]


def replies(stage: Stage) -> Timed:
    """When each message came in, and how many seconds later its reply was sent."""
    return [(row["at"], row["late"]) for row in stage.rows(_REPLIES)]
