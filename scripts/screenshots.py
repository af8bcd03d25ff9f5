"""Makes docs/pictures/: every page of the console, the form's steps, the waiting screen and the chat. `make screenshots`.

A demo is started in a temporary folder on free ports and given a made-up day, so nobody real is in the pictures. A page of
the console has its picture as soon as the navigation names it. Debian and Ubuntu: apt-get install chromium
fonts-noto-core fonts-noto-color-emoji. Elsewhere name your browser with --chromium.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import psycopg
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.demonstration import CHROMIUM_OPTIONS, PROJECT, Demo, Pane, composed, fill_in, running_demo
from scripts.small_pictures import small

PICTURES = PROJECT / "docs" / "pictures"
QUESTION = "Which documents do I need?"
# Console pages are as wide as a small laptop and not much higher; phones as wide as the narrowest.
WIDTH, HEIGHT, SHORTEST, LONGEST, NARROW = 1280, 860, 420, 1400, 320
PHONE = {"width": 390, "height": 800}
# Four phones side by side are as wide as a page of the console.
PHONE_SCALE = 0.75
CONVERSATIONS = 140
WAIT_MS = 60_000
# Upkeep adds up the hours once a minute.
CHARTED_S = 150

_CONVERSATION = """
select c.conversation_id from nextnest.broker_conversations c join nextnest.tool_runs t using (conversation_id)
where c.handoff_at is not null and c.taken_at is not null order by c.customer_messages desc, c.conversation_id limit 1"""
_JOB = "select id from nextnest.procrastinate_jobs where status = 'failed' and attempts = 3 order by id desc limit 1"
_NOBODY_FREE = "update nextnest.ai_brokers set is_active = not is_active"
_CHARTED = "select count(*) >= 20 from nextnest.rollup_traffic"


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options.output.mkdir(parents=True, exist_ok=True)
    with running_demo() as demo, sync_playwright() as playwright:
        demo.run("sandbox.traffic", "--conversations", str(CONVERSATIONS))
        browser = playwright.chromium.launch(executable_path=options.chromium, args=CHROMIUM_OPTIONS)
        taken = _of_customers(browser, demo) | _of_console(browser, demo)
        pictures = {name: small(browser, image) for name, image in taken.items()}
        browser.close()
    for name, image in pictures.items():
        (options.output / f"{name}.png").write_bytes(image)
        print(f"{name}.png: {len(image) // 1024} kB")
    print(f"{len(pictures)} pictures, {sum(map(len, pictures.values())) // 1024} kB in {options.output}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chromium", default=shutil.which("chromium") or "/usr/bin/chromium")
    parser.add_argument("--output", type=Path, default=PICTURES)
    return parser.parse_args()


def _of_customers(browser: Browser, demo: Demo) -> dict[str, bytes]:
    """The form step by step; then the wait for a broker, her greeting and her answer."""
    page = _page(browser, PHONE["width"], PHONE["height"])
    page.goto(demo.form)
    steps: list[bytes] = []
    fill_in(page, lambda: steps.append(_seen(page)))
    words = ("What", "Who", "Which home", "What income")
    form = composed(
        browser, [Pane(*of) for of in zip(words, [PHONE["width"]] * 4, steps, strict=True)], PHONE_SCALE
    )
    return {"form": form, "chat": composed(browser, _chat(page, demo), PHONE_SCALE)}


def _chat(page: Page, demo: Demo) -> list[Pane]:
    with psycopg.connect(demo.database_url, autocommit=True) as conn:
        conn.execute(_NOBODY_FREE)
        page.get_by_role("button", name="Start my conversation").click()
        page.wait_for_url("**/chat/**")
        page.locator("#lines .broker").first.wait_for()
        waiting = _seen(page)
        conn.execute(_NOBODY_FREE)
    page.locator("#lines .broker").nth(1).wait_for()
    greeted = _seen(page)
    page.get_by_label("Your message").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    page.locator("#lines .broker").nth(2).wait_for()
    page.locator("#typing").wait_for(state="hidden")
    page.locator("#scroller").evaluate("scroller => scroller.scrollTo(0, scroller.scrollHeight)")
    answered = _seen(page)
    page.emulate_media(color_scheme="dark")
    shown = {
        "Nobody is free": waiting,
        "A broker greets": greeted,
        "And answers": answered,
        "At night": _seen(page),
    }
    return [Pane(words, PHONE["width"], image) for words, image in shown.items()]


def _of_console(browser: Browser, demo: Demo) -> dict[str, bytes]:
    """Each page of the navigation, one conversation, one job; Now in the dark and on a phone, too."""
    page = _page(browser, WIDTH, HEIGHT)
    _sign_in(page, demo)
    addresses = _addresses(page, demo)
    if "brokers" in addresses:
        _have_a_break(page, addresses["brokers"])
    first, home = next(iter(addresses.items()))
    pictures = {name: _console(page, address) for name, address in addresses.items()}
    page.emulate_media(color_scheme="dark")
    pictures[f"{first}-dark"] = _console(page, home)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    pictures[f"{first}-320"] = _console(page, home)
    return {name: image for name, image in pictures.items() if image}


def _sign_in(page: Page, demo: Demo) -> None:
    page.goto(urljoin(demo.form, "/ops"))
    page.get_by_label("Your name").fill("Priya Nair")
    page.get_by_label("Password").fill(demo.console_password)
    page.get_by_role("button", name="Sign in").click()
    page.locator("nav[aria-label=Console]").wait_for()


def _have_a_break(page: Page, brokers: str) -> None:
    """Pause a broker and resume her: the log has something to tell."""
    page.goto(brokers)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Pause Grace").click()
    page.get_by_role("button", name="Resume Grace").click()
    page.get_by_role("button", name="Pause Grace").wait_for()


def _addresses(page: Page, demo: Demo) -> dict[str, str]:
    """Names of pictures and what they show."""
    with psycopg.connect(demo.database_url, autocommit=True) as conn:
        _wait_for_charts(conn)
        links: list[list[str]] = page.locator("nav[aria-label=Console] a").evaluate_all(
            "links => links.map(link => [link.textContent.trim().toLowerCase(), link.href])"
        )
        found = dict(links)
        for name, query in (("conversation", _CONVERSATION), ("job", _JOB)):
            row = conn.execute(query).fetchone()
            if row and f"{name}s" in found:
                found[name] = f"{found[f'{name}s']}/{row[0]}"
        if "jobs" in found:
            found["jobs"] += "?state=failed"  # those that wait are gone in a moment
    return found


def _wait_for_charts(conn: psycopg.Connection[Any]) -> None:
    deadline = time.monotonic() + CHARTED_S
    while conn.execute(_CHARTED).fetchone() != (True,):
        if time.monotonic() > deadline:
            raise SystemExit("Upkeep did not add up the hours of the made-up day.")
        time.sleep(1)


def _console(page: Page, address: str) -> bytes | None:
    """The whole page, or as much as a large screen shows of it; nothing of one that is not there."""
    answer = page.goto(address)
    if answer is None or not answer.ok:
        print(f"{urlsplit(address).path}: no picture", file=sys.stderr)
        return None
    page.wait_for_load_state("load")
    width = int(page.evaluate("innerWidth"))
    height = int(page.evaluate("document.body.getBoundingClientRect().height"))
    page.set_viewport_size({"width": width, "height": max(SHORTEST, min(height, LONGEST))})
    image = _seen(page)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    return image


def _page(browser: Browser, width: int, height: int) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="light",
        reduced_motion="reduce",
        locale="en-SG",
        timezone_id="Asia/Singapore",
    )
    page.set_default_timeout(WAIT_MS)
    return page


def _seen(page: Page) -> bytes:
    """What is on the screen, without a cursor and with nothing half faded in."""
    page.evaluate("document.activeElement.blur()")
    image: bytes = page.screenshot(animations="disabled")
    return image


if __name__ == "__main__":
    sys.exit(main())
