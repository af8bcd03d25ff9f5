"""Conversations outside the rollout belong to the legacy path, and to it alone; going back loses nothing."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from nextnest.engagement_manager import adopt_abandoned
from tests.databases import scratch_database
from tests.pipelines.n8n import N8n, running_n8n
from tests.pipelines.rollout import answered_by_us, arrived, ask, busy, conversation, jobs, opened
from tests.pipelines.webs import Web, another_web
from tests.pipelines.world import World, running_world

Person = dict[str, str]
ALL, NONE = {"QUEUE_ROLLOUT_PERCENTAGE": "100"}, {"QUEUE_ROLLOUT_PERCENTAGE": "0"}


@pytest.fixture(scope="module")
def n8n() -> Iterator[N8n]:
    with running_n8n() as server:
        yield server


@pytest.fixture(scope="module")
def world(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory, n8n: N8n
) -> Iterator[World]:
    """Everything outside the rollout, unless a test starts another web."""
    settings = NONE | {"N8N_AI_BROKER_WEBHOOK_URL": n8n.url}
    logs: Path = tmp_path_factory.mktemp("logs")
    with (
        scratch_database(postgres_url, migrated_template) as database_url,
        running_world(database_url, logs, **settings) as running,
    ):
        running.execute("update ai_brokers set max_concurrent_chats = 100")
        yield running


@pytest.fixture(scope="module")
def queue_web(world: World) -> Iterator[Web]:
    """A web for which every new conversation is on the queue."""
    with another_web(world, **ALL) as web:
        yield web


def test_a_lead_outside_the_rollout_is_greeted_by_web_without_a_job(world: World, somebody: Person) -> None:
    conversation_id = opened(world, world, somebody)
    assert len(world.activities(conversation_id)) == 1
    assert len(world.said(conversation_id)) == 1
    assert world.chatwoot.conversation(conversation_id)["custom_attributes"]["ai_status"] == "bot_active"
    row = conversation(world, conversation_id)
    assert (row["status"], row["uses_queue"], row["broker_messages"]) == ("active", False, 1)
    assert jobs(world, conversation_id) == set()


def test_a_message_outside_the_rollout_is_forwarded_once_and_never_answered_by_us(
    world: World, n8n: N8n, somebody: Person
) -> None:
    conversation_id = opened(world, world, somebody)
    n8n.faults = ["away"]
    world.chatwoot.faults.add("duplicate_webhook", copies=5, event="message_created:incoming")
    assert ask(world, world, conversation_id, "What is TDSR?") == "forwarded"
    assert world.chatwoot.settle()
    assert n8n.heard(conversation_id) == ["What is TDSR?"]
    assert len(world.said(conversation_id)) == 1
    assert not answered_by_us(world, conversation_id)
    assert jobs(world, conversation_id) == {"forward-message"}
    assert conversation(world, conversation_id)["customer_messages"] == 1


def test_a_changed_percentage_changes_nothing_for_a_conversation_already_decided(
    world: World, queue_web: Web, n8n: N8n, somebody: Person
) -> None:
    theirs = opened(world, world, somebody)
    ours = opened(world, queue_web, somebody | {"email": "ours@example.com", "phone": "+65 8777 0001"})
    for web in (queue_web, world, queue_web):
        assert ask(world, web, theirs, "What is TDSR?") == "forwarded"
        assert ask(world, web, ours, "What is TDSR?") == "answered"
    assert len(n8n.heard(theirs)) == 3
    assert n8n.heard(ours) == []
    assert not answered_by_us(world, theirs)
    assert len(world.said(theirs)) == 1
    assert len(world.said(ours)) == 4
    assert jobs(world, theirs) == {"forward-message"}
    assert jobs(world, ours) == {"new-conversation", "incoming-message"}


def test_going_back_to_no_rollout_keeps_every_job_that_waits(
    world: World, queue_web: Web, n8n: N8n, somebody: Person
) -> None:
    stopped = world.workers[-1]
    stopped.send_signal(signal.SIGTERM)
    stopped.wait(30)
    conversation_id = int(queue_web.submit(**somebody).json()["conversationId"])
    world.chatwoot.set_webhook(f"{queue_web.url}/api/chatwoot-webhook")
    first = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    assert world.chatwoot.settle()
    world.chatwoot.set_webhook(f"{world.web_url}/api/chatwoot-webhook")
    world.chatwoot.customer_says(conversation_id, "And MSR?")
    assert world.chatwoot.settle()
    assert len(busy(world, conversation_id)) == 3
    world.start_worker()
    job = f"incoming-{conversation_id}-{first['id']}"
    world.until(lambda: world.outcome_of(job) == "answered" and not busy(world, conversation_id), seconds=40)
    assert len(world.activities(conversation_id)) == 1
    assert len(world.said(conversation_id)) == 2
    assert n8n.heard(conversation_id) == []


def test_somebody_who_writes_without_a_form_is_n8ns_from_the_first_word(world: World, n8n: N8n) -> None:
    conversation_id = int(world.chatwoot.add_conversation()["id"])
    assert ask(world, world, conversation_id, "Hello?") == "forwarded"
    assert n8n.heard(conversation_id) == ["Hello?"]
    assert world.said(conversation_id) == []
    assert conversation(world, conversation_id)["broker_id"] is None


def test_what_n8n_answers_is_shown_and_takes_the_conversation_from_nobody(
    world: World, somebody: Person
) -> None:
    conversation_id = opened(world, world, somebody)
    assert ask(world, world, conversation_id, "What is TDSR?") == "forwarded"
    world.chatwoot.agent_says(conversation_id, "A limit on what one may borrow.")
    seen = "select 1 from transcript where conversation_id = %(id)s and content like 'A limit%%'"
    world.until(lambda: world.rows(seen, id=conversation_id))
    assert ask(world, world, conversation_id, "And MSR?") == "forwarded"
    row = conversation(world, conversation_id)
    assert (row["status"], row["held_by"]) == ("active", "ai")


@pytest.mark.parametrize("fault", ["drop", "hang"])
def test_a_message_whose_answer_n8n_lost_is_not_forwarded_twice(
    world: World, n8n: N8n, somebody: Person, fault: str
) -> None:
    conversation_id = opened(world, world, somebody)
    n8n.faults = [fault]
    assert ask(world, world, conversation_id, "What is TDSR?") == "forwarded, answer lost"
    assert ask(world, world, conversation_id, "And MSR?") == "forwarded"
    assert n8n.heard(conversation_id) == ["What is TDSR?", "And MSR?"]


def test_a_worker_that_dies_while_it_forwards_leaves_nothing_to_forward_twice(
    world: World, n8n: N8n, somebody: Person
) -> None:
    conversation_id = opened(world, world, somebody)
    n8n.faults = ["hang"]
    asked = world.chatwoot.customer_says(conversation_id, "What is TDSR?")
    world.until(lambda: n8n.heard(conversation_id))
    world.workers[-1].kill()
    world.start_worker()
    job = f"forward-{conversation_id}-{asked['id']}"
    world.until(lambda: world.outcome_of(job) == "forwarded, answer lost", seconds=60)
    assert n8n.heard(conversation_id) == ["What is TDSR?"]


@pytest.mark.parametrize("faults", [["away"] * 3, ["moved"]], ids=lambda faults: faults[0])
def test_a_customer_whom_n8n_cannot_hear_gets_a_person(
    world: World, n8n: N8n, somebody: Person, faults: list[str]
) -> None:
    conversation_id = opened(world, world, somebody)
    n8n.faults = list(faults)
    assert ask(world, world, conversation_id, "Can I still apply this week?") == "failed"
    world.until(lambda: world.chatwoot.conversation(conversation_id)["status"] == "open", seconds=40)
    [note] = world.said(conversation_id, private=True)
    assert "Can I still apply this week?" in note
    assert len(world.said(conversation_id)) == 2
    assert conversation(world, conversation_id)["status"] == "handed_off"
    assert ask(world, world, conversation_id, "Hello?") == "left to a person"
    assert n8n.heard(conversation_id) == []


def test_a_lead_chatwoot_could_not_take_is_opened_and_greeted_by_one_job(
    world: World, somebody: Person
) -> None:
    world.chatwoot.faults.add("error_500_before", method="GET", path="/contacts/search", times=1)
    answer = world.submit(**somebody)
    assert answer.status_code == 202, answer.text
    lead = "select conversation_id from leads where id = %(id)s and state = 'opened'"
    [row] = world.until(lambda: world.rows(lead, id=answer.json()["leadId"]), seconds=40)
    world.until(lambda: arrived(world, row["conversation_id"]))
    assert len(world.activities(row["conversation_id"])) == 1
    assert len(world.said(row["conversation_id"])) == 1
    assert jobs(world, row["conversation_id"]) == set()


def test_a_lead_outside_the_rollout_waits_in_line_like_any_other(world: World, somebody: Person) -> None:
    world.execute("update ai_brokers set max_concurrent_chats = 0")
    try:
        conversation_id = opened(world, world, somebody)
        assert conversation(world, conversation_id)["status"] == "waiting"
        assert len(world.said(conversation_id)) == 1
    finally:
        world.execute("update ai_brokers set max_concurrent_chats = 100")
    world.until(lambda: conversation(world, conversation_id)["status"] == "active", seconds=40)
    world.until(lambda: arrived(world, conversation_id))
    assert len(world.activities(conversation_id)) == 1
    assert len(world.said(conversation_id)) == 2


def test_a_rush_outside_the_rollout_is_greeted_once_each(world: World, somebody: Person) -> None:
    people = [
        somebody | {"email": f"rush{n}@example.com", "phone": f"+65 8666 {n:04d}"} for n in range(1, 13)
    ]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda person: world.submit(**person), people))
    ids = [int(answer.json()["conversationId"]) for answer in answers]
    for conversation_id in ids:
        world.until(lambda one=conversation_id: arrived(world, one), seconds=40)
    assert [len(world.said(one)) for one in ids] == [1] * 12
    assert [len(world.activities(one)) for one in ids] == [1] * 12
    assert world.rows("select * from broker_capacity_drift") == []


MOMENTS = [
    ("hang_before", "/custom_attributes$", ""),
    ("hang_after", "/messages$", "joined"),
    ("hang_before", "/messages$", "Hi "),
    ("hang_after", "/messages$", "Hi "),
]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_a_web_that_ends_in_the_middle_leaves_every_arrival_to_the_worker(
    world: World, somebody: Person, how: signal.Signals
) -> None:
    with another_web(world) as web:
        ids = [hanging(world, web, somebody, number, how.value) for number in range(len(MOMENTS))]
        web.end(how)
    world.chatwoot.faults.clear()
    world.execute("update legacy_engagements set held_until = now()")
    adopt(world)
    for conversation_id in ids:
        world.until(lambda one=conversation_id: arrived(world, one), seconds=60)
    assert [len(world.activities(one)) for one in ids] == [1] * len(MOMENTS)
    assert [len(world.said(one)) for one in ids] == [1] * len(MOMENTS)
    assert [conversation(world, one)["status"] for one in ids] == ["active"] * len(MOMENTS)


def hanging(world: World, web: Web, somebody: Person, number: int, series: int) -> int:
    """A lead whose arrival hangs at one of the moments; the conversation's id."""
    fault, path, contains = MOMENTS[number]
    world.chatwoot.faults.add(fault, method="POST", path=path, contains=contains, seconds=60, times=1)
    changes = {"email": f"end{series}{number}@example.com", "phone": f"+65 8{series:03d} {number:04d}"}
    answer = web.submit(**(somebody | changes))
    world.until(lambda: not world.chatwoot.faults.any_active())
    return int(answer.json()["conversationId"])


