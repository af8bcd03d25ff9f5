"""What a process tells Prometheus and OpenTelemetry, piece by piece. The whole is in tests/pipelines/test_telemetry.py."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress

import httpx
import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from nextnest.telemetry import figures, watching
from nextnest.telemetry.serving import PORTS, served
from tests.pipelines.world import ROOT, free_port

HANGING = """
import time
from nextnest.telemetry import spans
spans.start("worker", "{endpoint}")
for name in ("one", "two"):
    with spans.span(name):
        pass
began = time.monotonic()
spans.stop()
print(time.monotonic() - began)
"""


def test_two_workers_of_one_machine_share_the_setting_and_both_answer() -> None:
    port = free_port()
    with served(port) as first, served(port) as second:
        assert first
        assert second
        assert first != second
        for one in (first, second):
            answer = httpx.get(f"http://127.0.0.1:{one}/metrics", timeout=10)
            assert "nextnest_job_attempts_total" in answer.text


# Below what systems give to outgoing connections.
_RANGES = range(20_000, 30_000, PORTS)


def test_a_worker_whose_ten_ports_are_taken_goes_on_without_one() -> None:
    with ExitStack() as stack:
        first = next(filter(None, (_all_taken(stack, first) for first in _RANGES)))
        with served(first) as port_served:
            assert port_served is None


def _all_taken(stack: ExitStack, first: int) -> int | None:
    """Take ten ports in a row; None when somebody else has one, who may give it back in the wrong moment."""
    with ExitStack() as taken:
        for port in range(first, first + PORTS):
            one = taken.enter_context(socket.socket())
            try:
                one.bind(("", port))
            except OSError:
                return None
            one.listen()
        stack.enter_context(taken.pop_all())
    return first


def test_without_the_setting_no_port_is_opened() -> None:
    with served(None) as port:
        assert port is None


def test_a_port_is_free_again_when_the_worker_stops() -> None:
    with served(free_port()) as port:
        assert port
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("", port))


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(None, "ok"), (ValueError, "value_error"), (KeyboardInterrupt, "keyboard_interrupt")],
)
def test_a_request_is_counted_whatever_comes_of_it(error: type[BaseException] | None, outcome: str) -> None:
    operation = f"GET /{outcome}"
    with (
        suppress(ValueError, KeyboardInterrupt),
        watching.chatwoot_request(operation, {"conversation_id": 1}),
    ):
        if error:
            raise error
    assert _shown(f'nextnest_chatwoot_requests_total{{operation="{operation}",outcome="{outcome}"}} 1.0')


def test_an_attempt_that_says_nothing_has_failed_and_runs_no_more() -> None:
    with suppress(RuntimeError), watching.attempt("a-task", None):
        assert _shown('nextnest_jobs_in_progress{task="a-task"} 1.0')
        raise RuntimeError
    assert _shown('nextnest_jobs_in_progress{task="a-task"} 0.0')
    assert _shown('nextnest_job_attempts_total{outcome="failed",task="a-task"} 1.0')


def test_nothing_of_ours_is_in_the_registry_others_write_to() -> None:
    assert b"nextnest_" not in generate_latest(REGISTRY)


def test_a_collector_that_hangs_does_not_keep_a_process_from_ending() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        code = HANGING.format(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
        )
    assert 2 < float(done.stdout) < 5, "it did not even try, or it waited too long"
    assert time.monotonic() - began < 30


def _shown(line: str) -> bool:
    registry = CollectorRegistry()
    figures.register(registry)
    return line in generate_latest(registry).decode()
