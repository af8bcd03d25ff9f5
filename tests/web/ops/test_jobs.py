"""The page of jobs: what is shown, and what each action does in the database."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from nextnest.store.job_board import AT_ONCE
from nextnest.tasks import app
from tests.web.conftest import Query
from tests.web.ops.conftest import act
from web.ops.jobs import BY_THE_CLOCK, MOST

DEFER = """
insert into procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, scheduled_at, attempts)
values ('default', %(task)s, %(lock)s, %(twin)s, %(args)s::jsonb, %(status)s::procrastinate_job_status, %(due)s,
        %(attempts)s)
returning id"""


@pytest.fixture
def job(query: Query) -> Any:
    """Puts a job into the queue, in whichever state."""

    def defer(task: str = "upkeep", status: str = "todo", **given: Any) -> int:
        usual = {"lock": None, "twin": None, "args": "{}", "due": None, "attempts": 0}
        return int(query(DEFER, task=task, status=status, **(usual | given))[0]["id"])

    return defer


def status_of(query: Query, job_id: int) -> str:
    return str(query("select status from procrastinate_jobs where id = %(id)s", id=job_id)[0]["status"])


def said(client: FlaskClient, path: str, **fields: Any) -> str:
    """What the page says after the action."""
    answer = act(client, path, **fields)
    assert answer.status_code == 303, answer.text
    return client.get(answer.location).text


def test_jobs_are_found_by_state_task_and_conversation(operator: FlaskClient, job: Any) -> None:
    waiting = job("incoming-message", args='{"conversation_id": 7}', lock="conversation-7")
    failed = job("new-conversation", "failed")
    assert f"/ops/jobs/{waiting}" in operator.get("/ops/jobs").text
    assert f"/ops/jobs/{failed}" not in operator.get("/ops/jobs").text
    assert f"/ops/jobs/{failed}" in operator.get("/ops/jobs?state=failed").text
    assert f"/ops/jobs/{failed}" not in operator.get("/ops/jobs?state=failed&task=upkeep").text
    assert f"/ops/jobs/{waiting}" in operator.get("/ops/jobs?conversation=7").text
    assert f"/ops/jobs/{waiting}" not in operator.get("/ops/jobs?conversation=8").text


@pytest.mark.parametrize(
    "address", ["?state=nonsense", "?conversation=x", "?older=9x", "?before=-1&task=%00", "?queue='"]
)
def test_nonsense_in_the_address_bar_is_no_error(operator: FlaskClient, address: str) -> None:
    assert operator.get(f"/ops/jobs{address}").status_code == 200


def test_a_long_list_goes_on_where_it_stopped(operator: FlaskClient, job: Any) -> None:
    jobs = [job() for _ in range(53)]
    first = operator.get("/ops/jobs").text
    assert f"/ops/jobs/{jobs[49]}" in first
    assert f'/ops/jobs/{jobs[50]}"' not in first
    assert f"before={jobs[49]}" in first
    rest = operator.get(f"/ops/jobs?before={jobs[49]}").text
    assert f"/ops/jobs/{jobs[52]}" in rest


def test_a_dead_letter_is_replayed_and_its_page_says_by_whom(
    operator: FlaskClient, job: Any, query: Query
) -> None:
    failed = job("incoming-message", "failed", attempts=3)
    page = said(operator, "/ops/jobs/retry", job=failed)
    assert "in the queue for another attempt" in page
    [row] = query("select status, attempts from procrastinate_jobs where id = %(id)s", id=failed)
    assert (row["status"], row["attempts"]) == ("todo", 3)
    [line] = query("select operator, target, detail from operator_actions where action = 'retry-job'")
    assert (line["operator"], line["target"], line["detail"]) == ("Aisha", f"job {failed}", {"was": "failed"})
    assert "Aisha: retry job" in operator.get(f"/ops/jobs/{failed}").text


def test_a_job_whose_twin_waits_is_not_replayed_beside_it(
    operator: FlaskClient, job: Any, query: Query
) -> None:
    failed = job("incoming-message", "failed", twin="incoming-1-2")
    job("incoming-message", twin="incoming-1-2")
    assert "waits already" in said(operator, "/ops/jobs/retry", job=failed)
    assert status_of(query, failed) == "failed"
    assert not query("select 1 from operator_actions where action = 'retry-job'")


def test_a_failed_job_that_was_seen_to_is_put_aside(operator: FlaskClient, job: Any, query: Query) -> None:
    failed = job("check-models", "failed")
    said(operator, "/ops/jobs/put-aside", job=failed)
    assert status_of(query, failed) == "cancelled"
    assert f"/ops/jobs/{failed}" not in operator.get("/ops/jobs?state=failed").text


def test_a_customers_job_is_not_called_off(operator: FlaskClient, job: Any, query: Query) -> None:
    waiting = job("incoming-message", args='{"conversation_id": 7, "message_id": 1}')
    assert "Take the conversation over" in said(operator, "/ops/jobs/call-off", job=waiting)
    assert status_of(query, waiting) == "todo"


def test_another_waiting_job_is_called_off(operator: FlaskClient, job: Any, query: Query) -> None:
    waiting = job("retention")
    said(operator, "/ops/jobs/call-off", job=waiting)
    assert status_of(query, waiting) == "cancelled"


def test_a_running_job_is_asked_to_stop(operator: FlaskClient, job: Any, query: Query) -> None:
    running = job("retention", "doing")
    said(operator, "/ops/jobs/stop", job=running)
    assert query("select abort_requested from procrastinate_jobs where id = %(id)s", id=running)[0][
        "abort_requested"
    ]


def test_what_is_due_later_is_run_now(operator: FlaskClient, job: Any, query: Query) -> None:
    later = job("retention", due="2099-01-01")
    assert f"/ops/jobs/{later}" in operator.get("/ops/jobs?state=scheduled").text
    said(operator, "/ops/jobs/run-now", job=later)
    assert (
        query("select scheduled_at from procrastinate_jobs where id = %(id)s", id=later)[0]["scheduled_at"]
        is None
    )


def test_many_are_judged_one_by_one(operator: FlaskClient, job: Any, query: Query) -> None:
    failed, done = job(status="failed"), job(status="succeeded")
    page = said(operator, "/ops/jobs/retry", job=[failed, done])
    assert f"Job {failed}: in the queue for another attempt" in page
    assert f"Job {done}: not failed" in page
    assert (status_of(query, failed), status_of(query, done)) == ("todo", "succeeded")


def test_all_that_fit_are_replayed_at_once_and_the_filters_stay(
    operator: FlaskClient, job: Any, query: Query
) -> None:
    fitting = [job("deliver-effects", "failed") for _ in range(AT_ONCE + 5)]
    other = job("new-conversation", "failed")
    page = operator.get("/ops/jobs?state=failed&task=deliver-effects").text
    assert f"All that fit, not only this page: the first {MOST}" in page
    answer = act(operator, "/ops/jobs/retry", all="1", state="failed", task="deliver-effects")
    assert answer.location == "/ops/jobs?state=failed&task=deliver-effects"
    assert {status_of(query, one) for one in fitting} == {"todo"}
    assert status_of(query, other) == "failed"
    assert act(operator, "/ops/jobs/retry", all="1", state="aborted").status_code == 400


def test_nothing_chosen_is_said(operator: FlaskClient) -> None:
    answer = act(operator, "/ops/jobs/retry")
    assert answer.status_code == 400
    assert "Tick at least one" in answer.text


def test_a_task_is_paused_and_resumed_and_who_did_it_is_shown(operator: FlaskClient, query: Query) -> None:
    assert "incoming-message is paused since" in said(operator, "/ops/tasks/incoming-message/pause")
    assert [row["task_name"] for row in query("select task_name from paused_tasks")] == ["incoming-message"]
    assert "was paused already" in said(operator, "/ops/tasks/incoming-message/pause")
    assert "runs again" in said(operator, "/ops/tasks/incoming-message/resume")
    assert not query("select 1 from paused_tasks")
    assert len(query("select 1 from operator_actions where target = 'incoming-message'")) == 3


def test_what_mends_the_others_is_never_paused(operator: FlaskClient, query: Query) -> None:
    assert "mends what others leave behind" in said(operator, "/ops/tasks/rescue-stalled-jobs/pause")
    assert not query("select 1 from paused_tasks")


def test_what_runs_by_the_clock_is_shown_with_how_it_went(
    operator: FlaskClient, job: Any, query: Query
) -> None:
    night = job("retention", "failed")
    due = "insert into procrastinate_periodic_defers (task_name, defer_timestamp, job_id) values (%(task)s, %(at)s, %(job)s)"
    query(due + " returning id", task="retention", at=1, job=night)
    query(due + " returning id", task="upkeep", at=2, job=None)
    page = operator.get("/ops/jobs").text
    assert re.search(rf"retention</th><td>1 d</td>.*?overdue.*?/ops/jobs/{night}.*?failed", page, re.S)
    assert re.search(r"upkeep</th><td>15 s</td>.*?the one before was not over", page, re.S)


def test_the_console_knows_how_often_each_task_of_the_clock_is_due() -> None:
    found = {}
    for task in app.periodic_registry.periodic_tasks.values():
        first = task.croniter.get_next(ret_type=float, start_time=0.0)
        found[task.task.name] = task.croniter.get_next(ret_type=float, start_time=first) - first
    assert found == BY_THE_CLOCK


def test_a_job_says_what_it_waits_for(operator: FlaskClient, job: Any) -> None:
    first = job("incoming-message", lock="conversation-7", args='{"conversation_id": 7}')
    second = job("incoming-message", lock="conversation-7", args='{"conversation_id": 7}')
    page = operator.get(f"/ops/jobs/{second}").text
    assert "waits for an earlier job" in page
    assert f"/ops/jobs/{first}" in page
    act(operator, "/ops/tasks/incoming-message/pause")
    assert "incoming-message is paused." in operator.get(f"/ops/jobs/{first}").text
    locks = operator.get("/ops/jobs?state=waiting").text.split("Locks that hold others up")[1]
    assert "conversation-7" in locks
    assert f"/ops/jobs/{first}" in locks


def test_a_lost_attempt_is_shown_with_where_it_came_from(
    operator: FlaskClient, job: Any, query: Query
) -> None:
    failed = job("incoming-message", "failed", attempts=1)
    query(
        "insert into lost_attempts (job_id, attempt, task_name, reason, error, frames, started_at)"
        " values (%(id)s, 0, 'incoming-message', 'failed', 'KeyError', array['tasks/answering.py:88 draft'],"
        " now() - interval '2 seconds')",
        id=failed,
    )
    query("insert into procrastinate_events (job_id, type) values (%(id)s, 'started')", id=failed)
    query("update lost_attempts set ended_at = now()")
    page = operator.get(f"/ops/jobs/{failed}").text
    assert "Start 1" in page
    assert "tasks/answering.py:88 draft" in page
    assert "KeyError" in operator.get("/ops/jobs?state=failed").text


def test_a_job_that_is_gone_is_not_found(operator: FlaskClient) -> None:
    for number in (4711, 2**70):
        assert operator.get(f"/ops/jobs/{number}").status_code == 404
