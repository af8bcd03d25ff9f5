"""What the scripts that make pictures share: a demo of their own, a customer's form, and panes side by side."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from nextnest import embedded

PROJECT = Path(__file__).resolve().parent.parent
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What is entered, step by step: choices and texts.
STEPS: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    ({"purchaseTimeline": "next_3_months"}, {}),
    ({}, {"name": "Tan Wei Ming", "email": "weiming@example.com", "phone": "9123 4567"}),
    ({"propertyCategory": "resale", "propertyType": "hdb"}, {"propertyPrice": "650,000"}),
    ({}, {"actualIncomes.0": "7,200", "actualAges.0": "34"}),
)
# Starting everything takes seconds; on a slow machine the first time longer.
START_S = 120


@dataclass(frozen=True)
class Demo:
    """A demo in a folder of its own, and the environment its commands run in."""

    folder: Path
    environment: dict[str, str]

    @property
    def form(self) -> str:
        return f"http://localhost:{self.environment['PORT']}/"

    @property
    def inbox(self) -> str:
        return f"http://localhost:{self.environment['CHATWOOT_SANDBOX_PORT']}/"

    @property
    def console_password(self) -> str:
        return (self.folder / ".nextnest" / "ops_password").read_text().strip()

    @property
    def database_url(self) -> str:
        return embedded.server_for(self.folder / ".nextnest").url

    def run(self, module: str, *options: str) -> None:
        """One of our commands, where the demo runs."""
        subprocess.run(
            [sys.executable, "-m", module, *options], cwd=self.folder, env=self.environment, check=True
        )


@dataclass(frozen=True)
class Pane:
    """One part of a picture: its words, its width in CSS pixels, and what the browser saw."""

    words: str
    width: int
    image: bytes


@contextmanager
def running_demo() -> Iterator[Demo]:
    """`make demo` without make, on free ports, in a folder that has seen none yet and is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nextnest-picture-") as name:
        folder = Path(name)
        os.chmod(folder, 0o755)  # noqa: S103 - started by root, Postgres runs as another account that must get in
        demo = Demo(folder, _environment())
        try:
            with _started(demo):
                yield demo
        finally:
            embedded.remove(folder / ".nextnest")


def fill_in(page: Page, each_step: Callable[[], None] = lambda: None) -> None:
    """A whole lead; `each_step` is called when a step is filled in. The last step stays open."""
    for number, (choices, texts) in enumerate(STEPS, start=1):
        for name, value in choices.items():
            page.locator(f'[name="formData.{name}"]').select_option(value)
        for name, value in texts.items():
            page.locator(f'[name="formData.{name}"]').fill(value)
        each_step()
        if number < len(STEPS):
            page.get_by_role("button", name="Next").click()


def composed(browser: Browser, panes: list[Pane], scale: float) -> bytes:
    """The panes side by side, each under its words."""
    page = browser.new_page(viewport={"width": 1660, "height": 100}, device_scale_factor=scale)
    page.set_content(f"<style>{_STYLE}</style><main>{''.join(map(_figure, panes))}</main>")
    image: bytes = page.locator("main").screenshot()
    page.close()
    return image


def _figure(pane: Pane) -> str:
    source = base64.b64encode(pane.image).decode()
    return (
        f"<figure><figcaption>{pane.words}</figcaption>"
        f'<img width="{pane.width}" src="data:image/png;base64,{source}"></figure>'
    )


_STYLE = """
body { margin: 0; font: 600 22px system-ui, sans-serif; color: #24312f; }
main { display: flex; gap: 20px; padding: 18px 20px 20px; background: #e9ece8; width: max-content; }
figure { margin: 0; }
figcaption { padding: 0 2px 12px; }
img { display: block; border-radius: 14px; box-shadow: 0 1px 4px #0003; }
"""


def _environment() -> dict[str, str]:
    names = ("PORT", "CHATWOOT_SANDBOX_PORT", "MODEL_SANDBOX_PORT")
    ports = {name: str(port) for name, port in zip(names, _free_ports(len(names)), strict=True)}
    ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return ours | ports | {"PYTHONPATH": str(PROJECT)}


@contextmanager
def _started(demo: Demo) -> Iterator[None]:
    said = demo.folder / "demo.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.demo"],
            cwd=demo.folder,
            env=demo.environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for("Ctrl-C stops everything", said, process)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(words: str, said: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while words not in said.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"The demo did not start:\n{said.read_text()}")
        time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
