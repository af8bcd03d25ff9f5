"""`make demo` as people use it: real processes, a real database, real signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from nextnest import embedded
from tests.waiting import until

PROJECT = Path(__file__).parent.parent
START_S = 90
STOP_S = 60


@dataclass
class Running:
    """A demo: its folder, its process, what it says."""

    folder: Path
    ports: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    def wait_until_ready(self) -> None:
        until(lambda: "Ctrl-C stops everything" in self.said or self._ended(), START_S, "the demo is ready")

    def offspring(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, name: str) -> psutil.Process:
        return next(child for child in self.offspring() if any(name in word for word in child.cmdline()))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_S)

    def _ended(self) -> bool:
        assert self.process.poll() is None, self.said
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a space in its name, whose embedded database is gone afterwards."""
    folder = tmp_path / "my project"
    folder.mkdir()
    yield folder
    embedded.remove(folder / ".nextnest")


@contextmanager
def demo(folder: Path, database_url: str = "", ports: dict[str, str] | None = None) -> Iterator[Running]:
    """Start it; whatever the test did, nothing of it is left."""
    ports = ports or free_ports()
    environment = {
        **os.environ, **ports, "PYTHONPATH": str(PROJECT), "DATABASE_URL": database_url, "NEXTNEST_PACE": "0",
    }  # fmt: skip
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            # As a shell's background command it starts deaf to SIGINT.
            ["sh", "-c", 'trap "" INT; exec "$0" -m sandbox.demo', sys.executable],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(folder, ports, process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(STOP_S)


def test_the_demo_stops_everything_it_started_on_sigterm(folder: Path) -> None:
    with demo(folder) as running:
        running.wait_until_ready()
        started = running.offspring()
        assert len(started) >= 4, "Chatwoot, model, web and worker"
        assert running.stop(signal.SIGTERM) == 0
    assert still_alive(started) == []
    assert not embedded.server_for(folder / ".nextnest").is_running()


def test_the_demo_stops_on_ctrl_c(folder: Path, database_url: str) -> None:
    with demo(folder, database_url) as running:
        running.wait_until_ready()
        started = running.offspring()
        assert running.stop(signal.SIGINT) == 0
    assert still_alive(started) == []
    assert "Traceback" not in running.said


def test_a_second_start_keeps_what_happened(folder: Path) -> None:
    with demo(folder) as running:
        running.wait_until_ready()
        conversation = send_a_lead(running)
        running.stop()
    with demo(folder) as running:
        running.wait_until_ready()
        url = embedded.server_for(folder / ".nextnest").url
        with psycopg.connect(url) as conn:
            kept = conn.execute("select conversation_id from nextnest.leads").fetchall()
    assert kept == [(conversation,)]


def test_with_database_url_no_server_is_started(folder: Path, database_url: str) -> None:
    with demo(folder, database_url) as running:
        running.wait_until_ready()
        assert "using DATABASE_URL" in running.said
        assert not embedded.server_for(folder / ".nextnest").data.exists()


def test_when_one_process_ends_the_demo_names_it_and_stops_the_rest(folder: Path, database_url: str) -> None:
    with demo(folder, database_url) as running:
        running.wait_until_ready()
        started = running.offspring()
        running.child("procrastinate").kill()
        assert running.process.wait(STOP_S) == 1
    assert "worker ended with code -9" in running.said
    assert still_alive(started) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_when_the_demo_is_killed_its_processes_end_too(folder: Path, database_url: str) -> None:
    with demo(folder, database_url) as running:
        running.wait_until_ready()
        started = running.offspring()
        running.process.kill()
        until(lambda: still_alive(started) == [], STOP_S, "all have ended")


def test_a_taken_port_gives_a_clear_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with demo(folder, ports={**free_ports(), "CHATWOOT_SANDBOX_PORT": port}) as running:
            assert running.process.wait(STOP_S) == 1
    assert f"Port {port} is taken. Choose another: make demo CHATWOOT_SANDBOX_PORT=" in running.said
    assert "Traceback" not in running.said
    assert "demo 1" not in running.said, "nothing was started"


def send_a_lead(running: Running) -> int:
    form = {
        "name": "Tan Wei Ming",
        "email": "weiming@example.com",
        "phone": "+65 9123 4567",
        "loanType": "new_purchase",
        "propertyCategory": "resale",
        "propertyType": "Private",
        "propertyPrice": 1_500_000,
        "actualAges": [35],
        "actualIncomes": [9000],
        "employmentType": "employed",
        "existingCommitments": 0,
        "purchaseTimeline": "this_month",
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.ports['PORT']}/api/chatwoot-conversation",
        data=json.dumps({"formData": form, "sessionId": "demo"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
        return int(json.load(answer)["conversationId"])


def still_alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def free_ports() -> dict[str, str]:
    """Three ports nobody uses, by the variables that choose them."""
    names = ("PORT", "CHATWOOT_SANDBOX_PORT", "MODEL_SANDBOX_PORT")
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    try:
        return {name: str(probe.getsockname()[1]) for name, probe in zip(names, probes, strict=True)}
    finally:
        for probe in probes:
            probe.close()
