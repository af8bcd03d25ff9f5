"""The bench works: one tiny run of every part. What it measures is for `make bench`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench import peers
from bench.bullmq.installation import Unavailable, install
from bench.figures import Table, ms, quantile
from bench.load import send
from bench.server import BenchServer
from bench.sizes import SMOKE
from sandbox.chatwoot import ChatwootSandbox

ROOT = Path(__file__).resolve().parent.parent
# Bounded, so that a bench that hangs fails here.
LIMIT_S = 180


ROWS = {
    "acknowledgements": ("bare route", "bare route, one insert", "our webhook route, at half its rate"),
    "replies": ("10 per second",),
    "pipelines": ("new-conversation", "incoming-message"),
    "console": ("/ops/log", "/ops/charts", "/ops/charts?span=30d"),
    "soak": ("before", "snapshot held", "after"),
    "cost": ("commits that write", "round trips of the worker"),
    "wakeups": (
        "two jobs close together: enqueue to start",
        "scheduled: due to start",
        "retried: due to start",
    ),
    "waits": ("answer begun", "reply in Chatwoot"),
    "fetch": ("nothing may run", "one may run, behind all"),
    "peers": ("ours", "BullMQ on Redis"),
    "queueing": ("idle: enqueue to start", "same conversation: end to next start"),
}


def test_the_bench_prints_its_tables_with_figures_in_every_row() -> None:
    expect_tables("acknowledgements", "replies")


@pytest.mark.long
def test_the_longer_parts_of_the_bench_print_their_tables() -> None:
    expect_tables("pipelines", "queueing", "fetch", "console")


@pytest.mark.long
def test_wake_ups_and_deliberate_waits_are_printed() -> None:
    expect_tables("wakeups", "waits")


@pytest.mark.long
def test_what_a_conversation_costs_is_printed() -> None:
    expect_tables("cost")


@pytest.mark.long
def test_the_pipeline_on_bullmq_answers_every_message_and_is_measured_beside_ours() -> None:
    try:
        install()
    except Unavailable as missing:
        pytest.skip(str(missing))
    expect_tables("peers")


def test_a_peer_that_cannot_be_had_is_named_and_has_no_figure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    table = peers.measure(BenchServer("never asked", 0, tmp_path), SMOKE)
    assert "there is no node here" in str(table)
    assert not table.figures


@pytest.mark.long
def test_a_soak_prints_what_was_before_during_and_after() -> None:
    expect_tables("soak")


def expect_tables(*parts: str) -> None:
    command = [sys.executable, "-m", "bench", "--smoke", *(f"--only={part}" for part in parts)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Postgres +1\d\.\d+, fsync and synchronous_commit on", done.stdout, re.MULTILINE)
    for row in (row for part in parts for row in ROWS[part]):
        assert re.search(rf"^\| {re.escape(row)} +\|.*\d", done.stdout, re.MULTILINE), done.stdout


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [quantile(values, share) for share in (0, 0.5, 0.99, 1)] == [1.0, 3.0, 5.0, 5.0]


def test_milliseconds_keep_the_digits_that_mean_something() -> None:
    assert [ms(0.00449), ms(0.0996), ms(0.1), ms(5.007)] == ["4.5", "99.6", "100", "5,007"]


def test_a_table_is_aligned_and_can_be_pasted_into_markdown() -> None:
    table = Table("Speed", ("route", "per second"), [("ours", "5"), ("another route", "1,234")])
    assert str(table).splitlines()[2:] == [
        "| route         | per second |",
        "|---------------|-----------:|",
        "| ours          |          5 |",
        "| another route |      1,234 |",
    ]


def test_the_client_keeps_to_a_rate() -> None:
    with ChatwootSandbox() as sandbox:
        load = send(sandbox.port, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"] * 11, connections=2, rate=20)
    assert load.took_s >= 0.5


def test_the_client_refuses_to_count_an_answer_that_is_not_a_success() -> None:
    with ChatwootSandbox() as sandbox, pytest.raises(RuntimeError, match="404"):
        send(sandbox.port, [b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"], connections=1)
