"""The whole incoming-message pipeline, ours beside the one it replaces: BullMQ on Redis, Node, the database over HTTP.

Customers write in Chatwoot, all at once; Chatwoot posts its webhooks; each message is queued, taken up, put to the model
and answered in Chatwoot. The same stand-ins, the same database server and the same conversations for both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from bench.bullmq import processes
from bench.bullmq.installation import Installation, Unavailable, install
from bench.figures import Table, bar, median, ratio, say
from bench.leads import make_room, submit
from bench.load import post, send
from bench.pipelines import DRAIN_S, ms_each
from bench.plots import Bars
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import TOKEN, Stage, empty_stage

TITLE = "Answered messages a second, beside BullMQ"
# Nothing here is urgent, wants a person or can be calculated: one call of the model on either side.
QUESTION = "Which documents do I have to bring along?"
WRITERS = 8
OURS, THEIRS = "ours", "BullMQ on Redis"
# How many messages are answered and done with, and when the last one was, by the clock of the database.
DONE = {
    OURS: "select count(*)::int as done, extract(epoch from max(finished_at))::float8 as at from job_outcomes"
    " where task_name = 'incoming-message' and outcome = 'answered'",
    THEIRS: "select sum(message_count)::int as done, extract(epoch from max(updated_at))::float8 as at"
    " from peer.broker_conversations",
}
NOW = (
    "select extract(epoch from clock_timestamp())::float8 as at,"
    " pg_snapshot_xmax(pg_current_snapshot())::text::float8 as commits"
)
OWN = ("web", "worker", "Postgres", "redis", "rest")
OUTSIDE = ("chatwoot", "model")


@dataclass(frozen=True)
class Run:
    """Messages a second; per message, commits that wrote and processor seconds of each part."""

    per_second: float
    commits: float
    cpu: dict[str, float]

    @property
    def own_s(self) -> float:
        """Without the stand-ins, which are not part of either pipeline."""
        return sum(self.cpu.get(name, 0.0) for name in OWN)


Runs = dict[str, list[Run]]


def measure(server: BenchServer, sizes: Sizes) -> Table:
    try:
        installed = install()
    except Unavailable as missing:
        return _without(str(missing))
    runs: Runs = defaultdict(list)
    for number in range(1, sizes.rounds + 1):
        for side in (OURS, THEIRS) if number % 2 else (THEIRS, OURS):
            runs[side].append(_run(server, sizes, side, installed))
        so_far = ", ".join(f"{side} {runs[side][-1].per_second:.0f}" for side in (OURS, THEIRS))
        say(f"peers {number}/{sizes.rounds}  per second: {so_far}")
    return _table(runs, sizes, installed)


def _run(server: BenchServer, sizes: Sizes, side: str, installed: Installation) -> Run:
    """Everybody is greeted by ours; then all write once to warm the side up, and once while the clock runs."""
    with empty_stage(server) as stage:
        ids = _greeted(stage, sizes.conversations)
        if side == THEIRS:
            stage.stop_workers()
            stage.stop("web")
            processes.start(stage, installed)
        _ask_and_wait(stage, side, ids, len(ids))
        cpu, [before] = stage.cpu(), stage.rows(NOW)
        ended_at = _ask_and_wait(stage, side, ids, 2 * len(ids))
        [after], used = stage.rows(NOW), stage.cpu()
        _check(stage, ids, 2)
    asked = len(ids)
    return Run(
        asked / (ended_at - before["at"]),
        (after["commits"] - before["commits"]) / asked,
        {name: (seconds - cpu[name]) / asked for name, seconds in used.items()},
    )


def _greeted(stage: Stage, conversations: int) -> list[int]:
    stage.start_chatwoot()
    stage.start_model()
    stage.start_web()
    stage.start_workers(1)
    make_room(stage)
    ids = submit(stage, conversations)
    greeted = "select count(*) from job_outcomes where outcome = 'greeted'"
    stage.until(lambda: stage.rows(greeted)[0]["count"] == conversations, DRAIN_S, "everybody is greeted")
    return ids


def _ask_and_wait(stage: Stage, side: str, ids: list[int], until: int) -> float:
    """Each customer writes one message; when the last of them was answered and done with."""
    form = urlencode({"content": QUESTION, "speaker": "customer"}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    send(stage.chatwoot_port, [post(f"/inbox/{id_}/say", headers, form) for id_ in ids], WRITERS, answer=302)
    stage.until(lambda: (stage.rows(DONE[side])[0]["done"] or 0) >= until, DRAIN_S, f"{side}: all answered")
    return float(stage.rows(DONE[side])[0]["at"])


def _check(stage: Stage, ids: list[int], asked: int) -> None:
    """In Chatwoot: since the greeting every message of a customer was followed by one reply that says something."""
    with httpx.Client(base_url=stage.chatwoot_url, headers={"api_access_token": TOKEN}) as chatwoot:
        found = Counter(_thread(chatwoot, id_) for id_ in ids)
    if found != {"ca" * asked: len(ids)}:
        raise RuntimeError(f"{asked} messages in each of {len(ids)} conversations, but {found}")


def _thread(chatwoot: httpx.Client, conversation_id: int) -> str:
    """Who spoke, from the customer's first message on: c for the customer, a for a reply."""
    answer = chatwoot.get(f"/api/v1/accounts/1/conversations/{conversation_id}/messages").raise_for_status()
    spoken = "".join(
        "ca"[message["message_type"]]
        for message in answer.json()["payload"]
        if message["message_type"] in (0, 1) and not message["private"] and message["content"].strip()
    )
    return spoken[spoken.find("c") :]


