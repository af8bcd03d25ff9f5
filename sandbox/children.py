"""Processes that live no longer than the one that started them, each with a log of its own."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# The worker lets running jobs finish; this is longer than it is allowed to take for that.
STOP_S = 30
LOOK_S = 0.05
LAST_LINES = 15

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ChildDied(Exception):
    """A process ended by itself."""


@dataclass(frozen=True)
class Child:
    """A running process and the file its words go to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """ChildDied, with the last lines of its log, when it is not running any more."""
        if self.process.poll() is not None:
            lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
            told = "\n".join(f"    {line}" for line in lines)
            raise ChildDied(
                f"{self.name} ended with code {self.process.returncode}. {self.log} ends with:\n{told}"
            )

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that does not help in time."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process and whatever it has started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def start(name: str, command: list[str], env: Mapping[str, str], logs: Path, folder: Path) -> Child:
    """`run` for `python -m <command>`."""
    return run(name, [sys.executable, "-m", *command], env, logs, folder)


def run(name: str, command: list[str], env: Mapping[str, str], logs: Path, folder: Path) -> Child:
    """Start a command in a folder; Ctrl-C in the terminal does not reach it, the end of this process does."""
    log = logs / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    return Child(name, process, log)


def wait_until(ready: Callable[[], bool], child: Child, seconds: float) -> None:
    """Look until it is ready; ChildDied when the process ends first, TimeoutError when time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        child.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{child.name} was not ready after {seconds:.0f} s; see {child.log}")
        time.sleep(LOOK_S)


def _die_with_parent() -> None:
    """Linux sends the process SIGTERM when its parent is gone, also when that was killed outright."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
