"""The whole thing as it runs: real Postgres, web and worker as processes, the two stand-ins over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import httpx

from sandbox.chatwoot import ChatwootSandbox
from sandbox.model import ModelSandbox
from tests import forkserver
from tests.databases import Look
from tests.forkserver import Process
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")

LEAD: dict[str, Any] = {
    "formData": {
        "name": "Tan Wei Ming",
        "email": "weiming@example.com",
        "phone": "9123 4567",
        "loanType": "new_purchase",
        "propertyCategory": "resale",
        "propertyType": "HDB",
        "propertyPrice": 600000,
        "actualAges": [34],
        "actualIncomes": [7200],
        "employmentType": "employed",
        "purchaseTimeline": "next_3_months",
    },
    "sessionId": "session-1",
    "leadScore": 97,
}


@dataclass
class World:
    """Everything a pipeline test touches. Times are bounds, not waits: `until` returns as soon as it can."""

    database_url: str
    chatwoot: ChatwootSandbox
    model: ModelSandbox
    web_url: str
    environment: dict[str, str]
    log_folder: Path
    stack: ExitStack
    web: Process
    workers: list[Process] = field(default_factory=list)
    of_workers: Mapping[str, str] = field(default_factory=dict)
    look: Look = field(init=False)

    def __post_init__(self) -> None:
        self.look = Look(self.database_url)
        self.stack.callback(self.look.close)

    def start_worker(self, **changes: str) -> Process:
        """One stock `procrastinate worker`."""
        command = ["procrastinate", "--app=nextnest.tasks.app", "worker"]
        name = f"worker-{len(self.workers)}"
        worker = self.stack.enter_context(
            _process(command, self.environment | dict(self.of_workers) | changes, self.log_folder / name)
        )
        self.workers.append(worker)
        return worker

    def submit(self, **fields: Any) -> httpx.Response:
        """Send the lead form with these fields changed."""
        body = LEAD | {"formData": LEAD["formData"] | fields}
        return httpx.post(f"{self.web_url}/api/chatwoot-conversation", json=body, timeout=30)

    def greeted(self, **fields: Any) -> int:
        """Send a lead and wait for its greeting; the conversation's id."""
        answer = self.submit(**fields)
        assert answer.status_code in {200, 201}, answer.text
        conversation_id = int(answer.json()["conversationId"])
        self.until(lambda: self.outcome_of(f"new-conversation-{conversation_id}"))
        return conversation_id

    def said(self, conversation_id: int, *, private: bool = False) -> list[str]:
        """What our side wrote into the conversation, system lines excluded, oldest first."""
        return [
            message["content"]
            for message in self.chatwoot.messages(conversation_id)
            if message["message_type"] == 1 and message["private"] is private
        ]

    def activities(self, conversation_id: int) -> list[str]:
        """The system lines we wrote; Chatwoot's own carry no id of ours."""
        return [
            message["content"]
            for message in self.chatwoot.messages(conversation_id)
            if message["message_type"] == 2 and "nextnest_id" in message["content_attributes"]
        ]

    def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        """Look into the database."""
        return self.look.rows(query, params)

    def execute(self, query: str, **params: Any) -> None:
        """Arrange something in the database that a test needs, such as a smaller limit."""
        self.look.rows(query, params)

    def outcome_of(self, queueing_lock: str) -> str | None:
        """How the job with this id ended, or None while it has not."""
        rows = self.rows(
            "select outcome from job_outcomes o join procrastinate_jobs j on j.id = o.job_id"
            " where j.queueing_lock = %(lock)s order by o.job_id desc, o.attempt desc limit 1",
            lock=queueing_lock,
        )
        return rows[0]["outcome"] if rows else None

    def quiet(self) -> bool:
        """No customer's job is waiting or running."""
        return not self.rows(
            "select id from procrastinate_jobs where status in ('todo', 'doing')"
            " and task_name not in ('upkeep', 'rescue-stalled-jobs', 'look-at-circuit-breakers',"
            " 'sweep-conversations', 'check-models', 'roll-up-hours')"
        )

    def until(self, probe: Callable[[], T], seconds: float = 20) -> T:
        """Ask until the answer is true; with what it was asking when time is up."""
        return until(probe, seconds, self.logs)

    def logs(self) -> str:
        """The last lines of every process."""
        return "\n".join(f"--- {path.name}\n{path.read_text()[-4000:]}" for path in self.log_folder.iterdir())


