"""The product and its stand-ins as processes on one database, at pace 0, and what they cost."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from bench.server import BenchServer
from nextnest.database import conninfo
from nextnest.doctor.chatwoot import EVENTS
from sandbox.children import Child, run, wait_until

ROOT = Path(__file__).resolve().parent.parent
READY_S = 60
LOOK_S = 0.02
# The stand-ins' own defaults.
TOKEN, WEBHOOK_SECRET, MODEL_KEY = (
    "sandbox-administrator-token",
    "sandbox-webhook-secret",
    "sandbox-model-key",
)
# As `make web` does: its processes and threads are in the configuration.
SERVER = ("gunicorn", "--config", str(ROOT / "gunicorn.conf.py"))
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


class Stage:
    """One database, one port for each server; nothing runs until it is started."""

    def __init__(self, server: BenchServer, database_url: str, folder: Path, stack: ExitStack) -> None:
        self.server, self.database_url, self.folder, self.stack = server, database_url, folder, stack
        self.web_port, self.chatwoot_port, self.model_port, self.bare_port = free_ports(4)
        self.web_url = f"http://127.0.0.1:{self.web_port}"
        self.webhook_url = f"{self.web_url}/api/chatwoot-webhook"
        self.chatwoot_url = f"http://127.0.0.1:{self.chatwoot_port}"
        self.environment = self._environment()
        self.children: dict[str, Child] = {}
        # Kinds of processes that reach the database by a way of their own.
        self.ways: dict[str, str] = {}

    def start_web(self) -> None:
        bind = f"127.0.0.1:{self.web_port}"
        child = self.start("web", *SERVER, "--bind", bind, "web:create_app()")
        wait_until(lambda: answers(f"{self.web_url}/healthz"), child, READY_S)

    def start_chatwoot(self) -> None:
        """The stand-in as a process of its own; its webhooks go to web, for the events that web is set up for."""
        options = ("--port", str(self.chatwoot_port), "--webhook-url", self.webhook_url)
        child = self.start("chatwoot", "sandbox.chatwoot", *options, "--subscriptions", ",".join(EVENTS))
        wait_until(lambda: answers(self.chatwoot_url), child, READY_S)

    def start_model(self) -> None:
        child = self.start("model", "sandbox.model", "--port", str(self.model_port))
        wait_until(lambda: listens(self.model_port), child, READY_S)

    def start_workers(self, count: int, *options: str, app: str = "nextnest.tasks.app") -> None:
        """Stock workers; they are there when their heartbeats are."""
        for number in range(count):
            command = ("procrastinate", f"--app={app}", "worker", *options)
            self.start(f"worker {number + 1}", *command)
        wait_until(lambda: self._heartbeats() >= count, self.children["worker 1"], READY_S)

    def stop_workers(self) -> None:
        for name in [name for name in self.children if name.startswith("worker")]:
            self.stop(name)

    def start(self, name: str, *command: str) -> Child:
        """`python -m <command>`, stopped with the stage. Not in the project's folder, whose .env may name real services."""
        way = self.ways.get(name.partition(" ")[0], self.database_url)
        return self.run(name, sys.executable, "-m", *command, DATABASE_URL=way)

    def run(self, name: str, *command: str, **variables: str) -> Child:
        """Any program, with our environment and these variables."""
        child = run(name, list(command), self.environment | variables, self.folder, self.folder)
        self.stack.callback(child.stop)
        self.children[name] = child
        return child

    def stop(self, name: str) -> None:
        self.children.pop(name).stop()

    def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        """Read from the database."""
        return self._own.cursor(row_factory=dict_row).execute(query.encode(), params).fetchall()

    def execute(self, statement: str, **params: Any) -> int:
        """Arrange something in the database; how many rows it touched."""
        return self._own.execute(statement.encode(), params).rowcount

    @cached_property
    def _own(self) -> psycopg.Connection[Any]:
        """Kept for all our looks: a new one each time would cost the server more than what we look at."""
        return self.stack.enter_context(self.connect())

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(conninfo(self.database_url, "bench"), autocommit=True)

    def until(self, probe: Callable[[], bool], seconds: float, what: str, *, look_s: float = LOOK_S) -> None:
        """Look every `look_s` seconds until it is true; TimeoutError that names it when time is up."""
        deadline = time.monotonic() + seconds
        while not probe():
            for child in self.children.values():
                child.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s; logs are in {self.folder}")
            time.sleep(look_s)

    def cpu(self) -> dict[str, float]:
        """Processor seconds so far by name, workers taken together, their ended children included."""
        used = {"Postgres": _tree_s(self.server.pid)}
        for name, child in self.children.items():
            kind = name.partition(" ")[0]
            used[kind] = used.get(kind, 0) + _tree_s(child.process.pid)
        return used

    def _heartbeats(self) -> int:
        return len(
            self.rows("select id from procrastinate_workers where last_heartbeat > now() - interval '5 s'")
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.database_url,
            "CHATWOOT_BASE_URL": self.chatwoot_url,
            "CHATWOOT_ACCOUNT_ID": "1",
            "CHATWOOT_INBOX_ID": "1",
            "CHATWOOT_API_TOKEN": TOKEN,
            "CHATWOOT_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "OPENAI_API_KEY": MODEL_KEY,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{self.model_port}/v1",
            "OPENAI_MODEL": "sandbox-model",
            "OPENAI_PRICES": '{"sandbox-model": {"input": "0.1", "cached_input": "0.01", "output": "0.5"}}',
            "NEXTNEST_PACE": "0",
            "NEXTNEST_SECRET_KEY": "a-secret-for-the-bench-only",
            "NEXTNEST_RATE_LIMITS": "off",
            "NEXTNEST_PUBLIC_URL": self.web_url,
        }


@contextmanager
def empty_stage(server: BenchServer) -> Iterator[Stage]:
    """A stage on a fresh database. The logs of its processes stay after an error, which names their folder."""
    folder = Path(tempfile.mkdtemp(prefix="nextnest-bench-logs-"))
    failed = False
    try:
        with ExitStack() as stack:
            yield Stage(server, stack.enter_context(server.database()), folder, stack)
    except Exception:
        failed = True
        raise
    finally:
        if not failed:
            shutil.rmtree(folder)


def free_ports(count: int) -> list[int]:
    """Ports that are free now, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _tree_s(pid: int) -> float:
    """User and system seconds of a process, its living children and those it has seen end."""
    total = 0.0
    main = psutil.Process(pid)
    for process in (main, *main.children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue  # ended between the two lines; counted with its parent
    return total
