"""The first page in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from tests.web.browser.conftest import browser  # noqa: F401
from tests.web.conftest import Query, served
from tests.web.ops import standing
from tests.web.ops.looking import REFRESHED_MS, faults, sign_in


@pytest.fixture
def site(console: Flask) -> Iterator[str]:
    with served(console) as url:
        yield url


def test_an_alarm_shows_and_goes_by_itself_while_the_page_is_open(
    browser: Browser,  # noqa: F811
    site: str,
    query: Query,
) -> None:
    standing.worker(query)
    page = sign_in(browser, site)
    expect(page.get_by_text("All is well")).to_be_visible()
    query("update ai_brokers set is_active = false")
    expect(page.get_by_text("No broker takes conversations")).to_be_visible(timeout=REFRESHED_MS)
    page.get_by_role("link", name="Go there").click()
    page.get_by_role("button", name="Resume Grace").click()
    expect(page.get_by_role("status").filter(has_text="Grace Lim takes conversations again")).to_be_visible()
    page.get_by_role("link", name="Now").click()
    expect(page.get_by_text("All is well")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_with_everything_wrong_the_page_is_accessible_and_fits(
    browser: Browser,  # noqa: F811
    site: str,
    query: Query,
    scheme: str,
    width: int,
) -> None:
    for number, slug in enumerate(("michelle-chen", "jasmine-lee", "jasmine-lee"), 60):
        standing.held(query, number, slug, "Nur Aisyah binte Rahman")
    query("update ai_brokers set max_concurrent_chats = 1, is_active = slug <> 'grace-lim'")
    standing.conversation(query, 51, "waiting")
    standing.unanswered(query, 60, ago_s=90)
    standing.handed_over(query, 72, remind_in_s=-1)
    page = sign_in(browser, site, color_scheme=scheme, viewport={"width": width, "height": 700})
    assert faults(page, f"{site}/ops/") == []
