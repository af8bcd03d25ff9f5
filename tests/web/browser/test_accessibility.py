"""Every page in every state, by axe-core and by size: no violation, light or dark, and nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pprint import pformat

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.chatwoot import ChatwootSandbox
from tests.web.browser import scenes
from tests.web.browser.browsing import Late, go_on, violations, write
from tests.web.conftest import AppFor, Query, served

SMALL_PHONE = {"width": 320, "height": 640}


@pytest.fixture
def site(app_for: AppFor) -> Iterator[str]:
    """With everything a header can hold."""
    with served(Late(app_for, nextnest_whatsapp_number="+65 9123 4567")) as url:  # type: ignore[arg-type]
        yield url


class Walk:
    """A walk through the states of a page; `found` has what is wrong in each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: dict[str, list[str]] = {}

    def see(self, state: str) -> None:
        wrong = violations(self.page)
        width = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if width:
            wrong.append(f"{width} px wider than the screen")
        if wrong:
            self.found[state] = wrong


@pytest.fixture(params=["light", "dark"])
def walk(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Walk]:
    context = browser.new_context(viewport=SMALL_PHONE, color_scheme=request.param, reduced_motion="reduce")
    yield Walk(context.new_page())
    context.close()


def test_the_form_is_accessible_in_every_step_and_with_problems(walk: Walk, site: str) -> None:
    page = walk.page
    page.goto(site)
    walk.see("loan")
    go_on(page)
    walk.see("contact")
    go_on(page)
    expect(page.get_by_role("alert")).to_be_visible()
    walk.see("contact with problems")
    page.get_by_label("Name").fill("Tan Wei Ming")
    page.get_by_label("E-mail").fill("weiming@example.com")
    page.get_by_label("Phone").fill("+65 2123 4567")
    go_on(page)
    walk.see("property")
    go_on(page)
    page.get_by_text("Somebody buys with me").click()
    page.get_by_label("Your monthly income").fill("99,999,999")
    walk.see("finances")
    go_on(page)
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    walk.see("refused by the server")
    page.goto(f"{site}/nowhere")
    walk.see("a page that is not there")
    assert not walk.found, pformat(walk.found)


def test_the_chat_is_accessible_in_every_state(
    walk: Walk, site: str, query: Query, chatwoot: ChatwootSandbox
) -> None:
    page = walk.page
    start_on(page, site)
    expect(page.get_by_role("heading", name="Finding the broker")).to_be_visible()
    walk.see("connecting")
    scenes.wait_in_line(query)
    expect(page.locator("#way-out")).to_be_visible()
    walk.see("waiting")
    scenes.assign(query)
    expect(page.get_by_role("heading", name="Rachel Tan").nth(1)).to_be_visible()
    walk.see("matched, writing")
    scenes.send(query, 9000)
    expect(page.get_by_role("group", name="Quick questions")).to_be_visible()
    walk.see("greeted")
    write(page, "x" * 300)
    expect(page.locator(".line.customer .when")).to_contain_text("Sent")
    walk.see("written")
    chatwoot.faults.add("rate_limited", method="POST", path="/messages$", times=None)
    write(page, "Are you there?")
    expect(page.get_by_text("Not sent yet, trying again…")).to_be_visible()
    walk.see("not sent yet")
    scenes.hand_over(query)
    expect(page.locator("#handover")).to_be_visible()
    walk.see("handed over")
    scenes.take(query, 9001, "Hello, this is Mei.")
    expect(page.locator(".line.person")).to_be_visible()
    walk.see("with a colleague")
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_be_visible()
    walk.see("offline")
    assert not walk.found, pformat(walk.found)


def start_on(page: Page, site: str) -> None:
    page.goto(site)
    go_on(page)
    page.get_by_label("Name").fill("Tan Wei Ming")
    page.get_by_label("E-mail").fill("weiming@example.com")
    page.get_by_label("Phone").fill("9123 4567")
    for _ in range(3):
        go_on(page)
    page.wait_for_url("**/chat/**")
