"""The lead form as people use it: four steps, problems at their fields, nothing lost over a reload."""

from __future__ import annotations

import re
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from nextnest.lead_form import InvalidLead, parse_lead
from tests.web.browser.browsing import fill, go_on, start_chat
from tests.web.conftest import Query

WRITTEN = {
    "name": [
        "Tan",
        "O'Brien-Tan",
        "李",
        "Muthu s/o Raju",
        "Lim (Mrs)",
        "x",
        "42",
        "Tan\tAh  Kow",
        "<b>",
        "É",
    ],
    "email": ["a@b.co", "a b@c.de", "a@b", "@b.co", "a@@b.co", "name@exämple.com", "a@b.co ", "a@b。com"],
    "phone": [
        "9123 4567",
        "+65 9123-4567",
        "6591234567",
        "123",
        "5123 4567",
        "+60 12 345 6789",
        "nine",
        "０９１２",
        "９１２３４５６７",
        "(65) 9123 4567",
        "0060123456789",
        "91234567 ext 2",
    ],
    "propertyPrice": [
        "650,000",
        "S$650k",
        "1.2m",
        "650.000,00",
        "about 600k",
        "-5",
        "800 000",
        "½",
        "１２３４",
    ],
    "currentRate": ["3.2", "3.2%", "3.2 % p.a.", "three", "3,2", "-1"],
    "actualAges": ["34", "34.0", "20", "101", "thirty", "21", "100"],
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
KINDS = {"propertyPrice": "money", "currentRate": "percent", "actualAges": "age"}
PERSON = {"name": "Tan", "email": "tan@example.com", "phone": "91234567", "loanType": "refinance"}


def refuses(field: str, text: str) -> bool:
    try:
        parse_lead({"formData": PERSON | {field: text}})
    except InvalidLead:
        return True
    return False


def _lose_what_comes_again(route: Route) -> None:
    """The network fails once the form brings along what the server has asked for."""
    if "again" in (route.request.post_data_json or {}):
        route.abort()
    else:
        route.continue_()


def heading(page: Page) -> str:
    return page.locator("[data-step]:not([hidden]) h2").inner_text().replace("\n", " ")


def test_the_form_leads_into_the_chat(page: Page, site: str, query: Query) -> None:
    page.goto(site)
    page.get_by_text("Refinance").click()
    expect(page.get_by_label("When")).to_be_hidden()
    go_on(page)
    page.get_by_label("Name").fill("O'Brien-Tan")
    page.get_by_label("E-mail").fill("obrien@example.com")
    page.get_by_label("Phone").fill("+65 9123-4567")
    go_on(page)
    page.get_by_label("Rate today").fill("3.2%")
    go_on(page)
    page.get_by_text("Somebody buys with me").click()
    page.get_by_label("Their age").fill("31")
    page.get_by_role("button", name="Start my conversation").click()
    page.wait_for_url("**/chat/**")
    [lead] = query("select lead, raw from leads where state <> 'rejected'")
    assert (lead["lead"]["name"], lead["lead"]["loan_type"]) == ("O'Brien-Tan", "refinance")
    assert (lead["lead"]["current_rate"], lead["lead"]["ages"]) == ("3.2", [31])
    assert lead["raw"]["website"] == ""
    assert re.fullmatch(r"\d{13}\..+", lead["raw"]["renderedAt"])


def test_whose_browser_fills_in_the_hidden_field_still_gets_through(
    page: Page, site: str, query: Query
) -> None:
    fill(page, site)
    page.locator("#website").evaluate("field => field.value = 'https://example.com'")
    page.get_by_role("button", name="Start my conversation").click()
    page.wait_for_url("**/chat/**")
    states = query("select state from leads order by received_at")
    assert [row["state"] for row in states] == ["rejected", "opened"]


def test_a_press_after_the_form_came_back_in_vain_brings_what_was_asked_for(
    page: Page, site: str, query: Query
) -> None:
    fill(page, site)
    page.locator("#website").evaluate("field => field.value = 'https://example.com'")
    page.route("**/api/chatwoot-conversation", _lose_what_comes_again)
    page.get_by_role("button", name="Start my conversation").click()
    expect(page.get_by_role("alert")).to_contain_text("Your answers are still here")
    page.unroute("**/api/chatwoot-conversation")
    page.get_by_role("button", name="Start my conversation").click()
    page.wait_for_url("**/chat/**")
    states = query("select state from leads order by received_at")
    assert [row["state"] for row in states] == ["rejected", "opened"]


def test_nobody_sees_the_hidden_field(page: Page, site: str) -> None:
    page.goto(site)
    for width, scheme in product((320, 1280), SCHEMES):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 700})
        page.locator("#website").evaluate("field => { field.value = ''; }")
        without = page.screenshot(full_page=True, animations="disabled")
        page.locator("#website").evaluate("field => { field.value = 'x'.repeat(500); }")
        assert page.screenshot(full_page=True, animations="disabled") == without, (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "Leave this empty" not in page.locator("#lead").aria_snapshot()


def test_the_keyboard_never_reaches_the_hidden_field(page: Page, site: str) -> None:
    fill(page, site)
    page.locator("a, summary, input:visible, select:visible").first.focus()
    reached = []
    while (at := page.evaluate("document.activeElement.id || document.activeElement.tagName")) != "next":
        reached.append(at)
        assert len(reached) < 60, reached
        page.keyboard.press("Tab")
    assert "formData-actualIncomes-0" in reached
    assert "website" not in reached
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "website"


def test_no_word_of_the_button_is_broken_on_the_narrowest_phone(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    fill(page, site)
    lines_of_last_word = page.locator("#next").evaluate(
        """button => {
          const word = document.createRange();
          const text = button.firstChild;
          word.setStart(text, text.data.lastIndexOf(" ") + 1);
          word.setEnd(text, text.data.length);
          return word.getClientRects().length;
        }"""
    )
    assert lines_of_last_word == 1


def test_the_keyboard_alone_goes_through_every_step_and_the_focus_follows(page: Page, site: str) -> None:
    page.goto(site)
    assert heading(page) == "Step 1 of 4 What do you need?"
    page.locator("[name='formData.loanType']").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Step 2 of 4")).to_be_focused()
    for text in ("Tan Wei Ming", "weiming@example.com", "9123 4567"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Step 3 of 4")).to_be_focused()
    expect(page.locator(".progress [aria-current=step]")).to_have_text("Property")
    page.locator("#next").press("Enter")
    expect(page.get_by_role("heading", name="Step 4 of 4")).to_be_focused()
    page.locator("#next").press("Enter")
    page.wait_for_url("**/chat/**")


def test_back_and_the_browsers_back_go_one_step_back(page: Page, site: str) -> None:
    fill(page, site)
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.get_by_role("heading", name="Step 3 of 4")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", name="Step 2 of 4")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Tan Wei Ming")
    page.go_back()
    expect(page.get_by_role("heading", name="Step 1 of 4")).to_be_focused()
    expect(page.get_by_role("button", name="Back", exact=True)).to_be_hidden()


def test_a_reload_keeps_the_step_and_everything_entered(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_text("Refinance").click()
    go_on(page)
    page.get_by_label("Name").fill("Tan Wei Ming")
    page.reload()
    assert heading(page) == "Step 2 of 4 How do we reach you?"
    expect(page.get_by_label("Name")).to_have_value("Tan Wei Ming")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.get_by_label("Refinance")).to_be_checked()


def test_nothing_is_kept_once_the_form_was_sent(page: Page, site: str) -> None:
    start_chat(page, site)
    assert page.evaluate("sessionStorage.getItem('nextnest-form')") is None
    page.goto(site)
    assert heading(page) == "Step 1 of 4 What do you need?"


def test_a_field_is_checked_when_it_is_left_and_clears_while_it_is_mended(page: Page, site: str) -> None:
    page.goto(site)
    go_on(page)
    phone = page.get_by_label("Phone")
    phone.fill("123")
    page.get_by_label("Name").focus()
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(phone).to_have_accessible_description(re.compile("We expected a Singapore number"))
    phone.fill("9123 4567")
    expect(phone).not_to_have_attribute("aria-invalid", "true")


def test_a_press_that_leaves_a_field_is_not_lost_to_the_problem_that_appears(page: Page, site: str) -> None:
    page.goto(site)
    go_on(page)
    page.get_by_label("Name").fill("Tan Wei Ming")
    page.get_by_label("E-mail").fill("weiming@example.com")
    page.get_by_label("Phone").fill("123")
    button = page.locator("#next").bounding_box()
    assert button
    page.mouse.click(button["x"] + button["width"] / 2, button["y"] + 4)
    expect(page.get_by_role("alert")).to_have_text("One field needs another look.")


def test_a_step_with_problems_stays_open(page: Page, site: str) -> None:
    page.goto(site)
    go_on(page)
    go_on(page)
    expect(page.get_by_role("alert")).to_have_text("3 fields need another look.")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_accessible_description("Please fill this in.")
    assert heading(page) == "Step 2 of 4 How do we reach you?"


def test_what_the_server_refuses_opens_its_step_and_stands_at_its_field(page: Page, site: str) -> None:
    fill(page, site, phone="+65 2123 4567")  # only a number library knows that no Singapore number begins so
    page.get_by_label("Your monthly income").fill("99,999,999")
    page.get_by_role("button", name="Start my conversation").click()
    expect(page.get_by_label("Phone")).to_be_focused()
    assert heading(page) == "Step 2 of 4 How do we reach you?"
    expect(page.get_by_label("Phone")).to_have_accessible_description(
        re.compile("We expected a Singapore number")
    )
    page.get_by_role("alert").get_by_role("link", name="Your monthly income").click()
    expect(page.get_by_label("Your monthly income")).to_be_focused()
    expect(page.get_by_label("Your monthly income")).to_have_accessible_description(
        "We expected an amount in dollars from 0 to 9,999,999."
    )


def test_the_page_refuses_nothing_that_the_server_takes(page: Page, site: str) -> None:
    page.goto(site)
    ask = (
        "([kind, text]) => import('/static/form-checks.js').then(({problemWith}) => problemWith(kind, text))"
    )
    told = {
        (field, text): page.evaluate(ask, [KINDS.get(field, field), text])
        for field, texts in WRITTEN.items()
        for text in texts
    }
    assert [case for case, problem in told.items() if problem and not refuses(*case)] == []
    assert sum(bool(problem) for problem in told.values()) >= 20


def test_answers_survive_a_server_that_cannot_be_reached(page: Page, site: str) -> None:
    fill(page, site)
    page.context.set_offline(True)
    page.get_by_role("button", name="Start my conversation").click()
    expect(page.get_by_role("alert")).to_contain_text("Your answers are still here")
    page.context.set_offline(False)
    page.get_by_role("button", name="Start my conversation").click()
    page.wait_for_url("**/chat/**")


@pytest.mark.parametrize("path", ["/", "/chat/{link}"])
def test_without_scripts_there_is_a_phone_number_and_nothing_that_leads_nowhere(
    browser: Browser, page: Page, site: str, path: str
) -> None:
    start_chat(page, site)
    address = site + path.format(link=page.url.rpartition("/")[2])
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(address)
    expect(plain.locator("noscript .notice")).to_be_visible()
    expect(plain.get_by_role("link", name="+65 6123 4567").first).to_be_visible()
    assert plain.locator("input:visible, select:visible, textarea:visible, button:visible").count() == 0
    context.close()
