"""A world of its own in which one worker after the other is killed."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.databases import scratch_database
from tests.forkserver import Process
from tests.pipelines.killing.gate import Boundary, Gate, Idle
from tests.pipelines.killing.http import HttpWire
from tests.pipelines.killing.postgres import PostgresWire
from tests.pipelines.killing.scenarios import Case, Scenario, always_true
from tests.pipelines.killing.streams import Proxies
from tests.pipelines.world import World, running_world

# The promise of the matrix: from the next worker's start until everything is finished.
RECOVERED_WITHIN_S = 45
# Long enough for a worker to start, to notice dead ones and to come to the step.
STRUCK_WITHIN_S = 60
# The upkeep's schedule is 15 s: two of its turns show what a worker says with nobody there.
_IDLE_S = 32


@dataclass(frozen=True)
class Trial:
    """One kill and what came of it. `reached` is false when the boundary was not met; `recovery_s` counts from the next
    worker's start; `lost` and `doubled` are lines in Chatwoot; `wrong` says what else was broken."""

    scenario: Scenario
    boundary: Boundary
    reached: bool = False
    recovery_s: float = 0.0
    lost: int = 0
    doubled: int = 0
    wrong: str = ""

    def __str__(self) -> str:
        return f"{self.scenario}, {self.boundary}: lost {self.lost}, doubled {self.doubled}: {self.wrong}"


class Lane:
    """Workers of this lane reach Postgres, Chatwoot and the model through one gate; web and the test do not."""

    def __init__(self, world: World, proxies: Proxies, idle: Idle) -> None:
        self.world, self.gate = world, Gate(idle)
        self._through = {
            "DATABASE_URL": proxies.open(PostgresWire(world.database_url, self.gate)),
            "CHATWOOT_BASE_URL": proxies.open(HttpWire(world.chatwoot.base_url, self.gate)),
            "OPENAI_BASE_URL": proxies.open(HttpWire(world.model.base_url, self.gate)),
        }
        self.worker = self.start_worker()

    def start_worker(self) -> Process:
        """The next worker of this lane."""
        self.worker = self.world.start_worker(**self._through)
        return self.worker

    def learn_idle_talk(self) -> None:
        """Listen to a worker with nobody there. What is heard is shared by all gates with the same `Idle`."""
        self.gate.idle.learning = True
        # The clock's jobs are what is waited for: no condition says that all of them have been heard.
        time.sleep(_IDLE_S)
        self.gate.idle.learning = False

    def record(self, scenario: Scenario) -> list[Boundary]:
        """Every boundary a scenario passes when nobody is killed."""
        case = self.prepared(scenario)
        scenario.act(case)
        self.world.until(lambda: scenario.over(case), STRUCK_WITHIN_S)
        passed = list(self.gate.passed)
        self._finish(scenario, case)
        return passed

    def attempt(self, trial: Trial) -> Trial:
        """Kill the worker there, start the next, and look."""
        try:
            return self._attempt(trial)
        except Exception as error:  # whatever it is, it is this trial's, and the others go on
            self._start_afresh()
            return replace(trial, wrong=f"{type(error).__name__}: {error}")

    def _attempt(self, trial: Trial) -> Trial:
        scenario = trial.scenario
        case = self.prepared(scenario)
        self.strike_at(trial.boundary)
        scenario.act(case)
        self.world.until(lambda: self.gate.struck.is_set() or scenario.over(case), STRUCK_WITHIN_S)
        if self.gate.struck.is_set():
            trial = replace(trial, reached=True, recovery_s=self._recover(scenario, case))
        sent = case.sent()
        trial = replace(
            trial, lost=sent.fewer_than(scenario.wanted), doubled=scenario.wanted.fewer_than(sent)
        )
        self._finish(scenario, case)
        return trial

    def prepared(self, scenario: Scenario) -> Case:
        """A case of the scenario, ready for its `act`."""
        case = Case(self.world)
        self.gate.reset()
        scenario.prepare(case)
        self.gate.reset()
        return case

    def strike_at(self, boundary: Boundary, sign: signal.Signals = signal.SIGKILL) -> None:
        """The present worker gets the signal there. After a stop the step goes on; its answer waits for the worker."""
        worker = self.worker
        self.gate.arm(boundary, lambda: worker.send_signal(sign), self.due, deadly=sign is signal.SIGKILL)

    def next_worker(self) -> None:
        """Wait until the worker has been struck, and start another."""
        self.world.until(self.gate.struck.is_set, STRUCK_WITHIN_S)
        self.start_worker()

    def due(self, task: str) -> bool:
        """Whether the next fetch would bring a job of this task."""
        return bool(
            self.world.rows(
                "select 1 from procrastinate_jobs where status = 'todo' and task_name = %(task)s", task=task
            )
        )

    def _recover(self, scenario: Scenario, case: Case) -> float:
        began = time.monotonic()
        self.next_worker()
        self.world.until(lambda: scenario.over(case), RECOVERED_WITHIN_S)
        return time.monotonic() - began

    def _start_afresh(self) -> None:
        """After a trial that failed halfway: a living worker, brokers who take cases, nothing armed."""
        self.gate.reset()
        self.world.execute("update ai_brokers set is_active = true")
        if self.worker.poll() is not None:
            self.start_worker()

    def _finish(self, scenario: Scenario, case: Case) -> None:
        self.gate.reset()
        assert (case.outcome(), case.sent()) == (scenario.outcome, scenario.wanted)
        scenario.promise(case)
        always_true(self.world)
        scenario.tidy(case)


@contextmanager
def open_lane(
    server_url: str, template: str, log_folder: Path, proxies: Proxies, idle: Idle, **changes: str
) -> Iterator[Lane]:
    """A lane with a database of its own, and brokers with places enough for all its cases."""
    log_folder.mkdir()
    with (
        scratch_database(server_url, template) as database_url,
        running_world(database_url, log_folder, workers=0, **changes) as world,
    ):
        world.execute("update ai_brokers set max_concurrent_chats = 1000")
        yield Lane(world, proxies, idle)
