"""Further web processes beside a world's own: with other settings, or to be killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests import forkserver
from tests.forkserver import Process
from tests.pipelines.world import LEAD, World, free_port
from tests.waiting import until


@dataclass
class Web:
    """One web process (gunicorn with one worker) and where it listens."""

    url: str
    process: Process

    def submit(self, **fields: Any) -> httpx.Response:
        """Send the lead form with these fields changed."""
        body = LEAD | {"formData": LEAD["formData"] | fields}
        return httpx.post(f"{self.url}/api/chatwoot-conversation", json=body, timeout=30)

    def end(self, how: signal.Signals) -> None:
        """End the server and its worker."""
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait(20)


@contextmanager
def another_web(world: World, **changes: str) -> Iterator[Web]:
    """A web process on the world's database and stand-ins; `changes` are settings. Webhooks go on to the world's own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    command += ["--threads", "8", "--graceful-timeout", "2", "web:create_app()"]
    with (world.log_folder / f"web-{port}").open("wb") as log:
        process = forkserver.start(
            *command, environment=world.environment | changes, output=log, new_session=True
        )
    web = Web(url, process)
    try:
        until(lambda: _answers(f"{url}/healthz"), 20, "web does not answer")
        yield web
    finally:
        if process.poll() is None:
            web.end(signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