# Their URL rules are compiled by way of syntax trees, which Python 3.11 cannot build in two threads at once.
_one_at_a_time = Lock()


@contextmanager
def running_world(
    database_url: str,
    log_folder: Path,
    *,
    workers: int = 1,
    of_workers: Mapping[str, str] | None = None,
    of_chatwoot: Mapping[str, str] | None = None,
    of_model: Mapping[str, str] | None = None,
    web_anew: bool = False,
    **changes: str,
) -> Iterator[World]:
    """Stand-ins, web and workers on one database, stopped afterwards.

    `changes` are settings of web and worker, `of_workers` of the workers alone; `of_chatwoot` and `of_model` are the
    stand-ins' own secrets. `web_anew` where it matters what web's configuration does before anything is imported.
    """
    with ExitStack() as stack:
        with _one_at_a_time:
            chatwoot = stack.enter_context(ChatwootSandbox(**(of_chatwoot or {})))  # type: ignore[arg-type]
            model = stack.enter_context(ModelSandbox(**(of_model or {})))  # type: ignore[arg-type]
        port = free_port()
        environment = _environment(database_url, chatwoot, model, port) | changes
        web = ["gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "16"]
        web += ["--graceful-timeout", "2", "web:create_app()"]
        process = stack.enter_context(_process(web, environment | _OF_WEB, log_folder / "web", anew=web_anew))
        world = World(
            database_url, chatwoot, model, f"http://127.0.0.1:{port}", environment, log_folder, stack, process
        )
        world.of_workers = of_workers or {}
        for _ in range(workers):
            world.start_worker()
        # Several worlds may start at once, on few cores.
        world.until(lambda: _answers(f"{world.web_url}/healthz"), 60)
        chatwoot.set_webhook(f"{world.web_url}/api/chatwoot-webhook")
        yield world
        chatwoot.set_webhook(None)


# Workers give up on a lost answer soon: tests wait for it. Web has longer, so that a slow machine opens leads at once, too.
_OF_WEB = {"CHATWOOT_TIMEOUT_S": "6"}


def _environment(
    database_url: str, chatwoot: ChatwootSandbox, model: ModelSandbox, port: int
) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "DATABASE_URL": database_url,
        "CHATWOOT_BASE_URL": chatwoot.base_url,
        "CHATWOOT_ACCOUNT_ID": str(chatwoot.account_id),
        "CHATWOOT_INBOX_ID": str(chatwoot.inbox_id),
        "CHATWOOT_API_TOKEN": chatwoot.token,
        "CHATWOOT_WEBHOOK_SECRET": chatwoot.webhook_secret,
        "CHATWOOT_SETTLE_S": "1.5",
        "CHATWOOT_TIMEOUT_S": "2",
        "OPENAI_API_KEY": model.api_key,
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_MODEL": "sandbox-model",
        "OPENAI_PRICES": '{"sandbox-model": {"input": "0.1", "cached_input": "0.01", "output": "0.5"}}',
        "NEXTNEST_PACE": "0",
        "NEXTNEST_SECRET_KEY": "a-secret-for-tests-only",
        "NEXTNEST_RATE_LIMITS": "off",
        "NEXTNEST_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PYTHONWARNINGS": "error::ResourceWarning",
    }


@contextmanager
def _process(
    command: list[str], environment: dict[str, str], log: Path, *, anew: bool = False
) -> Iterator[Process]:
    with log.open("wb") as output:
        process = forkserver.start(*command, environment=environment, output=output, anew=anew)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