def adopt(world: World) -> list[int]:
    """What upkeep does every quarter of a minute, now."""

    async def now() -> list[int]:
        options = "-c search_path=nextnest"
        async with await psycopg.AsyncConnection.connect(world.database_url, options=options) as conn:
            return await adopt_abandoned(conn)

    return asyncio.run(now())


def test_an_arrival_under_way_and_one_with_a_job_are_adopted_by_nobody(
    world: World, somebody: Person
) -> None:
    kept = [opened(world, world, somebody | {"email": f"kept{n}@example.com"}) for n in range(3)]
    held, waiting, abandoned = kept
    world.execute(
        "insert into legacy_engagements values (%(held)s, now() + interval '1 minute'),"
        " (%(waiting)s, now()), (%(abandoned)s, now())",
        held=held,
        waiting=waiting,
        abandoned=abandoned,
    )
    world.execute(
        "insert into procrastinate_jobs (queue_name, task_name, lock, args, scheduled_at)"
        " values ('default', 'deliver-effects', %(lock)s, '{}', now() + interval '1 hour')",
        lock=f"conversation-{waiting}",
    )
    assert adopt(world) == [abandoned]
    world.execute("delete from procrastinate_jobs where args = '{}' and task_name = 'deliver-effects'")
    world.execute("delete from legacy_engagements")
