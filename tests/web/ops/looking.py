"""Pages of the console in a browser, by somebody who is signed in."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page

from tests.web.browser.browsing import violations
from tests.web.ops.conftest import OPERATOR_PASSWORD

# A page fetches itself every five seconds.
REFRESHED_MS = 15_000


def sign_in(browser: Browser, site: str, **context: Any) -> Page:
    """A page of a new browser window, signed in; the window is as `context` says."""
    page = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | context).new_page()
    page.goto(f"{site}/ops/sign-in")
    page.get_by_label("Your name").fill("Aisha")
    page.get_by_label("Password").fill(OPERATOR_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def faults(page: Page, address: str) -> list[str]:
    """What axe-core finds there, and whether the page is wider than its window."""
    page.goto(address)
    wrong = [f"{address} {page.viewport_size}: {one}" for one in violations(page)]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        wrong.append(f"{address} is wider than {page.viewport_size}")
    return wrong
