"""A paused task's jobs stay where they are; a stopped job's customer is answered; attempts that are lost leave a trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world

Person = dict[str, str]


def test_a_paused_task_is_left_alone_and_answers_everybody_when_it_is_resumed(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.execute("insert into paused_tasks (task_name, operator) values ('incoming-message', 'Aisha')")
    asked = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    job_id = f"incoming-{conversation_id}-{asked['id']}"
    world.until(
        lambda: world.rows("select 1 from procrastinate_jobs where queueing_lock = %(id)s", id=job_id)
    )
    # Another task's job that was deferred later has run: whoever fetches has seen the paused one and left it.
    world.execute(
        "update procrastinate_jobs set scheduled_at = null where task_name = 'upkeep' and status = 'todo'"
    )
    newest = world.rows("select max(id) as id from procrastinate_jobs")[0]["id"]
    world.until(
        lambda: world.rows(
            "select 1 from procrastinate_jobs where id > %(newest)s and status = 'succeeded'", newest=newest
        ),
        seconds=60,
    )
    [row] = world.rows("select status from procrastinate_jobs where queueing_lock = %(id)s", id=job_id)
    assert row["status"] == "todo"
    assert len(world.said(conversation_id)) == 1
    world.execute("delete from paused_tasks")
    world.until(lambda: world.outcome_of(job_id) == "answered", seconds=40)
    assert len(world.said(conversation_id)) == 2


def test_a_job_that_somebody_stops_ends_with_a_trace_and_its_customer_is_answered_by_the_next(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.faults.add("slow", seconds=20.0, times=1)
    asked = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    ids = {"lock": f"incoming-{conversation_id}-{asked['id']}"}
    states = "select status::text from procrastinate_jobs where queueing_lock = %(lock)s order by id"
    world.until(lambda: [row["status"] for row in world.rows(states, **ids)] == ["doing"])
    world.execute(
        "update procrastinate_jobs set abort_requested = true where queueing_lock = %(lock)s", **ids
    )
    world.until(lambda: world.rows(states, **ids)[0]["status"] == "aborted", seconds=15)
    [stopped] = world.rows("select * from lost_attempts where conversation_id = %(id)s", id=conversation_id)
    assert (stopped["task_name"], stopped["reason"], stopped["error"]) == (
        "incoming-message",
        "stopped",
        None,
    )
    assert stopped["worker_id"] is not None
    world.model.faults.clear()
    world.until(lambda: world.outcome_of(ids["lock"]) == "answered", seconds=60)
    assert len(world.said(conversation_id)) == 2


def test_an_attempt_that_failed_is_kept_with_its_error_and_where_it_came_from(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("error_500_before", method="POST", path="/messages$", times=1)
    asked = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    world.until(
        lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered", seconds=60
    )
    [failed] = world.rows("select * from lost_attempts where conversation_id = %(id)s", id=conversation_id)
    assert (failed["task_name"], failed["attempt"], failed["reason"]) == ("incoming-message", 0, "failed")
    assert failed["error"].startswith("ChatwootUnavailable")
    assert any("delivery.py" in frame for frame in failed["frames"])
    assert failed["worker_id"] is not None
    assert failed["started_at"] < failed["ended_at"]


@pytest.fixture
def slow_world(database_url: str, tmp_path: Path) -> object:
    """Human-like waits, so that there is a middle to be killed in."""
    with running_world(database_url, tmp_path, NEXTNEST_PACE="1") as world:
        yield world


def test_an_attempt_whose_worker_died_is_kept_too(slow_world: World) -> None:
    world = slow_world
    conversation_id = int(world.submit().json()["conversationId"])
    world.until(lambda: world.activities(conversation_id))
    world.workers[0].kill()
    world.workers[0].wait()
    world.start_worker()
    world.until(lambda: world.outcome_of(f"new-conversation-{conversation_id}") == "greeted", seconds=45)
    rows = world.rows(
        "select reason, attempt from lost_attempts where conversation_id = %(id)s", id=conversation_id
    )
    assert [(row["reason"], row["attempt"]) for row in rows] == [("worker died", 0)]
    [outcome] = world.rows(
        "select attempt, worker_id from job_outcomes where conversation_id = %(id)s", id=conversation_id
    )
    assert outcome["attempt"] == 1
    assert outcome["worker_id"] is not None
