"""A supervisor learns that a worker no longer turns, and restarts none because the database is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nextnest.pulse import STILL_S
from tests import forkserver
from tests.pipelines.world import ROOT
from tests.test_settings import GOOD
from tests.waiting import until

WORKER = ("procrastinate", "--app=nextnest.tasks.app", "worker")


def probe(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What a health check runs."""
    command = [sys.executable, "-m", "nextnest.pulse", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def grow_old(file: Path) -> None:
    then = time.time() - STILL_S - 5
    os.utime(file, (then, then))


def test_a_file_touched_just_now_is_a_pulse_and_an_old_one_or_none_is_not(tmp_path: Path) -> None:
    file = tmp_path / "pulse"
    assert probe(file).returncode == 1
    file.touch()
    assert probe(file).returncode == 0
    grow_old(file)
    result = probe(file)
    assert (result.returncode, result.stderr) == (1, "")
    assert "last beat" in result.stdout


def test_the_probe_says_how_it_is_used() -> None:
    assert probe().returncode == 2


def test_a_worker_beats_while_it_turns_and_not_while_it_hangs(database_url: str, tmp_path: Path) -> None:
    file, log = tmp_path / "pulse", tmp_path / "log"
    environment = GOOD | {"DATABASE_URL": database_url, "NEXTNEST_PULSE_FILE": str(file)}
    with log.open("wb") as output:
        worker = forkserver.start(*WORKER, environment=environment, output=output)
        try:
            until(file.exists, 60, log.read_text)
            worker.send_signal(signal.SIGSTOP)
            grow_old(file)
            assert probe(file).returncode == 1
            worker.send_signal(signal.SIGCONT)
            until(lambda: probe(file).returncode == 0, 30, log.read_text)
        finally:
            worker.kill()
            worker.wait(30)


def test_a_file_that_cannot_be_written_stops_the_worker_with_one_line(
    database_url: str, tmp_path: Path
) -> None:
    nowhere = str(tmp_path / "no-such-folder" / "pulse")
    environment = GOOD | {"DATABASE_URL": database_url, "NEXTNEST_PULSE_FILE": nowhere}
    ended = forkserver.run(*WORKER, environment=environment)
    assert ended.returncode != 0
    assert "NEXTNEST_PULSE_FILE cannot be written: No such file" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("module", ["pydantic", "psycopg", "procrastinate"])
def test_the_probe_imports_nothing_dear(module: str) -> None:
    """It runs every few seconds beside a worker that has better use for the processor."""
    seen = f"import sys, nextnest.pulse; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", seen], cwd=ROOT, timeout=60, check=False).returncode == 0
