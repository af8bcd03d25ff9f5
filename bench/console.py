"""The console's pages over a history of a million rows: each statement's time in the server, and the whole page's.

Pages are asked for through the application itself. What Postgres says of each statement (auto_explain, with rows counted but
not timed) is read from its log, so nothing of the application is changed or wrapped.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from psycopg import AsyncConnection, sql

from bench.figures import Table, bar, median, ms, say
from bench.plots import Bars
from bench.server import BenchServer
from bench.sizes import Sizes
from nextnest.settings import Settings
from nextnest.store import rollups
from sandbox.traffic import fill
from web import create_app

# All statements of a page together, at a million rows: what people do not notice.
LIMIT_S = 0.2
DAYS = 60
PASSWORD = "bench"  # noqa: S105 - of a console nobody else can reach
# Of a log line: when a statement took how long, and its plan as JSON on lines that begin with a tab.
PLAN = re.compile(r"duration: (?P<ms>[\d.]+) ms  plan:\n(?P<json>(?:\t.*\n)+)")
COUNTED = ("incoming_messages", "outgoing_messages", "procrastinate_jobs", "procrastinate_events")
_EXPLAINED = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
}


class TooSlow(Exception):
    """The statements of a page took longer than the limit."""


@dataclass(frozen=True)
class Asked:
    """One request: its seconds in all, and each statement's text and seconds in the server."""

    seconds: float
    statements: list[tuple[str, float]]

    @property
    def in_server(self) -> float:
        return sum(seconds for _, seconds in self.statements)


def measure(server: BenchServer, sizes: Sizes) -> Table:
    """TooSlow names the pages whose statements took longer than the limit, after the table was said."""
    with server.database() as url:
        counts = _history(url, sizes.history)
        with _console(url) as client:
            pages = {path: _ask(server, client, path, sizes.rounds) for path in _pages(client)}
    table = _table(pages, counts, sizes.rounds)
    if sizes.history >= FULL_HISTORY:
        _judge(pages, table)
    return table


# Some 2.7 messages of customers, six of ours and five jobs each: a million rows of each kind that grows.
FULL_HISTORY = 200_000


def _history(url: str, conversations: int) -> dict[str, int]:
    """A past as large as asked for, with its hours added up; rows by table."""
    fill(url, conversations=conversations, days=DAYS, say=lambda line: say(f"console: {line}"))
    say("console: adding up the hours")
    asyncio.run(_add_up(url))
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("vacuum analyze")
        counts = {}
        for table in COUNTED:
            row = conn.execute(
                sql.SQL("select count(*) from nextnest.{}").format(sql.Identifier(table))
            ).fetchone()
            counts[table] = row[0] if row else 0
        for name, value in _EXPLAINED.items():
            _always(conn, name, value)
    return counts


async def _add_up(url: str) -> None:
    async with await AsyncConnection.connect(url, options="-c search_path=nextnest", autocommit=True) as conn:
        for hour in await rollups.due_hours(conn, (DAYS + 1) * 24):
            async with conn.transaction():
                await rollups.roll_up(conn, hour)


def _always(conn: psycopg.Connection[Any], name: str, value: str) -> None:
    statement = sql.SQL("alter database {} set {} = {}")
    conn.execute(
        statement.format(sql.Identifier(conn.info.dbname), sql.SQL(name), sql.Literal(value))  # type: ignore[arg-type]
    )


@contextmanager
def _console(url: str) -> Iterator[FlaskClient]:
    """Somebody signed in."""
    app = create_app(_settings(url))
    try:
        client = app.test_client()
        client.post("/ops/sign-in", data={"name": "bench", "password": PASSWORD})
        yield client
    finally:
        app.extensions["doors"].close()


def _settings(url: str) -> Settings:
    values: dict[str, Any] = {
        "database_url": url,
        "chatwoot_base_url": "http://127.0.0.1:9",
        "chatwoot_account_id": 1,
        "chatwoot_inbox_id": 1,
        "chatwoot_api_token": "unused",
        "openai_api_key": "unused",
        "openai_model": "sandbox-model",
        "nextnest_secret_key": "unused",
        "nextnest_ops_password": PASSWORD,
        "nextnest_public_url": "http://localhost",
        "nextnest_rate_limits": False,
    }
    return Settings(_env_file=None, **values)


