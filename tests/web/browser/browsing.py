"""What browser tests do again and again."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page

from tests.web.conftest import AppFor

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}


class Late:
    """Makes the application at its first request, when the address it is served at is known."""

    def __init__(self, app_for: AppFor, **changes: object) -> None:
        self._app_for = app_for
        self._changes = changes
        self.app: Flask | None = None

    def __call__(self, environ: dict[str, str], start_response: object) -> object:
        if self.app is None:
            self.app = self._app_for(nextnest_public_url=f"http://{environ['HTTP_HOST']}", **self._changes)
        return self.app(environ, start_response)  # type: ignore[arg-type]


def go_on(page: Page) -> None:
    """Press the form's button: the next step, or the end of the form."""
    page.locator("#next").click()


def fill(page: Page, site: str, phone: str = "9123 4567") -> None:
    """Everything the form needs; its last step is open afterwards."""
    page.goto(site)
    go_on(page)
    page.get_by_label("Name").fill("Tan Wei Ming")
    page.get_by_label("E-mail").fill("weiming@example.com")
    page.get_by_label("Phone").fill(phone)
    go_on(page)
    go_on(page)


def start_chat(page: Page, site: str) -> None:
    """Send the form and see the chat."""
    fill(page, site)
    page.get_by_role("button", name="Start my conversation").click()
    page.wait_for_url("**/chat/**")


def write(page: Page, text: str) -> None:
    """Send a message."""
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, in words; nothing may move while it looks."""
    page.emulate_media(reduced_motion="reduce")
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]
    ]
