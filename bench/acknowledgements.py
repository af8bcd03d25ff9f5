"""Webhooks acknowledged per second: our route beside bare ones, same server, client, bodies and concurrency."""

from __future__ import annotations

from collections import defaultdict

from bench import bare
from bench.figures import Table, bar, median, ms, quantile, ratio, say, spread
from bench.load import Load, send
from bench.plots import Bars
from bench.server import BenchServer
from bench.sizes import Sizes
from bench.stage import READY_S, SERVER, Stage, empty_stage, listens
from bench.webhooks import Chatter, requests
from sandbox.chatwoot import ChatwootSandbox
from sandbox.children import wait_until

CONNECTIONS = 16  # the threads the server keeps for requests
CONVERSATIONS = 200
OURS, INSERT = "our webhook route", "bare route, one insert"
CALM = "our webhook route, at half its rate"
ROUTES = {
    "bare route": "/nothing",
    INSERT: "/insert",
    "bare route, one insert, one stock defer": "/insert-and-defer",
    OURS: "/api/chatwoot-webhook",
}
Loads = dict[str, list[Load]]


def measure(server: BenchServer, sizes: Sizes) -> Table:
    with empty_stage(server) as stage:
        _set_up(stage)
        loads = _rounds(stage, sizes)
        calm = _calm(stage, sizes, _rate(loads[OURS]) / 2)
        _check(stage, [*loads[OURS], calm])
    return _table(loads, calm, sizes)


def _set_up(stage: Stage) -> None:
    """Both servers, and conversations that are greeted already, so that each message defers one job."""
    stage.execute(bare.TABLE)
    stage.execute(
        "insert into broker_conversations (conversation_id) select generate_series(1, %(n)s)", n=CONVERSATIONS
    )
    stage.start_web()
    bind = f"127.0.0.1:{stage.bare_port}"
    child = stage.start("bare", *SERVER, "--bind", bind, "bench.bare:create_app()")
    wait_until(lambda: listens(stage.bare_port), child, READY_S)


def _rounds(stage: Stage, sizes: Sizes) -> Loads:
    """One round to warm up and not counted, then the routes in turns, the same webhooks for each."""
    chatter, sandbox = Chatter(CONVERSATIONS), ChatwootSandbox()
    loads: Loads = defaultdict(list)
    for number in range(sizes.rounds + 1):
        webhooks = chatter.signed(sandbox, sizes.requests)
        for name, path in ROUTES.items():
            port = stage.web_port if name == OURS else stage.bare_port
            loads[name].append(send(port, requests(path, webhooks), CONNECTIONS))
        figures = ", ".join(f"{loads[name][-1].per_second:.0f}" for name in ROUTES)
        say(f"acknowledgements {number}/{sizes.rounds}  per second: {figures}{' (warm-up)' * (not number)}")
    return loads


def _calm(stage: Stage, sizes: Sizes, rate: float) -> Load:
    """Our route at half of what it can do, other messages than before."""
    webhooks = Chatter(CONVERSATIONS, first=2_000_000).signed(ChatwootSandbox(), sizes.requests)
    return send(stage.web_port, requests(ROUTES[OURS], webhooks), CONNECTIONS, rate)


def _check(stage: Stage, ours: list[Load]) -> None:
    """Fast is no use if something was lost: every message is remembered and has its job."""
    sent = sum(len(load.latencies) for load in ours)
    kept = stage.rows("select count(*) from incoming_messages")[0]["count"]
    jobs = stage.rows("select count(*) from procrastinate_jobs where task_name = 'incoming-message'")[0][
        "count"
    ]
    if not sent == kept == jobs:
        raise RuntimeError(f"{sent} webhooks were acknowledged, {kept} messages and {jobs} jobs are there")


def _table(loads: Loads, calm: Load, sizes: Sizes) -> Table:
    base = _rate(loads["bare route"])
    return Table(
        "Webhook acknowledgements",
        ("route", "per second", "rounds", "ratio", "p50 ms", "p99 ms", "client busy"),
        [*(_row(name, loads[name][1:], base) for name in ROUTES), _row(CALM, [calm], base)],
        (
            f"gunicorn, gthread, 2 processes of 24 threads; {CONNECTIONS} kept connections; {sizes.requests} webhooks of",
            f"distinct messages per route and round, {sizes.rounds} rounds in turns after a warm-up; medians of the rounds.",
            "Ours verifies the signature, looks for an echo and a duplicate, remembers the message and defers its job",
            "in one commit. Afterwards messages, jobs and acknowledgements were counted and were equal.",
        ),
        (_picture(loads),),
        {
            "times_insert": _rate(loads[OURS]) / _rate(loads[INSERT]),
            "half_p99_ms": quantile(calm.latencies, 0.99) * 1000,
        },
    )


def _picture(loads: Loads) -> Bars:
    bars = [bar(name, [load.per_second for load in loads[name][1:]]) for name in ROUTES]
    return Bars("acknowledgements", "Webhooks acknowledged per second", "per second", bars)


def _rate(loads: list[Load]) -> float:
    return median([load.per_second for load in loads[1:]])


def _row(name: str, loads: list[Load], base: float) -> tuple[str, ...]:
    rates = [load.per_second for load in loads]
    return (
        name,
        f"{median(rates):,.0f}",
        spread(rates),
        ratio(median(rates), base),
        ms(median([quantile(load.latencies, 0.5) for load in loads])),
        ms(median([quantile(load.latencies, 0.99) for load in loads])),
        f"{median([load.client_share for load in loads]):.0%}",
    )
