"""`make demo`: everything on this machine, in one terminal, until Ctrl-C.

The database is the embedded one, or DATABASE_URL's when the environment has it. A .env file is not read, it may be your
production's: the processes run in .nextnest/, where there is none.
What was said and done stays in .nextnest/ and is there again at the next start; `make clean` removes it.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psycopg

from nextnest import embedded
from nextnest.errors import NextNestError
from nextnest.migrate import migrate
from sandbox.children import Child, ChildDied, start, wait_until

PROJECT = Path(__file__).parent.parent
STATE = Path(".nextnest").absolute()
LOGS = STATE / "logs"
READY_S = 60
LOOK_S = 0.2
STEPS = 5
# The variable that chooses each port, and its default.
PORTS = {"PORT": 8000, "CHATWOOT_SANDBOX_PORT": 3000, "MODEL_SANDBOX_PORT": 3001}


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)  # SIGINT, too: shells start background commands deaf to it
    demo = Demo()
    try:
        demo.start()
        demo.watch()
    except KeyboardInterrupt:
        return 0
    except (ChildDied, TimeoutError, NextNestError, psycopg.OperationalError, PortTaken) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    finally:
        demo.stop()


class PortTaken(Exception):
    """Another program listens there."""


class Demo:
    """The processes of the demo, in the order of their start, and whether the database is ours to stop."""

    def __init__(self) -> None:
        self.ports = {name: int(os.environ.get(name) or default) for name, default in PORTS.items()}
        self.children: list[Child] = []
        self.owns_database = False

    def start(self) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        for name, port in self.ports.items():
            _refuse_taken(name, port)
        environment = self._environment(self._database())
        self._sandboxes(environment)
        self._web(environment)
        self._worker(environment)
        self._tell()

    def watch(self) -> NoReturn:
        """Until a signal comes or a process ends."""
        while True:
            for child in self.children:
                child.check()
            time.sleep(LOOK_S)

    def stop(self) -> None:
        """Everything we started, the last one first. A second Ctrl-C does not wait for running jobs."""
        if self.children or self.owns_database:
            print("\nstopping ...", flush=True)
        try:
            for child in reversed(self.children):
                child.stop()
        except KeyboardInterrupt:
            for child in self.children:
                child.kill()
        if self.owns_database:
            embedded.stop(STATE)

    def _database(self) -> str:
        _step(1, "starting Postgres" if not _given_database() else "using DATABASE_URL")
        url = _given_database() or self._embedded_database()
        _step(2, "bringing the schema up to date")
        migrate(url, say=lambda line: print(f"       {line}", flush=True))
        return url

    def _embedded_database(self) -> str:
        was_running = embedded.server_for(STATE).is_running()
        url = embedded.ensure_running(STATE)
        self.owns_database = not was_running or _nobody_uses(url)
        return url

    def _environment(self, database: str) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": database,
            "WEB_DATABASE_URL": "",
            "CHATWOOT_BASE_URL": self._address("CHATWOOT_SANDBOX_PORT"),
            "CHATWOOT_ACCOUNT_ID": "1",
            "CHATWOOT_INBOX_ID": "1",
            "CHATWOOT_API_TOKEN": _kept_secret("chatwoot_token"),
            "CHATWOOT_WEBHOOK_SECRET": _kept_secret("chatwoot_webhook_secret"),
            "OPENAI_BASE_URL": self._address("MODEL_SANDBOX_PORT") + "/v1",
            "OPENAI_API_KEY": _kept_secret("model_key"),
            "OPENAI_MODEL": "sandbox-model",
            "OPENAI_PRICES": '{"sandbox-model": {"input": "0.1", "cached_input": "0.01", "output": "0.5"}}',
            "NEXTNEST_SECRET_KEY": _kept_secret("secret_key"),
            "NEXTNEST_PUBLIC_URL": f"http://localhost:{self.ports['PORT']}",
            "NEXTNEST_OPS_PASSWORD": _kept_secret("ops_password"),
            "NEXTNEST_LOG_FORMAT": "text",
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
        }

    def _sandboxes(self, environment: dict[str, str]) -> None:
        _step(3, "starting the sandbox Chatwoot and the sandbox model")
        secrets_of = environment.__getitem__
        chatwoot = [
            *("sandbox.chatwoot", "--port", str(self.ports["CHATWOOT_SANDBOX_PORT"])),
            *("--webhook-url", self._address("PORT") + "/api/chatwoot-webhook"),
            *(
                "--webhook-secret",
                secrets_of("CHATWOOT_WEBHOOK_SECRET"),
                "--token",
                secrets_of("CHATWOOT_API_TOKEN"),
            ),
            *("--account-id", "1", "--inbox-id", "1", "--state", str(STATE / "chatwoot.json")),
        ]
        key = secrets_of("OPENAI_API_KEY")
        model = ["sandbox.model", "--port", str(self.ports["MODEL_SANDBOX_PORT"]), "--api-key", key]
        self._run_and_wait("chatwoot", chatwoot, environment, lambda: self._listens("CHATWOOT_SANDBOX_PORT"))
        self._run_and_wait("model", model, environment, lambda: self._listens("MODEL_SANDBOX_PORT"))

    def _web(self, environment: dict[str, str]) -> None:
        _step(4, "starting web")
        address = f"127.0.0.1:{self.ports['PORT']}"
        options = ["--config", str(PROJECT / "gunicorn.conf.py"), "--bind", address]
        command = ["gunicorn", *options, "web:create_app()"]
        self._run_and_wait("web", command, environment, lambda: _answers(self._address("PORT") + "/healthz"))

    def _worker(self, environment: dict[str, str]) -> None:
        _step(5, "starting a worker")
        command = ["procrastinate", "--app=nextnest.tasks.app", "worker"]
        self._run_and_wait(
            "worker", command, environment, lambda: _answers(self._address("PORT") + "/readyz")
        )

    def _run_and_wait(
        self, name: str, command: list[str], environment: dict[str, str], ready: Callable[[], bool]
    ) -> None:
        child = start(name, command, environment, LOGS, STATE)
        self.children.append(child)
        wait_until(ready, child, READY_S)

    def _listens(self, port: str) -> bool:
        return _listens(self.ports[port])

    def _address(self, port: str) -> str:
        return f"http://127.0.0.1:{self.ports[port]}"

    def _tell(self) -> None:
        form, chatwoot, model = (f"http://localhost:{port}/" for port in self.ports.values())
        print(
            f"""
  Lead form       {form:26} fill it in: a broker greets you within seconds, then ask her something
  Chatwoot inbox  {chatwoot:26} what your team sees: write as the customer, answer as a colleague, resolve
  Model           {model:26} what the brokers' model was asked; make it slow or let it fail
  Console         {form + "ops":26} see and act as the operator; its password: {_kept_secret("ops_password")}
  Logs            {STATE.name}/{LOGS.name}/*.log

Ctrl-C stops everything; what happened stays for the next start.""",
            flush=True,
        )


def running_database() -> str | None:
    """Where the embedded database of a demo in this folder listens; None when none runs."""
    server = embedded.server_for(STATE) if STATE.exists() else None
    return server.url if server and server.is_running() else None


def _given_database() -> str:
    return os.environ.get("DATABASE_URL", "")


def _nobody_uses(url: str) -> bool:
    """A server that runs with nobody on it was left by a demo that was killed."""
    with psycopg.connect(url) as conn:
        row = conn.execute(
            "select count(*) from pg_stat_activity where backend_type = 'client backend'"
        ).fetchone()
        return row == (1,)


def _kept_secret(name: str) -> str:
    """A secret made once and kept in the state folder, readable by its owner only."""
    path = STATE / name
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(24))  # no leading dash, which a command line would misread
    return path.read_text().strip()


def _refuse_taken(name: str, port: int) -> None:
    if _listens(port):
        raise PortTaken(f"Port {port} is taken. Choose another: make demo {name}={port + 100}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _step(number: int, what: str) -> None:
    print(f"demo {number}/{STEPS}  {what}", flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
