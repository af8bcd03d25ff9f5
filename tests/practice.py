"""A system for the doctor to look at, and what it says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg

from sandbox.chatwoot import ChatwootSandbox
from sandbox.model import ModelSandbox
from tests import forkserver

WEBHOOK = "http://127.0.0.1:8000/api/chatwoot-webhook"
# In every setting that is one, so that it is unmistakable where it should not be.
SECRETS = ("chatwoot-token-7f3a", "webhook-secret-7f3a", "model-key-7f3a", "signing-key-7f3a", "pass-7f3a")


@dataclass
class Practice:
    """A system to be looked at: a database, a Chatwoot, a model, and the settings that name them."""

    database_url: str
    chatwoot: ChatwootSandbox
    model: ModelSandbox
    environment: dict[str, str]

    def doctor(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        given = {name: value for name, value in (self.environment | changes).items() if value}
        return forkserver.run("nextnest", "doctor", *arguments, environment=given, timeout=120)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            conn.execute(statement.encode())

    def worker_lives(self, workers: int = 2) -> None:
        """As if so many workers had just been heard of."""
        beat = (
            "insert into nextnest.procrastinate_workers (last_heartbeat) values (now() + interval '1 hour')"
        )
        for _ in range(workers):
            self.execute(beat)


@contextmanager
def in_practice(database_url: str) -> Iterator[Practice]:
    """With stand-ins for Chatwoot and the model, and a webhook that is as it must be."""
    with ExitStack() as stack:
        chatwoot = stack.enter_context(ChatwootSandbox(token=SECRETS[0], webhook_secret=SECRETS[1]))
        model = stack.enter_context(ModelSandbox(api_key=SECRETS[2]))
        environment = {
            "DATABASE_URL": database_url,
            "CHATWOOT_BASE_URL": chatwoot.base_url,
            "CHATWOOT_ACCOUNT_ID": str(chatwoot.account_id),
            "CHATWOOT_INBOX_ID": str(chatwoot.inbox_id),
            "CHATWOOT_API_TOKEN": chatwoot.token,
            "CHATWOOT_WEBHOOK_SECRET": chatwoot.webhook_secret,
            "OPENAI_API_KEY": model.api_key,
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_MODEL": "sandbox-model",
            "OPENAI_PRICES": '{"sandbox-model": {"input": "0.1", "cached_input": "0.01", "output": "0.5"}}',
            "NEXTNEST_SECRET_KEY": SECRETS[3],
            "NEXTNEST_OPS_PASSWORD": SECRETS[4],
            "NEXTNEST_PUBLIC_URL": "http://127.0.0.1:8000",
        }
        chatwoot.set_webhook(WEBHOOK)
        yield Practice(database_url, chatwoot, model, environment)


def lines(result: subprocess.CompletedProcess[str]) -> dict[str, list[str]]:
    """What was found under each name."""
    found: dict[str, list[str]] = {}
    for line in result.stdout.splitlines():
        if line[:6].strip() in {"ok", "look", "WRONG"}:
            name = line[6:18].strip()
            found.setdefault(name, []).append(f"{line[:6].strip()} {line[18:].strip()}")
    return found
