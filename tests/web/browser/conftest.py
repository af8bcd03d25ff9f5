"""A headless Chromium, a page in it, and the application it looks at. Without a Chromium all of this is skipped, loudly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.browser import find
from tests.web.browser.browsing import PHONE, QUIET, Late
from tests.web.conftest import AppFor, served

_chromium = cache(find)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if _chromium() is None:
        pytest.skip("NO CHROMIUM HERE: THE PAGES WERE NOT TRIED IN A BROWSER")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_chromium(), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone's page; a script that fails in it fails the test."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def site(app_for: AppFor) -> Iterator[str]:
    """The address of the application, which its links carry, too."""
    with served(Late(app_for)) as url:  # type: ignore[arg-type]
        yield url
