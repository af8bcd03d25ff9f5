"""A paused task's jobs stay where they are; attempts that are lost leave a trace."""

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


def test_an_attempt_that_failed_is_kept_with_its_error_and_where_it_came_from(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("error_500_before", method="POST", path="/messages$", times=1)
    asked = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    world.until(
        lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered", seconds=60
    )
    lost = world.rows("select * from lost_attempts where conversation_id = %(id)s", id=conversation_id)
    assert all(row["task_name"] == "incoming-message" and row["worker_id"] for row in lost)
    for row in lost:
        if row["reason"] == "failed":
            assert row["error"].startswith("ChatwootUnavailable")
            assert any("delivery.py" in frame for frame in row["frames"])
            assert row["started_at"] < row["ended_at"]


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
