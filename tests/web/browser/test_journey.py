"""One customer's way, with real processes: form, greeting, answer, hand-over, colleague."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.pipelines.world import running_world
from tests.web.browser.browsing import start_chat, write

# Web and worker are processes of their own, on a machine that does other things, too.
REPLY_MS = 30_000


def test_from_the_form_to_a_colleague(page: Page, database_url: str, tmp_path: Path) -> None:
    with running_world(database_url, tmp_path) as world:
        start_chat(page, world.web_url)
        brokers = page.locator(".line.broker .bubble")
        expect(brokers).to_have_count(1, timeout=REPLY_MS)
        expect(brokers).to_contain_text("AI mortgage assistant")
        expect(page.locator("#waiting")).to_be_hidden()
        page.get_by_role("button", name="Which documents do I need?").click()
        expect(brokers).to_have_count(2, timeout=REPLY_MS)
        expect(page.locator("#typing")).to_be_hidden()
        write(page, "I would like to talk to a person")
        expect(page.locator("#handover")).to_contain_text("A NextNest colleague takes over", timeout=REPLY_MS)
        [conversation] = world.chatwoot.conversations()
        world.chatwoot.agent_says(conversation["id"], "she sounds serious", private=True)
        world.chatwoot.agent_says(conversation["id"], "Hello, this is Priya. I have read everything.")
        expect(page.locator(".line.person .bubble")).to_have_text(
            "Hello, this is Priya. I have read everything.", timeout=REPLY_MS
        )
        expect(page.locator("#handover")).to_contain_text("the AI assistant stays out of it")
        told = page.locator(".bubble").all_inner_texts()
        page.reload()
        expect(page.locator(".bubble")).to_have_text(told)
        assert len(told) == len(set(told))
        assert "serious" not in page.content()


def test_a_live_page_does_not_hold_up_the_end_of_web(page: Page, database_url: str, tmp_path: Path) -> None:
    with running_world(database_url, tmp_path) as world:
        with page.expect_response(lambda answer: answer.url.endswith("/events") and answer.status == 200):
            start_chat(page, world.web_url)
        web = world.web
        web.terminate()
        world.until(lambda: web.poll() is not None, 10)
        assert "Error" not in (tmp_path / "web").read_text()
    page.close()
