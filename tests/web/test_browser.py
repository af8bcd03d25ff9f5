"""The pages as people use them, in headless Chromium. Skipped where there is no Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sandbox.chatwoot import ChatwootSandbox
from tests.web.conftest import AppFor, Query, served

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: the pages were not tried in a browser"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def site(app_for: AppFor) -> Iterator[str]:
    """The address of the application, which its links carry, too."""
    with served(_Late(app_for)) as url:  # type: ignore[arg-type]
        yield url


class _Late:
    """Makes the application at its first request, when the address it is served at is known."""

    def __init__(self, app_for: AppFor) -> None:
        self._app_for = app_for
        self._app: Flask | None = None

    def __call__(self, environ: dict[str, str], start_response: object) -> object:
        if self._app is None:
            self._app = self._app_for(nextnest_public_url=f"http://{environ['HTTP_HOST']}")
        return self._app(environ, start_response)  # type: ignore[arg-type]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def fill(page: Page, site: str, phone: str = "9123 4567") -> None:
    page.goto(site)
    page.get_by_label("Name").fill("Tan Wei Ming")
    page.get_by_label("E-mail").fill("weiming@example.com")
    page.get_by_label("Phone").fill(phone)


def start_chat(page: Page, site: str) -> None:
    fill(page, site)
    page.get_by_role("button", name="Start my conversation").click()
    page.wait_for_url("**/chat/**")


def write(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def test_the_form_leads_into_the_chat(page: Page, site: str, query: Query) -> None:
    page.goto(site)
    page.get_by_text("Refinance").click()
    expect(page.get_by_label("New or resale")).to_be_hidden()
    page.get_by_label("Rate today").fill("3.2%")
    page.get_by_text("Somebody buys with me").click()
    page.get_by_label("Their age").fill("31")
    page.get_by_label("Name").fill("O'Brien-Tan")
    page.get_by_label("E-mail").fill("obrien@example.com")
    page.get_by_label("Phone").fill("+65 9123-4567")
    page.get_by_role("button", name="Start my conversation").click()
    page.wait_for_url("**/chat/**")
    expect(page.get_by_role("status")).to_have_text("Connecting you with a broker…")
    [lead] = query("select lead from leads")
    assert lead["lead"]["name"] == "O'Brien-Tan"
    assert lead["lead"]["loan_type"] == "refinance"
    assert (lead["lead"]["current_rate"], lead["lead"]["ages"]) == ("3.2", [31])


def test_problems_show_at_their_fields(page: Page, site: str) -> None:
    fill(page, site, phone="123")
    page.get_by_label("Your age").fill("12")
    page.get_by_role("button", name="Start my conversation").click()
    expect(page.get_by_role("alert")).to_have_text("2 fields need another look.")
    expect(page.get_by_label("Your age")).to_be_focused()
    expect(page.get_by_label("Your age")).to_have_accessible_description(
        "We expected a whole number from 21 to 100."
    )
    expect(page.get_by_label("Phone")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Phone").fill("9123 4567")
    expect(page.get_by_label("Phone")).not_to_have_attribute("aria-invalid", "true")


def test_what_was_said_shows_once_and_stays_over_a_reload(
    page: Page, site: str, chatwoot: ChatwootSandbox
) -> None:
    start_chat(page, site)
    write(page, "How long does it take?")
    write(page, "And what does it cost?")
    bubbles = page.locator(".line.customer:not(.unsent) .bubble")
    both = ["How long does it take?", "And what does it cost?"]
    expect(bubbles).to_have_text(both)
    page.reload()
    expect(page.locator(".bubble")).to_have_text(both)
    [conversation] = chatwoot.conversations()
    assert [message["content"] for message in chatwoot.messages(conversation["id"])] == both


def test_a_text_written_without_a_connection_goes_out_once_when_it_is_back(
    page: Page, site: str, chatwoot: ChatwootSandbox
) -> None:
    start_chat(page, site)
    page.context.set_offline(True)
    write(page, "Are you there?")
    expect(page.get_by_text("Not sent yet, trying again…")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".line.customer:not(.unsent) .bubble")).to_have_text(
        ["Are you there?"], timeout=15000
    )
    [conversation] = chatwoot.conversations()
    assert len(chatwoot.messages(conversation["id"])) == 1


def test_a_text_still_unsent_at_a_reload_is_sent_after_it(
    page: Page, site: str, chatwoot: ChatwootSandbox
) -> None:
    start_chat(page, site)
    fault = chatwoot.faults.add("rate_limited", method="POST", path="/messages$", times=None)
    write(page, "Please keep this")
    expect(page.get_by_text("Not sent yet, trying again…")).to_be_visible()
    chatwoot.faults.clear(fault.id)
    page.reload()
    expect(page.locator(".line.customer:not(.unsent) .bubble")).to_have_text(["Please keep this"])
    [conversation] = chatwoot.conversations()
    assert len(chatwoot.messages(conversation["id"])) == 1


def test_markup_in_a_text_stays_text(page: Page, site: str, query: Query) -> None:
    start_chat(page, site)
    query(
        "insert into outgoing_messages (conversation_id, kind, turn, payload, sent_at, chatwoot_message_id)"
        " select conversation_id, 'reply', 1, jsonb_build_object('content', %(text)s::text), now(), 9000"
        " from broker_conversations",
        text="<img src=x onerror=alert(1)> **bold** javascript:alert(1) see https://mas.gov.sg/a?b=1&c=2.",
    )
    query("update outgoing_messages set state = 'sent'")
    bubble = page.locator(".line.broker .bubble")
    expect(bubble).to_have_text(
        "<img src=x onerror=alert(1)> bold javascript:alert(1) see https://mas.gov.sg/a?b=1&c=2."
    )
    expect(bubble.locator("strong")).to_have_text("bold")
    expect(bubble.locator("a")).to_have_attribute("href", "https://mas.gov.sg/a?b=1&c=2")
    expect(bubble.locator("img")).to_have_count(0)


def test_a_line_known_late_takes_its_place_by_id(page: Page, site: str, query: Query) -> None:
    start_chat(page, site)
    insert = (
        "insert into outgoing_messages (conversation_id, kind, turn, payload, sent_at, chatwoot_message_id)"
        " select conversation_id, 'reply', %(id)s, jsonb_build_object('content', %(text)s::text), now(), %(id)s"
        " from broker_conversations"
    )
    query(insert, id=9001, text="second")
    query("update outgoing_messages set state = 'sent'")
    expect(page.locator(".bubble")).to_have_text(["second"])
    query(insert, id=9000, text="first")
    query("update outgoing_messages set state = 'sent'")
    expect(page.locator(".bubble")).to_have_text(["first", "second"])


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    start_chat(page, site)
    write(page, "x" * 300)
    expect(page.locator(".bubble")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.goto(site)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_everything_to_press_is_large_enough_for_a_thumb(page: Page, site: str) -> None:
    start_chat(page, site)
    sizes = page.locator("button:visible, a.call, textarea").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
    )
    assert len(sizes) >= 3
    assert min(sizes) >= 44
