"""What an operator does with a broker: her limit, whether she takes conversations, her words. Never commits.

A change is made only to what the operator saw; what somebody else changed meanwhile raises Refused and stays. Places are
served by upkeep, which is deferred in the same commit: a worker does it at once instead of at its next round.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from psycopg import Connection

from nextnest import deferring
from nextnest.rules.broker_wording import Wording
from nextnest.store import staffing

# Beyond this a number is a typing mistake: one worker process holds 300 conversations at once.
LARGEST_LIMIT = 1000


class Refused(Exception):
    """An operator's change that does not fit the broker as she is now; says why, and what to do instead."""


class AlreadySo(Refused):
    """Nothing was to do, as after a second press of the same button."""


def change_limit(conn: Connection[Any], slug: str, *, shown: int, wanted: int) -> str:
    """Let her hold `wanted` conversations at once; what follows from it, in words. Those she holds she keeps."""
    if not 0 <= wanted <= LARGEST_LIMIT:
        raise Refused(f"A limit is a number from 0 to {LARGEST_LIMIT}.")
    if wanted == shown:
        raise AlreadySo(f"The limit is {wanted} already.")
    done = staffing.set_limit(conn, slug, shown=shown, wanted=wanted)
    if done is None:
        raise _overtaken(conn, slug, wanted)
    if wanted > shown and done["is_active"]:
        _serve_the_line(conn)
    return f"{done['name']} may hold {wanted} at once now. {_of_those_above(done['current_workload'] - wanted)}".strip()


def pause(conn: Connection[Any], slug: str) -> str:
    """She takes no new conversations; what follows from it, in words. Those she holds she keeps and answers."""
    done = staffing.set_active(conn, slug, active=False)
    if done is None:
        raise AlreadySo("She is paused already.")
    kept = done["current_workload"]
    also = f" She keeps the {_conversations(kept)} she holds and goes on answering." if kept else ""
    return f"{done['name']} takes no new conversations now.{also}"


def resume(conn: Connection[Any], slug: str) -> str:
    """She takes conversations again; what follows from it, in words."""
    done = staffing.set_active(conn, slug, active=True)
    if done is None:
        raise AlreadySo("She takes conversations already.")
    _serve_the_line(conn)
    free = max(0, done["max_concurrent_chats"] - done["current_workload"])
    return f"{done['name']} takes conversations again; she has room for {free}."


def change_wording(conn: Connection[Any], slug: str, *, shown: Wording, wanted: Wording) -> str:
    """Give her these words, checked by rules/broker_wording.py; what follows from it, in words."""
    if not staffing.set_wording(conn, slug, shown=asdict(shown), wanted=asdict(wanted)):
        raise Refused(
            "Somebody else has changed these words meanwhile. Look at them, then change them again."
        )
    return "Kept. Greetings and answers from now on use it; what was sent or is on its way stays as it is."


def _overtaken(conn: Connection[Any], slug: str, wanted: int) -> Refused:
    now = staffing.broker_named(conn, slug)
    if now and now.max_concurrent_chats == wanted:
        return AlreadySo(f"The limit is {wanted} already.")
    limit = now.max_concurrent_chats if now else "gone"
    return Refused(f"Somebody else has changed this limit meanwhile: it is {limit}. Nothing was changed.")


def _serve_the_line(conn: Connection[Any]) -> None:
    deferring.upkeep(int(time.time())).defer_sync(conn)


def _of_those_above(above: int) -> str:
    if above <= 0:
        return ""
    return (
        f"She holds {_conversations(above)} more than that, keeps them, and takes none until she is below it."
    )


def _conversations(count: int) -> str:
    return "one conversation" if count == 1 else f"{count} conversations"
