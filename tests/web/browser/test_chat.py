"""The chat page as people use it: every text once, through reloads and lost connections, and told of news at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.chatwoot import ChatwootSandbox
from tests.web.browser import scenes
from tests.web.browser.browsing import start_chat, write
from tests.web.conftest import Query


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


def test_a_page_whose_link_is_ended_says_so_keeps_what_it_shows_and_asks_no_more(
    page: Page, site: str, query: Query
) -> None:
    start_chat(page, site)
    write(page, "How long does it take?")
    expect(page.locator(".line.customer:not(.unsent) .bubble")).to_have_text(["How long does it take?"])
    query("update leads set link_revoked_at = now()")
    expect(page.get_by_role("alert")).to_contain_text("This link was ended")
    expect(page.locator("#standing")).to_have_text("This link has ended")
    expect(page.get_by_label("Your message")).to_be_disabled()
    expect(page.locator(".bubble")).to_have_text(["How long does it take?"])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("dispatchEvent(new Event('online'))")
    page.evaluate("fetch('/healthz').then((answer) => answer.text())")
    assert asked == [f"{site}/healthz"]


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


def test_a_text_that_cannot_be_sent_says_so_and_goes_out_when_tried_again(
    page: Page, site: str, chatwoot: ChatwootSandbox
) -> None:
    start_chat(page, site)
    page.route("**/messages", lambda route: route.fulfill(status=400, json={"error": "It is too long."}))
    write(page, "Please keep this")
    expect(page.get_by_text("It is too long.")).to_be_visible()
    page.unroute("**/messages")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".line.customer .when")).to_contain_text("Sent")
    [conversation] = chatwoot.conversations()
    assert len(chatwoot.messages(conversation["id"])) == 1


def test_markup_in_a_text_stays_text(page: Page, site: str, query: Query) -> None:
    start_chat(page, site)
    markup = "<img src=x onerror=alert(1)> **bold** javascript:alert(1) see https://mas.gov.sg/a?b=1&c=2."
    scenes.say(query, 9000, markup)
    bubble = page.locator(".line.broker .bubble")
    expect(bubble).to_have_text(markup.replace("*", ""))
    expect(bubble.locator("strong")).to_have_text("bold")
    expect(bubble.locator("a")).to_have_attribute("href", "https://mas.gov.sg/a?b=1&c=2")
    expect(bubble.locator("img")).to_have_count(0)


def test_a_line_known_late_takes_its_place_by_id(page: Page, site: str, query: Query) -> None:
    start_chat(page, site)
    scenes.say(query, 9001, "second")
    expect(page.locator(".bubble")).to_have_text(["second"])
    scenes.say(query, 9000, "first")
    expect(page.locator(".bubble")).to_have_text(["first", "second"])


def test_private_notes_never_show(page: Page, site: str, query: Query) -> None:
    start_chat(page, site)
    scenes.say(query, 9000, "wants a discount, looks shaky", kind="private_note")
    scenes.say(query, 9001, "Hello")
    expect(page.locator(".bubble")).to_have_text(["Hello"])
    assert "shaky" not in page.content()


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
    sizes = page.locator("button:visible, a.call:visible, textarea").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
    )
    assert len(sizes) >= 3
    assert min(sizes) >= 44


def test_there_is_always_a_way_out_by_phone(page: Page, site: str, query: Query) -> None:
    start_chat(page, site)
    for scene in (scenes.wait_in_line, scenes.greet, scenes.hand_over):
        scene(query)
        phone = page.get_by_role("navigation", name="Other ways to reach us").get_by_role("link")
        expect(phone).to_have_attribute("href", "tel:+6561234567")
        expect(phone).to_be_in_viewport()


def test_the_button_to_new_messages_covers_nothing_on_the_narrowest_phone(
    page: Page, site: str, query: Query
) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    start_chat(page, site)
    scenes.wait_in_line(query)
    page.locator("#scroller").evaluate("scroller => scroller.scrollTo(0, 0)")
    for number in range(3):
        scenes.say(query, 9000 + number, "A long line of news. " * 12)
    button = page.get_by_role("button", name="New messages")
    expect(button).to_be_visible(timeout=15000)
    read, pressed = page.locator("#scroller").bounding_box(), button.bounding_box()
    assert read
    assert pressed
    assert read["y"] + read["height"] <= pressed["y"]
    button.click()
    expect(button).to_be_hidden()
    expect(page.locator("#lines .line").last).to_be_in_viewport()


def test_who_reads_the_last_line_still_sees_it_when_a_banner_takes_its_room(
    page: Page, site: str, query: Query
) -> None:
    _a_long_conversation(page, site, query)
    expect(_last_words(page)).to_be_in_viewport(ratio=1)
    scenes.hand_over(query)
    expect(page.locator("#handover")).to_be_visible(timeout=15000)
    expect(_last_words(page)).to_be_in_viewport(ratio=1)


def test_who_reads_further_up_is_left_there(page: Page, site: str, query: Query) -> None:
    _a_long_conversation(page, site, query)
    page.locator("#scroller").evaluate("scroller => scroller.scrollTo(0, 40)")
    scenes.hand_over(query)
    scenes.say(query, 9200, "One more line.")
    expect(page.locator("#handover")).to_be_visible(timeout=15000)
    expect(page.get_by_role("button", name="New messages")).to_be_visible(timeout=15000)
    assert page.locator("#scroller").evaluate("scroller => scroller.scrollTop") == 40


def _a_long_conversation(page: Page, site: str, query: Query) -> None:
    page.set_viewport_size({"width": 390, "height": 640})
    start_chat(page, site)
    scenes.greet(query)
    for number in range(4):
        scenes.say(query, 9100 + number, "A long line of news. " * 12)
    expect(page.locator("#lines .broker")).to_have_count(5, timeout=15000)


def _last_words(page: Page) -> Locator:
    return page.locator("#lines .line .when").last
