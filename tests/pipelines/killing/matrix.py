"""Many trials side by side, and what they came to. A trial mostly waits until a dead worker is noticed."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from tests.pipelines.killing.gate import Idle
from tests.pipelines.killing.lane import Lane, Trial, open_lane
from tests.pipelines.killing.streams import Proxies

_TRIES = 3


@contextmanager
def open_lanes(
    count: int, server_url: str, template: str, folder: Path, **changes: str
) -> Iterator[list[Lane]]:
    """Worlds side by side; their workers share what is known as idle talk."""
    idle = Idle()
    with ExitStack() as stack:
        proxies = stack.enter_context(Proxies())

        def enter(number: int) -> Lane:
            lane = open_lane(server_url, template, folder / f"lane-{number}", proxies, idle, **changes)
            return stack.enter_context(lane)

        with ThreadPoolExecutor(count) as threads:
            lanes = list(threads.map(enter, range(count)))
        yield lanes


def run(lanes: list[Lane], trials: Iterable[Trial]) -> list[Trial]:
    """Each lane takes the next trial when it is done with one."""
    left: SimpleQueue[Trial] = SimpleQueue()
    for trial in trials:
        left.put(trial)
    with ThreadPoolExecutor(len(lanes)) as threads:
        return [trial for done in threads.map(partial(_drain, left), lanes) for trial in done]


def _drain(left: SimpleQueue[Trial], lane: Lane) -> list[Trial]:
    done: list[Trial] = []
    while True:
        try:
            trial = left.get_nowait()
        except Empty:
            return done
        done.append(_attempt(lane, trial))


def _attempt(lane: Lane, trial: Trial) -> Trial:
    """Once more when nobody was killed, and so nothing tried: a job that comes while a fetch is on its way is fetched
    without anybody having seen that it was due."""
    for _ in range(_TRIES):
        tried = lane.attempt(trial)
        if tried.reached or tried.wrong or tried.lost or tried.doubled:
            break
    return tried


@dataclass(frozen=True)
class Sums:
    """What was tried and what came of it, as a table."""

    trials: list[Trial]

    @property
    def killed(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.reached]

    @property
    def broken(self) -> list[str]:
        """The trials that broke a promise, each in a line of its own."""
        return [str(trial) for trial in self.trials if trial.wrong or trial.lost or trial.doubled]

    @property
    def missed(self) -> list[str]:
        """Boundaries that were not met: order differs where two jobs run at once."""
        return [
            f"{trial.scenario.name}: {trial.boundary}"
            for trial in self.trials
            if not trial.reached and not trial.wrong
        ]

    def table(self) -> str:
        """One line a scenario, one for all."""
        names = dict.fromkeys(trial.scenario.name for trial in self.trials)
        parts = [(name, [t for t in self.trials if t.scenario.name == name]) for name in names]
        lines = [_line(name, trials) for name, trials in [*parts, ("all", self.trials)]]
        head = (
            f"{'':<24}{'trials':>8}{'kills':>8}{'lost':>8}{'doubled':>9}{'broken':>8}{'p50 s':>8}{'max s':>8}"
        )
        return "\n".join([head, *lines])


def _line(name: str, trials: list[Trial]) -> str:
    waits = [trial.recovery_s for trial in trials if trial.reached and trial.recovery_s] or [0.0]
    lost, doubled = sum(trial.lost for trial in trials), sum(trial.doubled for trial in trials)
    broken, kills = len(Sums(trials).broken), len(Sums(trials).killed)
    return (
        f"{name:<24}{len(trials):>8}{kills:>8}{lost:>8}{doubled:>9}{broken:>8}"
        f"{statistics.median(waits):>8.1f}{max(waits):>8.1f}"
    )
