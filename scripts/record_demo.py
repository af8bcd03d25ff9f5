"""Makes docs/demo.png, the README's picture: form, chat and Chatwoot's inbox of one conversation. `make picture`.

A demo is started in a temporary folder on free ports, so nothing of yours is in the picture and yours may keep running;
or give the addresses of one that runs: --form http://localhost:8000/ --inbox http://localhost:3000/. A headless Chromium
fills in the form, waits for the joined line and the greeting, asks a question and waits for the answer, at the pace of
production. Debian and Ubuntu: apt-get install chromium fonts-noto-core fonts-noto-color-emoji. Elsewhere name your
browser with --chromium.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
PICTURE = PROJECT / "docs" / "demo.png"
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
QUESTION = "Which documents do I need?"
# Starting everything takes seconds; on a slow machine the first time longer.
START_S = 120
# A greeting comes after some three seconds, an answer after at most six and the model's own time.
REPLY_MS = 30_000
HEIGHT = 870
SCALE = 1.5  # sharp on fine screens, small enough for a README


@dataclass(frozen=True)
class Pane:
    """One part of the picture: its words, its width in CSS pixels, and what the browser saw."""

    words: str
    width: int
    image: bytes


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with _demo(options.form, options.inbox) as (form, inbox), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=CHROMIUM_OPTIONS)
        panes = _record(browser, form, inbox)
        options.output.write_bytes(_composed(browser, panes))
        browser.close()
    print(f"{options.output}: {options.output.stat().st_size // 1024} kB")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--form", help="address of a running demo's lead form")
    parser.add_argument("--inbox", help="address of its Chatwoot inbox")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "/usr/bin/chromium")
    parser.add_argument("--output", type=Path, default=PICTURE)
    options = parser.parse_args()
    if bool(options.form) != bool(options.inbox):
        parser.error("--form and --inbox go together")
    return options


def _record(browser: Browser, form: str, inbox: str) -> list[Pane]:
    """Be the customer, then the colleague who looks on."""
    page = _open(browser, form, 440)
    panes = [Pane("The lead form, its first step", 440, _seen(page))]
    _fill(page)
    page.get_by_role("button", name="Start my conversation").click()
    page.wait_for_url("**/chat/**")
    _converse(page)
    panes.append(Pane("The customer's chat", 440, _seen(page)))
    panes.append(Pane("What the team sees in Chatwoot", 700, _inbox(browser, inbox)))
    return panes


def _open(browser: Browser, address: str, width: int) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": HEIGHT},
        device_scale_factor=SCALE,
        color_scheme="light",
        locale="en-SG",
        timezone_id="Asia/Singapore",
    )
    page.set_default_timeout(REPLY_MS)
    page.goto(address)
    return page


def _fill(page: Page) -> None:
    for number, (choices, texts) in enumerate(STEPS, start=1):
        for name, value in choices.items():
            page.locator(f'[name="formData.{name}"]').select_option(value)
        for name, value in texts.items():
            page.locator(f'[name="formData.{name}"]').fill(value)
        if number < len(STEPS):
            page.get_by_role("button", name="Next").click()


def _converse(page: Page) -> None:
    """The broker joins, greets; the customer asks; the broker answers."""
    page.locator("#lines .system").first.wait_for()
    page.locator("#lines .broker").first.wait_for()
    page.get_by_label("Your message").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    page.locator("#lines .broker").nth(1).wait_for()
    page.locator("#typing").wait_for(state="hidden")
    page.locator("#scroller").evaluate("scroller => scroller.scrollTo(0, scroller.scrollHeight)")


def _inbox(browser: Browser, inbox: str) -> bytes:
    page = _open(browser, inbox, 700)
    page.locator("#list a").first.click()
    page.locator("#thread .broker").nth(1).wait_for()
    page.locator("#thread").evaluate("thread => thread.scrollTo(0, thread.scrollHeight)")
    return _seen(page)


def _seen(page: Page) -> bytes:
    """What is on the screen, without a cursor and with nothing half faded in."""
    page.evaluate("document.activeElement.blur()")
    image: bytes = page.screenshot(animations="disabled")
    return image


def _composed(browser: Browser, panes: list[Pane]) -> bytes:
    """The panes side by side, each under its words."""
    page = browser.new_page(viewport={"width": 1660, "height": 100}, device_scale_factor=SCALE)
    page.set_content(f"<style>{_STYLE}</style><main>{''.join(map(_figure, panes))}</main>")
    image: bytes = page.locator("main").screenshot()
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


@contextmanager
def _demo(form: str | None, inbox: str | None) -> Iterator[tuple[str, str]]:
    """Addresses of form and inbox; of a demo of our own unless they are given."""
    if form and inbox:
        yield form, inbox
        return
    ports = dict(zip(("PORT", "CHATWOOT_SANDBOX_PORT", "MODEL_SANDBOX_PORT"), _free_ports(3), strict=True))
    with tempfile.TemporaryDirectory(prefix="nextnest-picture-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - started by root, Postgres runs as another account that must get in
        with _running(ports, Path(folder)):
            yield f"http://localhost:{ports['PORT']}/", f"http://localhost:{ports['CHATWOOT_SANDBOX_PORT']}/"


@contextmanager
def _running(ports: dict[str, int], folder: Path) -> Iterator[None]:
    """`make demo` without make, in a folder that has seen none yet."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {name: str(port) for name, port in ports.items()} | {"PYTHONPATH": str(PROJECT)}
    said = folder / "demo.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.demo"], cwd=folder, env=environment, stdout=log, stderr=log
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


if __name__ == "__main__":
    sys.exit(main())
