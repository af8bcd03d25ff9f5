"""The product as processes: web always, a worker for each group of cases; the stand-ins live in this process."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from sandbox.chatwoot import ChatwootSandbox
from sandbox.children import Child, start, wait_until
from sandbox.model import ModelSandbox

_ROOT = Path(__file__).resolve().parent.parent
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
_READY_S = 60
_LOOK_S = 0.05
# Every case at once must find a broker: who waits in line is not what is asked here.
_ROOM = "update ai_brokers set max_concurrent_chats = 1000"
_HEARTBEATS = "select id from procrastinate_workers where last_heartbeat > now() - interval '5 s'"


@dataclass(frozen=True)
class Stage:
    """Web and the stand-ins on one migrated database, and the folder the processes write their logs to."""

    database_url: str
    web_url: str
    chatwoot: ChatwootSandbox
    model: ModelSandbox
    environment: dict[str, str]
    folder: Path

    @contextmanager
    def worker(self, name: str, changes: dict[str, str]) -> Iterator[Child]:
        """One stock worker with these settings, stopped afterwards."""
        command = ["procrastinate", "--app=nextnest.tasks.app", "worker"]
        child = start(name, command, self.environment | changes, self.folder, self.folder)
        try:
            wait_until(lambda: bool(self.rows(_HEARTBEATS)), child, _READY_S)
            yield child
        finally:
            child.stop()

    def submit(self, form: dict[str, Any]) -> int:
        """Send the lead form; the conversation's id."""
        body = {"formData": form, "sessionId": form["email"], "leadScore": 80}
        answer = httpx.post(f"{self.web_url}/api/chatwoot-conversation", json=body, timeout=60)
        if answer.status_code not in {200, 201}:
            raise RuntimeError(f"the form was answered with {answer.status_code}: {answer.text}")
        return int(answer.json()["conversationId"])

    def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        """Look into the database."""
        with self._connect() as conn:
            return conn.cursor(row_factory=dict_row).execute(query.encode(), params).fetchall()

    def make_room(self) -> None:
        with self._connect() as conn:
            conn.execute(_ROOM)

    def until(self, probe: Callable[[], bool], seconds: float) -> bool:
        """Look until it is true; False when time is up first."""
        deadline = time.monotonic() + seconds
        while not probe():
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_S)
        return True

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database_url, options="-c search_path=nextnest", autocommit=True)


@contextmanager
def running_stage(database_url: str) -> Iterator[Stage]:
    """Web and stand-ins, stopped afterwards with all they started. Their logs stay after an error."""
    folder = Path(tempfile.mkdtemp(prefix="nextnest-evals-"))
    with ExitStack() as stack:
        chatwoot = stack.enter_context(ChatwootSandbox())
        model = stack.enter_context(ModelSandbox())
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        stage = Stage(database_url, url, chatwoot, model, _environment(database_url, chatwoot, url), folder)
        stage.make_room()
        web = ["gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "16", "web:create_app()"]
        child = start("web", web, stage.environment | _A_MODEL, folder, folder)
        stack.callback(child.stop)
        wait_until(lambda: _answers(f"{url}/healthz"), child, _READY_S)
        chatwoot.set_webhook(f"{url}/api/chatwoot-webhook")
        stack.callback(chatwoot.set_webhook, None)
        yield stage
    shutil.rmtree(folder)


# Web asks no model; its settings want one all the same.
_A_MODEL = {"OPENAI_API_KEY": "none", "OPENAI_MODEL": "none"}


def _environment(database_url: str, chatwoot: ChatwootSandbox, url: str) -> dict[str, str]:
    """What web and workers share. Pace 0: what is said is evaluated, not how long a broker seems to think.

    The product's own caps stay out of it: what a run may cost is said before it starts.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "PYTHONPATH": str(_ROOT),
        "DATABASE_URL": database_url,
        "CHATWOOT_BASE_URL": chatwoot.base_url,
        "CHATWOOT_ACCOUNT_ID": str(chatwoot.account_id),
        "CHATWOOT_INBOX_ID": str(chatwoot.inbox_id),
        "CHATWOOT_API_TOKEN": chatwoot.token,
        "CHATWOOT_WEBHOOK_SECRET": chatwoot.webhook_secret,
        "NEXTNEST_PACE": "0",
        "NEXTNEST_SECRET_KEY": "a-secret-for-evaluations-only",
        "NEXTNEST_RATE_LIMITS": "off",
        "NEXTNEST_PUBLIC_URL": url,
        "NEXTNEST_CAP_PER_TURN": "0",
        "NEXTNEST_CAP_PER_CONVERSATION": "0",
        "NEXTNEST_CAP_PER_DAY": "0",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
