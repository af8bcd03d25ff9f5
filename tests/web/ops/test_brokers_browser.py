"""What an operator does with brokers, in a browser, and what is in the database afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.web.browser.conftest import browser  # noqa: F401
from tests.web.conftest import Query, served
from tests.web.ops import standing
from tests.web.ops.looking import faults, sign_in
from tests.web.ops.test_brokers import grace


@pytest.fixture
def site(console: Flask) -> Iterator[str]:
    with served(console) as url:
        yield url


@pytest.fixture
def page(browser: Browser, site: str) -> Page:  # noqa: F811
    """The brokers' page."""
    page = sign_in(browser, site)
    page.goto(f"{site}/ops/brokers")
    return page


def test_a_limit_is_set_where_the_load_is_shown(page: Page, query: Query) -> None:
    card = page.get_by_role("article", name="Grace Lim")
    card.get_by_label("Limit of Grace Lim").fill("9")
    card.get_by_role("button", name="Set").click()
    expect(page.get_by_text("Grace Lim may hold 9 at once now.")).to_be_visible()
    expect(card).to_contain_text("0 of 9")
    assert grace(query)["max_concurrent_chats"] == 9


def test_pausing_asks_first_and_says_what_happens_to_her_conversations(page: Page, query: Query) -> None:
    standing.held(query, 41, "grace-lim")
    page.reload()
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Pause Grace").click()
    assert "she keeps the 1 she holds" in asked[0]
    assert grace(query)["is_active"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Pause Grace").click()
    expect(page.get_by_role("button", name="Resume Grace")).to_be_visible()
    row = grace(query)
    assert (row["is_active"], row["active_conversations"]) == (False, [41])


def test_a_greeting_is_seen_as_the_customer_would_while_it_is_written(
    page: Page, site: str, query: Query
) -> None:
    page.goto(f"{site}/ops/brokers/grace-lim")
    preview = page.locator("#preview")
    page.get_by_label("Greeting").fill("Welcome $name, we look at $loan together. Rates are $$2")
    expect(preview).to_contain_text("No broker may say this")
    page.get_by_label("Greeting").fill("Welcome $name, we look at $loan together.")
    expect(preview).to_contain_text(
        "Welcome Nur Aisyah, we look at your home loan together. I'm an AI assistant"
    )
    page.get_by_label("Sample customer").select_option("A refinancing")
    expect(preview).to_contain_text("Welcome Tan Wei Ming, we look at your refinancing together.")
    page.get_by_role("button", name="Keep these words").click()
    expect(page.get_by_text("Kept.")).to_be_visible()
    assert grace(query)["persona"]["greeting"] == "Welcome $name, we look at $loan together."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_pages_are_accessible_and_fit_a_small_phone(
    browser: Browser,  # noqa: F811
    site: str,
    query: Query,
    scheme: str,
) -> None:
    for number in (41, 42):
        standing.held(query, number, "grace-lim", "Nur Aisyah binte Rahman")
    query("update ai_brokers set max_concurrent_chats = 1, is_active = slug <> 'sarah-wong'")
    for width in (320, 1280):
        page = sign_in(browser, site, color_scheme=scheme, viewport={"width": width, "height": 700})
        assert faults(page, f"{site}/ops/brokers") == []
        assert faults(page, f"{site}/ops/brokers/grace-lim") == []
