"""The pages of conversations as a person uses them, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.web.browser.browsing import violations
from tests.web.browser.conftest import browser  # noqa: F401
from tests.web.conftest import Query, served
from tests.web.ops.conftest import OPERATOR_PASSWORD

# The page fetches itself every five seconds.
REFRESHED_MS = 12_000


@pytest.fixture(autouse=True)
def conversation(query: Query) -> None:
    """Number 7, active, with a long talk behind it."""
    query(
        "with l as (insert into leads (raw, lead, contact_key, loan_type, lead_score, lead_score_points)"
        ' values (\'{}\', \'{"name": "Tan Wei Ming", "email": "weiming@example.com", "phone": "+6591234567"}\','
        " 'weiming@example.com', 'refinance', 52, '{\"timeline\": 15}') returning id)"
        " insert into broker_conversations (conversation_id, lead_id, chatwoot_status, created_at)"
        " select 7, id, 'pending', now() - interval '3 hours' from l"
    )
    query(
        "update leads set state = 'opened', conversation_id = 7, opened_at = now(), received_at = now() - interval '3 hours'"
    )
    query(
        "insert into incoming_messages (conversation_id, message_id, content, source, received_at)"
        " select 7, n, 'Question number ' || n, 'chat', now() - make_interval(mins => 61 - n) from generate_series(1, 60) n"
    )


@pytest.fixture
def site(console: Flask) -> Iterator[str]:
    with served(console) as url:
        yield url


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:  # noqa: F811
    """A page of somebody signed in; a script that fails in it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None
    )
    page.goto(f"{site}/ops/sign-in")
    page.get_by_label("Your name").fill("Aisha")
    page.get_by_label("Password").fill(OPERATOR_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    yield page
    context.close()
    assert faults == []


def test_a_customer_is_found_by_name_and_the_newest_is_in_view(page: Page, site: str) -> None:
    page.goto(f"{site}/ops/conversations")
    page.get_by_label("Name, phone, e-mail or number").fill("wei")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/ops/conversations?q=wei&status=&held=&broker=&open=")
    page.get_by_role("link", name="7", exact=True).click()
    expect(page.get_by_text("Question number 60", exact=True)).to_be_in_viewport()
    expect(page.get_by_text("Question number 1", exact=True)).not_to_be_in_viewport()


def test_taking_over_asks_first_and_giving_back_undoes_it(page: Page, site: str, query: Query) -> None:
    answers = ["no", "yes", "yes"]
    page.on("dialog", lambda dialog: _answer(dialog, answers.pop(0)))
    page.goto(f"{site}/ops/conversations/7")
    page.get_by_role("button", name="Take over").click()
    assert query("select held_by from broker_conversations") == [{"held_by": "ai"}]
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_role("status").filter(has_text="A person has it now")).to_be_in_viewport()
    assert query("select held_by from broker_conversations") == [{"held_by": "person"}]
    assert _effects(query) == {("status", "planned"), ("private_note", "planned")}
    page.get_by_role("button", name="Give back to the AI").click()
    expect(page.get_by_role("status").filter(has_text="The AI goes on")).to_be_visible()
    assert query("select held_by from broker_conversations") == [{"held_by": "ai"}]
    actions = query("select action from operator_actions where conversation_id = 7 order by id")
    assert [row["action"] for row in actions] == ["take-over", "give-back"]


def test_a_refresh_keeps_the_place_of_who_reads_and_shows_the_end_to_who_follows(
    page: Page, site: str, query: Query
) -> None:
    page.goto(f"{site}/ops/conversations/7")
    page.get_by_text("The form as understood").click()
    reading = page.get_by_text("Question number 20", exact=True)
    reading.scroll_into_view_if_needed()
    before = reading.bounding_box()
    query("insert into incoming_messages values (7, 61, 'Question number 61', 'chat')")
    expect(page.get_by_text("Question number 61", exact=True)).to_be_attached(timeout=REFRESHED_MS)
    assert before == reading.bounding_box()
    expect(page.get_by_text('"phone": "+6591234567"')).to_be_visible()
    page.get_by_role("link", name="To the newest").click()
    query("insert into incoming_messages values (7, 62, 'Question number 62', 'chat')")
    expect(page.get_by_text("Question number 62", exact=True)).to_be_in_viewport(timeout=REFRESHED_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_no_barriers_and_fit_a_small_phone(page: Page, site: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 320, "height": 700})
    for path in ("/ops/conversations", "/ops/conversations?q=nobody", "/ops/conversations/7"):
        page.goto(f"{site}{path}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def _answer(dialog: Dialog, answer: str) -> None:
    if answer == "yes":
        dialog.accept()
    else:
        dialog.dismiss()


def _effects(query: Query) -> set[tuple[str, str]]:
    return {(row["kind"], row["state"]) for row in query("select kind, state from outgoing_messages")}
