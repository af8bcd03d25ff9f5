"""The peer's processes on a stage: Redis, the database over HTTP, the webhook's route and a worker."""

from __future__ import annotations

import functools

import httpx

from bench.bullmq.installation import HERE, Installation
from bench.stage import READY_S, TOKEN, Stage, answers, free_ports, listens
from sandbox.children import Child, wait_until

SCHEMA = HERE / "schema.sql"
CALLER = {"api_access_token": TOKEN}
EVENTS = ("message_created", "conversation_status_changed")
# What a careful operator of BullMQ sets: the log of appends, flushed each second, and no snapshots.
DURABLE = ("--appendonly", "yes", "--appendfsync", "everysec", "--save", "")


def start(stage: Stage, installed: Installation) -> None:
    """Where web was, so that Chatwoot's webhooks come here; for the conversations that are there."""
    with stage.connect() as conn:
        conn.execute(SCHEMA.read_bytes())
    _subscribe(stage)
    redis_port, rest_port = free_ports(2)
    _start_redis(stage, installed, redis_port)
    _start_server(stage, installed, "rest", rest_port)
    _start_server(stage, installed, "web", stage.web_port, REDIS_PORT=str(redis_port))
    worker = _start(
        stage, installed, "worker", REDIS_PORT=str(redis_port), REST_URL=f"http://127.0.0.1:{rest_port}"
    )
    wait_until(functools.partial(_is_ready, worker), worker, READY_S)


def _subscribe(stage: Stage) -> None:
    """Chatwoot sends what this route knows, and nothing that it would throw away."""
    with httpx.Client(base_url=f"{stage.chatwoot_url}/api/v1/accounts/1", headers=CALLER) as chatwoot:
        [webhook] = chatwoot.get("/webhooks").raise_for_status().json()["payload"]["webhooks"]
        chatwoot.patch(f"/webhooks/{webhook['id']}", json={"subscriptions": EVENTS}).raise_for_status()


def _start_redis(stage: Stage, installed: Installation, port: int) -> None:
    where = ("--bind", "127.0.0.1", "--port", str(port), "--dir", str(stage.folder))
    child = stage.run("redis", installed.redis, *where, *DURABLE, **installed.redis_variables)
    wait_until(lambda: listens(port), child, READY_S)


def _start_server(stage: Stage, installed: Installation, name: str, port: int, **variables: str) -> None:
    child = _start(stage, installed, name, PORT=str(port), **variables)
    wait_until(lambda: answers(f"http://127.0.0.1:{port}/"), child, READY_S)


def _start(stage: Stage, installed: Installation, name: str, **variables: str) -> Child:
    program = str(installed.programs / f"{name}.mjs")
    return stage.run(name, installed.node, program, NODE_ENV="production", **variables)


def _is_ready(worker: Child) -> bool:
    return "ready" in worker.log.read_text()
