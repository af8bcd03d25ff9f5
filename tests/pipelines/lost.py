"""Every kind of effect meets every way of losing an answer: all in one world, one conversation for each pair."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.pipelines.world import World
from tests.waiting import until

FAULTS = (
    "error_500_before",
    "error_500_after",
    "drop_before",
    "drop_after",
    "hang_after",
    "unprocessable_422",
    "unprocessable_422_after",
)
# Chatwoot turns every fault of its own into a 422 where a message is made. Of attributes a 422 is meant, and believed: such
# a pair does not exist.
TRUTHFUL = frozenset({"attributes"})

MESSAGES, ATTRIBUTES, STATUS = "messages", "custom_attributes", "toggle_status"
# Which request carries an effect: the end of its path, and what stands in its body.
REQUESTS = {
    "attributes": (ATTRIBUTES, ""),
    "activity": (MESSAGES, '"activity"'),
    "greeting": (MESSAGES, '"private":false'),
    "waiting_notice": (MESSAGES, '"private":false'),
    "reply": (MESSAGES, '"private":false'),
    "private_note": (MESSAGES, '"private":true'),
    "handoff_notice": (MESSAGES, '"private":false'),
    "status": (STATUS, ""),
    "failure_notice": (MESSAGES, "something went wrong"),
}
# What makes the later effects happen; the others belong to the arrival.
ASKS = {
    "reply": "What is a lock-in period?",
    "private_note": "Can I speak to a human?",
    "handoff_notice": "Can I speak to a human?",
    "status": "Can I speak to a human?",
}


@dataclass
class Pair:
    """One effect kind, one fault, and the conversation in which they meet."""

    kind: str
    fault: str
    conversation_id: int = 0

    def arm(self, world: World) -> None:
        path, contains = REQUESTS[self.kind]
        self.strike(world, self.fault, path, contains)

    def strike(self, world: World, fault: str, path: str, contains: str = "") -> None:
        place = f"/conversations/{self.conversation_id}/{path}$"
        world.chatwoot.faults.add(fault, method="POST", path=place, contains=contains, times=1)


PAIRS = {
    (kind, fault): Pair(kind, fault)
    for kind, fault in itertools.product(REQUESTS, FAULTS)
    if not (kind in TRUTHFUL and fault.startswith("unprocessable"))
}


def bring_together(world: World) -> None:
    """Let every pair meet, in three rounds; afterwards nothing is left to do, or a minute per round is over.

    No echo comes back, either: it would tell what became of a message before anybody has to look.
    """
    world.chatwoot.faults.add("lost_webhook", event="^message_created:outgoing", times=None)
    _leads_that_wait(world, [pair for pair in PAIRS.values() if pair.kind == "waiting_notice"])
    _leads_that_arrive(world, [pair for pair in PAIRS.values() if pair.kind != "waiting_notice"])
    _messages(world, [pair for pair in PAIRS.values() if pair.kind in ASKS])
    world.chatwoot.faults.clear()


def _leads_that_wait(world: World, pairs: list[Pair]) -> None:
    """Nobody is free: each is put in line and told so."""
    world.execute("update ai_brokers set max_concurrent_chats = 0")
    _submit(world, pairs)
    for pair in pairs:
        pair.arm(world)
    worker = world.start_worker()
    _until_quiet(world)
    worker.terminate()
    worker.wait(30)
    world.execute("update ai_brokers set max_concurrent_chats = 100")


def _leads_that_arrive(world: World, pairs: list[Pair]) -> None:
    """Attributes, "joined", greeting; a refusal that is meant makes some of them fail for good."""
    _submit(world, pairs)
    for pair in pairs:
        if pair.kind == "failure_notice":
            pair.strike(world, "unprocessable_422", ATTRIBUTES)
        if pair.kind not in ASKS:
            pair.arm(world)
    world.start_worker()
    _until_quiet(world)


def _messages(world: World, pairs: list[Pair]) -> None:
    for pair in pairs:
        pair.arm(world)
        world.chatwoot.customer_says(pair.conversation_id, ASKS[pair.kind])
    assert world.chatwoot.settle()
    _until_quiet(world)


def _submit(world: World, pairs: Iterable[Pair]) -> None:
    # Few at once: on a slow machine web would give up waiting for Chatwoot and leave a lead to a job that nobody runs yet.
    with ThreadPoolExecutor(3) as pool:
        for _ in pool.map(lambda pair: _open(world, pair), pairs):
            pass


def _open(world: World, pair: Pair) -> None:
    number = list(PAIRS).index((pair.kind, pair.fault))
    fields = {
        "name": f"Goh Pair {number}",
        "email": f"pair{number}@example.com",
        "phone": f"+65 8555 {number:04d}",
    }
    answer = world.submit(**fields)
    assert answer.status_code == 201, answer.text
    pair.conversation_id = int(answer.json()["conversationId"])


def _until_quiet(world: World) -> None:
    until(lambda: world.quiet() and not _unfinished(world), 60, lambda: f"still there: {_unfinished(world)}")


def _unfinished(world: World) -> list[dict[str, Any]]:
    return world.rows(
        "select conversation_id, kind, state, last_error from outgoing_messages"
        " where state in ('planned', 'sending', 'unknown')"
    )