def _table(runs: Runs, sizes: Sizes, installed: Installation) -> Table:
    rates = {side: median([run.per_second for run in runs[side]]) for side in runs}
    return Table(
        TITLE,
        (
            "pipeline",
            "per second",
            "rounds",
            "ratio",
            "commits",
            "own CPU ms",
            *(f"{n}, CPU ms" for n in (*OWN, *OUTSIDE)),
        ),
        [_row(side, runs[side], rates[THEIRS]) for side in (OURS, THEIRS)],
        (
            f"{sizes.conversations} customers write at once, {sizes.rounds} rounds in turns, each after as many messages to",
            "warm up; medians. From before the first is written in Chatwoot to the last commit. One web and one worker on",
            "each side. CPU ms and commits that write are per message; own: without the stand-ins. On both sides every",
            "message was answered, once.",
            f"{installed.versions}, appendfsync everysec.",
        ),
        (_picture(runs),),
        {
            "times_bullmq": rates[OURS] / rates[THEIRS],
            "per_second": rates[OURS],
            "bullmq_per_second": rates[THEIRS],
            "commits": median([run.commits for run in runs[OURS]]),
            "bullmq_commits": median([run.commits for run in runs[THEIRS]]),
            "own_cpu_ms": median([run.own_s for run in runs[OURS]]) * 1000,
            "bullmq_own_cpu_ms": median([run.own_s for run in runs[THEIRS]]) * 1000,
        },
    )


def _row(side: str, runs: list[Run], base: float) -> tuple[str, ...]:
    rates = [run.per_second for run in runs]
    parts = (ms_each([run.cpu[n] for run in runs]) if n in runs[0].cpu else "" for n in (*OWN, *OUTSIDE))
    return (
        side,
        f"{median(rates):.1f}",
        f"{min(rates):.1f}-{max(rates):.1f}",
        ratio(median(rates), base),
        f"{median([run.commits for run in runs]):.1f}",
        ms_each([run.own_s for run in runs]),
        *parts,
    )


def _picture(runs: Runs) -> Bars:
    bars = [bar(side, [run.per_second for run in runs[side]]) for side in (THEIRS, OURS)]
    return Bars("peers", "Answered messages a second, everything on one machine", "per second", bars)


def _without(missing: str) -> Table:
    """The peer cannot be had, so there is nothing to compare with."""
    return Table(
        TITLE, ("pipeline", "per second"), [(THEIRS, "not measured")], (f"Not measured: {missing}.",)
    )
