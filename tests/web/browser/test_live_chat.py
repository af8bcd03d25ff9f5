"""The chat page hears of news at once where it can, and by itself where it cannot; it shows who has the conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response, expect

from tests.web.browser import scenes
from tests.web.browser.browsing import Late, start_chat, write
from tests.web.conftest import AppFor, Query, served

# A live page that hears of nothing looks after 20 seconds; what shows within half of that was told to it.
TOLD_MS = 10_000


@pytest.fixture
def late(app_for: AppFor) -> Late:
    return Late(app_for, nextnest_whatsapp_number="+65 9123 4567")


@pytest.fixture
def site(late: Late) -> Iterator[str]:
    with served(late) as url:  # type: ignore[arg-type]
        yield url


def is_stream(response: Response) -> bool:
    return response.url.endswith("/events") and response.status == 200


def greeted(page: Page, site: str, query: Query) -> None:
    """In the chat, live, with the greeting on the screen and nothing else about to come."""
    with page.expect_response(is_stream):
        start_chat(page, site)
    scenes.greet(query)
    expect(page.locator(".line.broker")).to_have_count(1)
    expect(page.locator("#typing")).to_be_hidden()


def test_a_line_shows_at_once(page: Page, site: str, query: Query) -> None:
    greeted(page, site, query)
    scenes.say(query, 9001, "One more thing.")
    expect(page.locator(".bubble")).to_have_text([scenes.GREETING, "One more thing."], timeout=TOLD_MS)


def test_a_page_whose_stream_ended_comes_back_and_is_told_again(
    page: Page, site: str, late: Late, query: Query
) -> None:
    greeted(page, site, query)
    with page.expect_response(is_stream):
        late.app.extensions["doors"].live.close()
    scenes.say(query, 9001, "One more thing.")
    expect(page.locator(".bubble").last).to_have_text("One more thing.", timeout=TOLD_MS)


@pytest.mark.parametrize("streams", [0, 1])
def test_a_page_without_a_place_polls(page: Page, app_for: AppFor, query: Query, streams: int) -> None:
    late = Late(app_for, nextnest_live_streams=streams)
    with served(late) as site:  # type: ignore[arg-type]
        if streams:
            with page.expect_response(is_stream):
                start_chat(page, site)
        else:
            start_chat(page, site)
        other = page.context.new_page()
        other.goto(page.url)
        scenes.greet(query)
        expect(other.locator(".bubble")).to_have_text([scenes.GREETING], timeout=TOLD_MS)
        other.close()


def test_a_text_of_one_tab_shows_once_in_each(page: Page, site: str, query: Query) -> None:
    greeted(page, site, query)
    other = page.context.new_page()
    with other.expect_response(is_stream):
        other.goto(page.url)
    write(page, "Are you there?")
    for tab in (page, other):
        expect(tab.locator(".line.customer:not(.unsent) .bubble")).to_have_text(
            ["Are you there?"], timeout=TOLD_MS
        )
    other.close()


def test_a_stream_shows_nothing_of_another_conversation(page: Page, site: str, query: Query) -> None:
    greeted(page, site, query)
    query("insert into broker_conversations (conversation_id) values (777)")
    query("insert into person_messages values (777, 9500, 'for somebody else', now())")
    scenes.take(query, 9501, "for you")
    expect(page.locator(".line.person .bubble")).to_have_text(["for you"], timeout=TOLD_MS)
    assert "somebody else" not in page.content()


def test_the_broker_is_seen_to_write_until_the_answer_is_there(page: Page, site: str, query: Query) -> None:
    greeted(page, site, query)
    write(page, "How long does it take?")
    expect(page.get_by_text("Rachel is writing")).to_be_visible(timeout=TOLD_MS)
    [asked] = query("select message_id from incoming_messages")
    scenes.plan(query, "reply", asked["message_id"], "About two weeks.")
    scenes.send(query, 9100)
    expect(page.locator(".bubble").last).to_have_text("About two weeks.", timeout=TOLD_MS)
    expect(page.get_by_text("Rachel is writing")).to_be_hidden()


def test_who_waits_sees_her_place_her_broker_and_then_the_conversation(
    page: Page, site: str, query: Query
) -> None:
    start_chat(page, site)
    screen = page.locator("#waiting")
    expect(screen.get_by_role("heading")).to_have_text("Finding the broker who fits you")
    query(
        "insert into broker_conversations (conversation_id) values (1777);"
        "update broker_conversations set status = 'waiting', waiting_since = now() - interval '1 hour'"
        " where conversation_id = 1777"
    )
    query(
        "update broker_conversations set status = 'waiting', waiting_since = now() where conversation_id <> 1777"
    )
    expect(screen.get_by_role("heading")).to_have_text("You are number 2 in line", timeout=TOLD_MS)
    expect(screen.get_by_role("link", name="WhatsApp")).to_have_attribute("href", "https://wa.me/6591234567")
    query("update broker_conversations set status = 'resolved' where conversation_id = 1777")
    expect(screen.get_by_role("heading")).to_have_text("You are next in line", timeout=TOLD_MS)
    query("delete from broker_conversations where conversation_id = 1777")
    scenes.assign(query)
    expect(screen.get_by_role("heading")).to_have_text("Rachel Tan", timeout=TOLD_MS)
    expect(screen).to_contain_text("Millennial Mortgage Specialist")
    scenes.send(query, 9000)
    expect(screen).to_be_hidden(timeout=TOLD_MS)
    expect(page.locator(".bubble")).to_have_text([scenes.GREETING])


def test_who_waits_for_long_is_shown_the_phone(page: Page, site: str) -> None:
    page.clock.install()
    start_chat(page, site)
    way_out = page.locator("#way-out")
    expect(page.locator("#waiting")).to_be_visible()
    expect(way_out).to_be_hidden()
    page.clock.fast_forward(21_000)
    expect(way_out.get_by_role("link", name="Call us")).to_be_visible()
    expect(way_out.get_by_role("link", name="Write on WhatsApp")).to_be_visible()


def test_a_hand_over_shows_until_a_colleague_is_there_and_then_who_it_is(
    page: Page, site: str, query: Query
) -> None:
    greeted(page, site, query)
    scenes.hand_over(query)
    banner = page.locator("#handover")
    expect(banner).to_contain_text("A NextNest colleague takes over from here", timeout=TOLD_MS)
    scenes.take(query, 9001, "Hello, this is Mei.")
    expect(banner).to_contain_text("the AI assistant stays out of it", timeout=TOLD_MS)
    expect(page.locator(".line.person .badge")).to_have_text("NextNest colleague")


def test_office_hours_show_and_when_colleagues_are_back(page: Page, app_for: AppFor, query: Query) -> None:
    never = Late(app_for, nextnest_office_hours="Sun 00:00-00:01")
    with served(never) as site:  # type: ignore[arg-type]
        start_chat(page, site)
        scenes.greet(query)
        expect(page.locator("footer .hours")).to_have_text(re.compile("^Colleagues: Sun .*; back .*"))
        scenes.hand_over(query)
        expect(page.locator("#handover")).to_have_text(
            re.compile("Colleagues are back .* at 12 am"), timeout=TOLD_MS
        )


def test_a_quick_question_is_asked_with_one_press(page: Page, site: str, query: Query) -> None:
    greeted(page, site, query)
    page.get_by_role("button", name="Which documents do I need?").click()
    expect(page.locator(".line.customer:not(.unsent) .bubble")).to_have_text(["Which documents do I need?"])
    expect(page.get_by_role("group", name="Quick questions")).to_be_hidden()
