"""The charts as a person sees them, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.store.facts import Facts
from tests.web.browser.browsing import violations
from tests.web.browser.conftest import browser  # noqa: F401
from tests.web.conftest import served
from tests.web.ops.conftest import OPERATOR_PASSWORD

# Whether anything was drawn on a chart's canvas.
DRAWN = """name => {
  const canvas = document.querySelector(`#chart-${name} canvas`);
  if (!canvas.width || !canvas.height) return false;
  const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return pixels.some(pixel => pixel !== 0);
}"""
# What happens each minute, now.
REFRESH = "htmx.trigger('#live', 'refresh-now')"


@pytest.fixture
def facts(database_url: str) -> Iterator[Facts]:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as conn:
        facts = Facts(conn)
        at = datetime.now(UTC) - timedelta(minutes=2)
        talk = facts.conversation(at, first_response_s=3, handoff=(at, "asked_for_person"))
        for seconds in (2, 4, 8):
            facts.answered(talk, at, seconds, deliberate_s=1)
            facts.lead(at)
            facts.call(talk, at)
        yield facts


@pytest.fixture
def address(console: Flask) -> Iterator[str]:
    with served(console) as url:
        yield f"{url}/ops/charts"


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(browser: Browser, address: str) -> SignIn:  # noqa: F811
    """Opens the charts of the last hour in a browser with these properties."""

    def opened(**context: Any) -> Page:
        page = browser.new_context(**context).new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(address)
        page.get_by_label("Your name").fill("Aisha")
        page.get_by_label("Password").fill(OPERATOR_PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{address}?span=1h")
        return page

    return opened


@pytest.mark.usefixtures("facts")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_are_drawn_and_nothing_is_in_anybodys_way(sign_in: SignIn, scheme: str) -> None:
    page = sign_in(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text) if line.type == "error" else None)
    page.reload()
    for name in ("volume", "response", "parts", "handovers", "latency", "tokens", "cost"):
        page.wait_for_function(DRAWN, arg=name)
    expect(page.locator("#nothing-depth")).to_have_text("No sample was taken: no worker lived.")
    page.locator("#details-volume summary").click()
    assert violations(page) == []
    assert refused == []
    page.context.close()


@pytest.mark.usefixtures("facts")
def test_on_a_narrow_phone_charts_fit_and_only_tables_scroll(sign_in: SignIn) -> None:
    page = sign_in(viewport={"width": 320, "height": 700})
    page.wait_for_function(DRAWN, arg="response")
    for number in range(page.locator("details").count()):
        page.locator("details summary").nth(number).click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert violations(page) == []
    page.context.close()


def test_a_refresh_brings_new_numbers_and_leaves_open_what_is_open(sign_in: SignIn, facts: Facts) -> None:
    page = sign_in(viewport={"width": 1280, "height": 900})
    page.locator("#details-volume summary").click()
    page.evaluate("window.scrollTo(0, 300)")
    first = page.evaluate_handle("document.querySelector('#chart-volume canvas')")
    facts.lead(datetime.now(UTC) - timedelta(minutes=1))
    page.evaluate(REFRESH)
    expect(page.locator(".tile").first).to_contain_text("4")
    assert page.locator("#details-volume").get_attribute("open") is not None
    assert page.evaluate("scrollY") == 300
    assert page.evaluate("canvas => canvas.isConnected", first)
    drawn = page.evaluate("JSON.parse(document.getElementById('summary').dataset.charts)[0].series[0].values")
    shown = page.evaluate(
        "Chart.getChart(document.querySelector('#chart-volume canvas')).data.datasets[0].data"
    )
    assert shown == drawn
    assert sum(shown) == 4
    page.context.close()


@pytest.mark.usefixtures("facts")
def test_without_scripts_the_numbers_are_there(sign_in: SignIn) -> None:
    page = sign_in(java_script_enabled=False)
    page.locator("#details-volume summary").click()
    expect(page.locator("#numbers-volume table")).to_be_visible()
    page.context.close()