def _pages(client: FlaskClient) -> list[str]:
    """Every page without an argument, each span of charts and brokers, the metrics, every kind of link on them."""
    app: Flask = client.application
    found = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/ops") and "GET" in (rule.methods or ()) and not rule.arguments
    ]
    found = [path for path in found if client.get(path).status_code == 200]
    found += ["/metrics", *(f"/ops/charts?span={span}" for span in ("1h", "7d", "30d"))]
    found += [f"/ops/brokers?period={period}" for period in ("7d", "30d")]
    return found + _linked(client, found)


def _linked(client: FlaskClient, pages: list[str]) -> list[str]:
    """Pages of one thing, and filters of a list: the first link of each shape, digits and words apart."""
    shapes: dict[str, str] = {}
    for page in pages:
        for link in re.findall(r'href="(/ops[^"#]*)"', client.get(page).text):
            path = link.replace("&amp;", "&")
            shape = re.sub(
                r"=[^&]+", "=", re.sub(r"\d+", "0", path.partition("?")[0]) + "?" + path.partition("?")[2]
            )
            if path not in pages and path != "/ops/sign-out":
                shapes.setdefault(shape, path)
    return [path for path in shapes.values() if client.get(path).status_code == 200]


def _ask(server: BenchServer, client: FlaskClient, path: str, rounds: int) -> list[Asked]:
    """The page once to warm up, then so many times."""
    client.get(path)
    asked = []
    for _ in range(rounds):
        begin, started = server.log.stat().st_size, time.perf_counter()
        assert client.get(path).status_code == 200, path
        seconds = time.perf_counter() - started
        with server.log.open() as log:
            log.seek(begin)
            asked.append(Asked(seconds, _statements(log.read())))
    return asked


def _statements(log: str) -> list[tuple[str, float]]:
    found = []
    for plan in PLAN.finditer(log):
        text = json.loads(plan["json"])["Query Text"]
        found.append((" ".join(text.split()), float(plan["ms"]) / 1000))
    return found


def _table(pages: dict[str, list[Asked]], counts: dict[str, int], rounds: int) -> Table:
    rows = []
    for path, asked in pages.items():
        each = [seconds for one in asked for _, seconds in one.statements]
        rows.append(
            (
                path,
                str(len(asked[0].statements)),
                ms(median([one.in_server for one in asked])),
                ms(max(each, default=0.0)),
                ms(median([one.seconds for one in asked])),
            )
        )
    held = ", ".join(f"{count:,} {table}" for table, count in counts.items())
    notes = (
        f"Milliseconds; {rounds} requests of each page after one to warm up. {held}, over {DAYS} days.",
        "Statements: as the server counted, without planning; the page: from the request to its last byte, in one process.",
    )
    head = ("page", "statements", "all of them, p50", "slowest of all", "page, p50")
    return Table("The console over a long history", head, rows, notes, (_picture(pages),), _slowest(pages))


def _picture(pages: dict[str, list[Asked]]) -> Bars:
    """The ten pages that cost the server most."""
    bars = [bar(path, [one.in_server for one in asked], 1000) for path, asked in pages.items()]
    worst = sorted(bars, key=lambda each: each.value, reverse=True)[:10]
    return Bars("console", "The console's ten slowest pages: all statements of a page", "milliseconds", worst)


def _slowest(pages: dict[str, list[Asked]]) -> dict[str, float]:
    return {"page_p50_ms": max(median([one.in_server for one in asked]) * 1000 for asked in pages.values())}


def _judge(pages: dict[str, list[Asked]], table: Table) -> None:
    """The console's pages, by the median request: one that meets a checkpoint says nothing about the page."""
    slow = []
    for path, asked in pages.items():
        typical = sorted(asked, key=lambda one: one.in_server)[len(asked) // 2]
        if path.startswith("/ops") and typical.in_server > LIMIT_S:
            slow.append(f"{path}: {ms(typical.in_server)} ms in the server")
            slow += [f"  {ms(seconds)} ms: {text[:200]}" for text, seconds in typical.statements]
    if slow:
        say(str(table))
        raise TooSlow("\n".join(slow))
