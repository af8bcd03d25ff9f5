"""The pages of jobs as a person uses them, in a browser, and what is in the database afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.web.browser.conftest import browser  # noqa: F401
from tests.web.conftest import Query, served
from tests.web.ops import standing
from tests.web.ops.looking import REFRESHED_MS, faults, sign_in

FAILED = """
with jobs as (
    insert into procrastinate_jobs (queue_name, task_name, lock, args, status, attempts)
    select 'default', 'incoming-message', 'conversation-' || n, jsonb_build_object('conversation_id', n), 'failed', 1
    from generate_series(71, 73) n returning id
), events as (
    insert into procrastinate_events (job_id, type, at)
    select id, type::procrastinate_job_event_type, now() - make_interval(secs => ago)
    from jobs, (values ('started', 39), ('failed', 31)) e (type, ago)
)
insert into lost_attempts (job_id, attempt, task_name, worker_id, reason, error, frames, ended_at)
select id, 0, 'incoming-message', 1, 'failed', 'ModelUnavailable: the model does not answer',
       array['tasks/answering.py:88 draft'], now() - interval '31 seconds' from jobs returning job_id"""


@pytest.fixture
def site(console: Flask) -> Iterator[str]:
    with served(console) as url:
        yield url


@pytest.fixture
def failed(query: Query) -> list[int]:
    """Three jobs that failed, each with its error."""
    return sorted(row["job_id"] for row in query(FAILED))


@pytest.fixture
def page(browser: Browser, site: str) -> Page:  # noqa: F811
    return sign_in(browser, site)


def states(query: Query, jobs: list[int]) -> list[str]:
    rows = query(
        "select status::text from procrastinate_jobs where id = any (%(jobs)s) order by id", jobs=jobs
    )
    return [row["status"] for row in rows]


def test_a_failed_job_is_found_understood_and_tried_again(
    page: Page, site: str, query: Query, failed: list[int]
) -> None:
    page.goto(f"{site}/ops/jobs")
    page.get_by_role("link", name="Failed").click()
    page.get_by_role("link", name=str(failed[0]), exact=True).click()
    page.get_by_text("Where it came from").click()
    expect(page.get_by_text("tasks/answering.py:88 draft")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status").filter(has_text="in the queue for another attempt")).to_be_visible()
    expect(page.get_by_role("cell", name="Aisha: retry job")).to_be_visible()
    assert states(query, failed) == ["todo", "failed", "failed"]


def test_all_of_a_page_are_ticked_at_once_and_put_aside(
    page: Page, site: str, query: Query, failed: list[int]
) -> None:
    page.goto(f"{site}/ops/jobs?state=failed")
    page.get_by_label("All jobs of this page").check()
    page.get_by_label(f"Job {failed[1]}").uncheck()
    page.get_by_role("button", name="Put aside").click()
    expect(page.get_by_role("status").filter(has_text="put aside")).to_be_visible()
    assert states(query, failed) == ["cancelled", "failed", "cancelled"]


def test_calling_off_asks_first(page: Page, site: str, query: Query) -> None:
    [row] = query(
        "insert into procrastinate_jobs (queue_name, task_name) values ('default', 'retention') returning id"
    )
    page.goto(f"{site}/ops/jobs/{row['id']}")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Call off").click()
    assert states(query, [row["id"]]) == ["todo"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Call off").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert states(query, [row["id"]]) == ["cancelled"]


def test_a_task_is_paused_and_the_page_shows_by_itself_when_somebody_resumes_it(
    page: Page, site: str, query: Query
) -> None:
    page.goto(f"{site}/ops/jobs")
    page.get_by_text("Choose a task").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Pause forward-message").click()
    paused = page.get_by_text("forward-message is paused since")
    expect(paused).to_be_visible()
    assert query("select task_name, operator from paused_tasks") == [
        {"task_name": "forward-message", "operator": "Aisha"}
    ]
    query("delete from paused_tasks")
    expect(paused).to_be_hidden(timeout=REFRESHED_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_a_small_phone(
    browser: Browser,  # noqa: F811
    site: str,
    query: Query,
    failed: list[int],
    scheme: str,
) -> None:
    standing.worker(query)
    standing.worker(query, silent_s=60)
    for _ in range(2):
        standing.queued(query, 74)
    query("insert into paused_tasks (task_name, operator) values ('retention', 'Ben')")
    for width in (320, 1280):
        page = sign_in(browser, site, color_scheme=scheme, viewport={"width": width, "height": 700})
        for path in ("", "?state=failed", "?state=aborted", f"/{failed[0]}"):
            assert faults(page, f"{site}/ops/jobs{path}") == []


def test_on_a_phone_the_name_of_the_page_one_is_on_is_in_view(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(f"{site}/ops/log")
    nav = page.get_by_role("navigation", name="Console").bounding_box()
    here = page.get_by_role("link", name="Log").bounding_box()
    assert nav
    assert here
    assert here["x"] >= nav["x"]
    assert here["x"] + here["width"] <= nav["x"] + nav["width"]
