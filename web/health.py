"""Is the process alive, and is the whole ready to greet somebody?"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from flask import Blueprint
from flask.typing import ResponseReturnValue

from nextnest.migrate import schema_is_current
from nextnest.store import breakers, web
from nextnest.store.statements import Row
from web.doors import Doors, doors

routes = Blueprint("health", __name__)

# Procrastinate's workers send a heartbeat every ten seconds and count as stalled after thirty.
_HEARTBEAT_S = 30
_OUTSIDE = {
    "chatwoot": ("Chatwoot", "CHATWOOT_API_TOKEN"),
    "model": ("the model", "OPENAI_API_KEY and the quota"),
}


@routes.get("/healthz")
def alive() -> ResponseReturnValue:
    """This process answers; nothing else is asked."""
    return {"status": "ok"}


@routes.get("/readyz")
def ready() -> ResponseReturnValue:
    """200 when a lead would be greeted now; 503 names everything that is in the way."""
    wrong = list(_in_the_way(doors()))
    if wrong:
        return {"status": "not ready", "wrong": wrong}, 503
    return {"status": "ready", "wrong": []}


def _away(breaker: Row) -> str:
    name, setting = _OUTSIDE[breaker["name"]]
    if breaker["reason"] == "refused":
        return f"{name} refuses us; check {setting}"
    return f"{name} has been away for {breaker['open_s']:.0f} s"


def _in_the_way(here: Doors) -> Iterator[str]:
    try:
        with here.transaction() as conn:
            missing = schema_is_current(conn)
            if missing:
                yield f"the schema lacks {', '.join(missing)}; run the migration"
                return
            if not web.workers_alive(conn, _HEARTBEAT_S):
                yield f"no worker has been heard of for {_HEARTBEAT_S} s"
            yield from (_away(breaker) for breaker in breakers.open_ones(conn))
    except psycopg.OperationalError:
        yield "the database cannot be reached"
