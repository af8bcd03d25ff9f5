"""Makes docs/demo.png, the README's picture: form, chat and Chatwoot's inbox of one conversation. `make picture`.

A demo is started in a temporary folder on free ports, so nothing of yours is in the picture and yours may keep running;
or give the addresses of one that runs: --form http://localhost:8000/ --inbox http://localhost:3000/. A headless Chromium
fills in the form, waits for the joined line and the greeting, asks a question and waits for the answer, at the pace of
production. Debian and Ubuntu: apt-get install chromium fonts-noto-core fonts-noto-color-emoji. Elsewhere name your
browser with --chromium.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.demonstration import CHROMIUM_OPTIONS, PROJECT, Pane, composed, fill_in, running_demo

PICTURE = PROJECT / "docs" / "demo.png"
QUESTION = "Which documents do I need?"
# A greeting comes after some three seconds, an answer after at most six and the model's own time.
REPLY_MS = 30_000
HEIGHT = 870
SCALE = 1.5  # sharp on fine screens, small enough for a README


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with _demo(options.form, options.inbox) as (form, inbox), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=CHROMIUM_OPTIONS)
        panes = _record(browser, form, inbox)
        options.output.write_bytes(composed(browser, panes, SCALE))
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
    fill_in(page)
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


@contextmanager
def _demo(form: str | None, inbox: str | None) -> Iterator[tuple[str, str]]:
    """Addresses of form and inbox; of a demo of our own unless they are given."""
    if form and inbox:
        yield form, inbox
        return
    with running_demo() as demo:
        yield demo.form, demo.inbox


if __name__ == "__main__":
    sys.exit(main())
