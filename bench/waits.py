"""Conversations in their deliberate, human-like wait, all in one worker: is each answered when its wait is over?

The real pipeline with its reply already drafted, as after a worker's death, so that filling a worker takes seconds and not
the model's time. The waits end one after the other at a rate that a worker can answer: what is late is late from waiting,
not because the machine is full. The pace only makes the waits so long that all are held at once.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from bench.figures import Table, ms, quantile, say
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import TOKEN, Stage, empty_stage
from nextnest.models import PersonalityType
from nextnest.rules.urgency import analyze_message_urgency
from sandbox.chatwoot import ChatwootSandbox

QUESTION = "How much can I borrow with my income?"
# Ends a second: the rate at which the bench of replies asks for an answer.
PER_S = 20
# To have all of them in the worker: some seconds for a first few, and so long for each.
HEAD_S, EACH_S = 8.0, 0.008
# A wait of many minutes: longer than filling the worker and all the ends together, so nobody is still listened to by then.
PACE = 250
LOOK_S = 0.5
LOOKS = 10
MB = 1_000_000
# Each broker holds a hundred conversations or fewer, as the list of a busy one is.
BROKERS = (
    "insert into ai_brokers (slug, name, personality_type, title, persona)"
    " select slug || n, name || n, personality_type, title, persona from ai_brokers, generate_series(1, 60) n"
    " where personality_type = 'balanced'"
)
CONVERSATIONS = (
    "insert into broker_conversations (conversation_id, broker_id, chatwoot_status)"
    " select n, b.id, 'pending' from generate_series(1, %(waits)s) n"
    " join (select id, row_number() over (order by slug) - 1 as place, count(*) over () as many"
    "       from ai_brokers where personality_type = 'balanced') b on b.place = mod(n, b.many)"
)
PLACES = (
    "update ai_brokers b set max_concurrent_chats = 1000, active_conversations ="
    " array(select conversation_id from broker_conversations c where c.broker_id = b.id)"
)
ENGAGED = "update broker_conversations set status = 'active'"
MESSAGES = (
    "insert into incoming_messages (conversation_id, message_id, content, source, received_at, started_at)"
    " select n, n, %(text)s, 'webhook', at, at from generate_series(1, %(waits)s) n,"
    " lateral (select to_timestamp(%(first)s + n / %(per_s)s::float8) as at)"
)
DRAFTS = (
    "insert into outgoing_messages (conversation_id, kind, turn, payload)"
    " select message_id, 'reply', message_id, '{\"content\": \"About five times your income.\"}' from incoming_messages"
)
JOBS = (
    "insert into procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)"
    " select 'default', 'incoming-message', 'conversation-' || n, 'incoming-' || n || '-' || n,"
    " jsonb_build_object('conversation_id', n, 'message_id', n) from generate_series(1, %(waits)s) n"
)
HELD = (
    "select (select count(*) from procrastinate_jobs where status = 'doing' and task_name = 'incoming-message') as held,"
    " (select count(*) from outgoing_messages where state <> 'planned') as begun"
)
CONNECTIONS = (
    "select count(*) as all, count(*) filter (where state <> 'idle') as busy from pg_stat_activity"
    " where datname = current_database() and application_name = 'nextnest-worker'"
)
LATE = (
    "select m.conversation_id, extract(epoch from m.received_at)::float8 + %(wait_s)s as due,"
    " extract(epoch from o.sending_at)::float8 as begun, o.attempts"
    " from incoming_messages m join outgoing_messages o on o.conversation_id = m.conversation_id and o.state = 'sent'"
    " where m.state = 'answered'"
)


@dataclass(frozen=True)
class Held:
    """The worker while all wait: memory in bytes before and then, its most connections, and its share of a core."""

    empty: int
    full: int
    connections: int
    busy: int
    core: float


@dataclass(frozen=True)
class Late:
    """Seconds from the end of each wait to the reply's intent, and to Chatwoot having it; the worker's bytes afterwards."""

    begun: list[float]
    there: list[float]
    memory: int


def measure(server: BenchServer, sizes: Sizes) -> Table:
    """Once: a round takes minutes, and has thousands of samples."""
    with empty_stage(server) as stage, ChatwootSandbox(token=TOKEN, port=stage.chatwoot_port) as chatwoot:
        _furnish(stage, chatwoot, sizes.waits)
        stage.environment |= {
            "NEXTNEST_PACE": str(PACE),
            "NEXTNEST_WORKER_CONCURRENCY": str(sizes.waits + 100),
            # A wait this long is nobody's burst of messages.
            "NEXTNEST_MAX_BURST_S": str(PACE * 100),
        }
        stage.start_workers(1)
        first = time.time() + HEAD_S + EACH_S * sizes.waits
        held = _fill(stage, sizes.waits, first)
        late = _answered(stage, chatwoot, sizes.waits)
    return _table(held, late, sizes.waits)


def _furnish(stage: Stage, chatwoot: ChatwootSandbox, waits: int) -> None:
    """Conversations with a broker, here and in Chatwoot."""
    stage.execute(BROKERS)
    stage.execute(CONVERSATIONS, waits=waits)
    stage.execute(PLACES)
    stage.execute(ENGAGED)
    at = time.time() - PACE * 10
    moments = {"created_at": at, "updated_at": at, "last_activity_at": at}
    ids = range(1, waits + 1)
    told: dict[str, list[Any]] = {
        "contacts": [{"id": id_, "name": f"Customer {id_}", **moments} for id_ in ids],
        "conversations": [{"id": id_, "contact_id": id_, "status": "pending", **moments} for id_ in ids],
        "messages": [],
    }
    httpx.post(f"{chatwoot.base_url}/sandbox/history", json=told, timeout=60).raise_for_status()


def _fill(stage: Stage, waits: int, first: float) -> Held:
    """Messages that came so long ago that their waits end from `first` on; the worker once it holds all of them."""
    worker = psutil.Process(stage.children["worker 1"].process.pid)
    empty = worker.memory_info().rss
    stage.execute(MESSAGES, waits=waits, text=QUESTION, first=first - _wait_s(), per_s=PER_S)
    stage.execute(DRAFTS)
    stage.execute(JOBS, waits=waits)
    stage.until(lambda: _held(stage)["held"] == waits, first - time.time(), f"{waits} conversations wait")
    say(f"waits: {waits} are held, {first - time.time():.0f} s before the first ends")
    held = _looked(stage, worker, empty)
    if _held(stage) != {"held": waits, "begun": 0}:
        raise RuntimeError(f"some answers had begun before all of them waited: {_held(stage)}")
    return held


def _wait_s() -> float:
    """From a message to its answer at our pace."""
    return analyze_message_urgency(QUESTION, PersonalityType.BALANCED).response_time * PACE


def _held(stage: Stage) -> dict[str, int]:
    return stage.rows(HELD)[0]


def _looked(stage: Stage, worker: psutil.Process, empty: int) -> Held:
    """What waiting takes, while nothing else is to be done."""
    worker.cpu_percent()
    seen = []
    for _ in range(LOOKS):
        time.sleep(LOOK_S / LOOKS)
        seen.append(stage.rows(CONNECTIONS)[0])
    connections, busy = (max(row[name] for row in seen) for name in ("all", "busy"))
    return Held(empty, worker.memory_info().rss, connections, busy, worker.cpu_percent() / 100)


def _answered(stage: Stage, chatwoot: ChatwootSandbox, waits: int) -> Late:
    """Everybody was answered once, in the first attempt, or there is nothing to report."""
    worker = psutil.Process(stage.children["worker 1"].process.pid)
    memory, looked = 0, 0.0

    def all_are_done() -> bool:
        nonlocal memory, looked
        if time.monotonic() - looked < LOOK_S:
            return False
        memory, looked = max(memory, worker.memory_info().rss), time.monotonic()
        return _held(stage)["held"] == 0

    stage.until(all_are_done, _wait_s(), "all are answered")
    there = _replies(chatwoot)
    rows = stage.rows(LATE, wait_s=_wait_s())
    once = Counter(there.keys()) == Counter(row["conversation_id"] for row in rows if row["attempts"] == 1)
    if not once or len(rows) != waits or any(len(times) != 1 for times in there.values()):
        raise RuntimeError(f"{waits} waited, {len(rows)} were answered, {len(there)} in Chatwoot")
    return Late(
        [row["begun"] - row["due"] for row in rows],
        [there[row["conversation_id"]][0] - row["due"] for row in rows],
        memory,
    )


def _replies(chatwoot: ChatwootSandbox) -> dict[int, list[float]]:
    """When Chatwoot had each reply, by conversation."""
    found: dict[int, list[float]] = {}
    for request in chatwoot.requests:
        if request.method == "POST" and request.path.endswith("/messages"):
            found.setdefault(int(request.path.split("/")[-2]), []).append(request.finished_at)
    return found


def _table(held: Held, late: Late, waits: int) -> Table:
    memory = max(held.full, late.memory)
    rows = [
        (what, str(waits), *(ms(quantile(times, share)) for share in (0.5, 0.99, 1)))
        for what, times in (("answer begun", late.begun), ("reply in Chatwoot", late.there))
    ]
    return Table(
        "Deliberate waits in one worker",
        ("after the end of the wait", "waits at once", "p50 ms", "p99 ms", "max ms"),
        rows,
        _notes(held, memory, waits),
        figures={
            "late_p99_ms": quantile(late.begun, 0.99) * 1000,
            "worker_mb": memory / MB,
            "connections": held.connections,
        },
    )


def _notes(held: Held, memory: int, waits: int) -> tuple[str, ...]:
    before, full, most = (size / MB for size in (held.empty, held.full, memory))
    return (
        f"One worker process, NEXTNEST_WORKER_CONCURRENCY above {waits}. Its memory: {before:.0f} MB before,",
        f"{full:.0f} MB with all waiting, {most:.0f} MB at most. While all waited it had {held.connections} connections",
        f"to the database, at most {held.busy} of them busy, and took {held.core:.0%} of a core. The waits end {PER_S} a",
        "second, so lateness measures the waiting and not the limit of the machine. Begun: the intent is written. The whole",
        "pipeline, with drafts that were there already; every conversation was answered once, at the first attempt.",
    )
