"""Chatwoot calls a webhook once: what is lost on the way is found by the sweep, and nothing happens twice for it."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from nextnest.chatwoot.values import ChatwootMessage, ConversationRow
from nextnest.settings import Settings
from nextnest.tasks.sweep import take_in
from tests.databases import scratch_database
from tests.pipelines.webs import another_web
from tests.pipelines.world import World, running_world

Person = dict[str, str]

# Deferred within a minute; the rest is the answer's own deliberate wait and a busy machine.
A_MINUTE, ANSWERED = 60, 90


@pytest.fixture(scope="module")
def world(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """With the deliberate waits of production."""
    with (
        scratch_database(postgres_url, migrated_template) as database_url,
        running_world(database_url, tmp_path_factory.mktemp("logs"), NEXTNEST_PACE="1") as running,
    ):
        running.execute("update ai_brokers set max_concurrent_chats = 1000")
        yield running


def test_a_lost_message_is_deferred_within_a_minute_and_answered(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    asked = _lost(world, conversation_id, "What is a fixed rate?")
    world.until(lambda: _sources(world, conversation_id) == {asked["id"]: "sweep"}, A_MINUTE)
    world.until(lambda: _outcome(world, asked) == "answered", ANSWERED - A_MINUTE)
    assert len(world.said(conversation_id)) == 2
    assert _swept(world, conversation_id) == ["message_created"]


def test_a_message_lost_between_two_that_came_is_answered_too(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    lost = _lost(world, conversation_id, "What is a fixed rate?")
    came = world.chatwoot.customer_says(conversation_id, "And a floating one?")
    world.until(lambda: _outcome(world, came) == "answered")
    world.until(lambda: _outcome(world, lost) == "answered", ANSWERED)
    assert len(world.said(conversation_id)) == 3
    assert _sources(world, conversation_id) == {lost["id"]: "sweep", came["id"]: "webhook"}


def test_somebody_whose_very_first_message_was_lost_is_greeted_and_answered(world: World) -> None:
    conversation_id = int(world.chatwoot.add_conversation()["id"])
    asked = _lost(world, conversation_id, "Hello, do you do refinancing?")
    world.until(lambda: _outcome(world, asked) == "answered", ANSWERED)
    assert len(world.activities(conversation_id)) == 1
    assert len(world.said(conversation_id)) == 2


def test_a_lost_closing_frees_the_place(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    held = "select slug from ai_brokers where %(id)s = any (active_conversations)"
    assert world.rows(held, id=conversation_id)
    world.chatwoot.faults.add("lost_webhook", event="^conversation_status_changed")
    world.chatwoot.resolve(conversation_id)
    world.until(lambda: not world.rows(held, id=conversation_id), A_MINUTE)
    assert _row(world, conversation_id)["status"] == "resolved"
    assert not world.rows("select * from broker_capacity_drift")


def test_a_lost_message_of_a_colleague_silences_the_ai(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("lost_webhook", event="^message_created:outgoing")
    world.chatwoot.agent_says(conversation_id, "Daniel here, I will take it from here.")
    world.until(lambda: _row(world, conversation_id)["status"] == "handed_off", A_MINUTE)
    asked = world.chatwoot.customer_says(conversation_id, "Great, thank you!")
    world.until(lambda: _outcome(world, asked) == "left to a person")
    assert len(world.said(conversation_id)) == 2


def test_private_notes_and_our_own_words_are_nobodys_question(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("lost_webhook", event="^message_created:outgoing", times=2)
    world.chatwoot.agent_says(conversation_id, "She called me yesterday.", private=True)
    asked = _lost(world, conversation_id, "What is a fixed rate?")
    world.until(lambda: _outcome(world, asked) == "answered", ANSWERED)
    newest = world.chatwoot.messages(conversation_id)[-1]["id"]
    world.until(lambda: _swept_to(world, conversation_id) >= newest, A_MINUTE)
    assert list(_sources(world, conversation_id)) == [asked["id"]]
    assert _row(world, conversation_id)["held_by"] == "ai"
    assert len(world.said(conversation_id)) == 2


def test_a_webhook_later_than_the_sweep_changes_nothing(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("late_webhook", event="^message_created:incoming", seconds=45)
    asked = world.chatwoot.customer_says(conversation_id, "What is a fixed rate?")
    world.until(lambda: _outcome(world, asked) == "answered", 44)
    late = world.until(lambda: _delivery_of(world, asked), ANSWERED)
    assert json.loads(late.body) == {"status": "duplicate_skipped"}
    assert _jobs(world, asked) == 1
    assert len(world.said(conversation_id)) == 2


def test_webhooks_out_of_order_give_each_turn_one_reply_in_order(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    for number in (1, 2):
        world.chatwoot.faults.add("late_webhook", event="^message_created:incoming", seconds=3)
        first = world.chatwoot.customer_says(conversation_id, f"Question {number} about refinancing?")
        second = world.chatwoot.customer_says(conversation_id, f"And question {number} about tenure?")
        world.until(lambda: _outcome(world, first) and _outcome(world, second), ANSWERED)  # noqa: B023
    replies = world.rows(
        "select turn, state from outgoing_messages where conversation_id = %(id)s and kind = 'reply'"
        " and state = 'sent' order by sent_at",
        id=conversation_id,
    )
    turns = [row["turn"] for row in replies]
    assert turns == sorted(set(turns))
    assert len(world.said(conversation_id)) == 1 + len(turns)
    assert not world.rows(
        "select * from incoming_messages where conversation_id = %(id)s and state <> 'answered'",
        id=conversation_id,
    )


def test_the_same_message_by_webhook_and_sweep_at_once_is_one_job(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    settings = _settings(world)
    for number in range(8):
        asked = _lost(world, conversation_id, f"Question {number}?")
        body = _last_body(world)
        row = ConversationRow.model_validate(world.chatwoot.conversation(conversation_id)).conversation()
        both = [
            threading.Thread(target=_post, args=(world, body)),
            threading.Thread(target=take_in, args=(settings, row, [_message(asked)], None)),
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert _jobs(world, asked) == 1
    world.until(lambda: not _unanswered(world, conversation_id), ANSWERED)


def test_what_five_customers_wrote_while_web_was_stopped_is_answered(world: World) -> None:
    people = [_person(100 + number) for number in range(5)]
    conversations = [world.greeted(**person) for person in people]
    with another_web(world) as stopped:
        world.chatwoot.set_webhook(f"{stopped.url}/api/chatwoot-webhook")
        stopped.end(signal.SIGKILL)
    asked = [world.chatwoot.customer_says(each, "What is a fixed rate?") for each in conversations]
    assert world.chatwoot.settle()
    world.chatwoot.set_webhook(f"{world.web_url}/api/chatwoot-webhook")
    for message in asked:
        world.until(lambda: _outcome(world, message) == "answered", ANSWERED)  # noqa: B023
    assert [len(world.said(each)) for each in conversations] == [2] * 5


def test_a_sweep_over_two_hundred_quiet_conversations_asks_for_little_but_the_list(world: World) -> None:
    made = [int(world.chatwoot.add_conversation()["id"]) for _ in range(200)]
    world.chatwoot.clear_journals()
    began = time.time()
    world.until(lambda: _passes_since(world, began), A_MINUTE)
    asked = [each.path for each in world.chatwoot.requests if each.method == "GET"]
    lists = [path for path in asked if path.endswith("/conversations")]
    assert lists
    # Eight full pages and those of the other tests, for each of the sweeps that fit into the time: one at either end.
    sweeps = 2 + (time.time() - began) // 20
    assert len(lists) <= 12 * sweeps
    assert not [path for path in asked if path.endswith("/messages") and _conversation_in(path) in made]


def test_while_chatwoot_is_away_nothing_counts_as_swept(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    fault = world.chatwoot.faults.add("error_500_before", method="GET", path="/conversations$", times=None)
    asked = _lost(world, conversation_id, "What is a fixed rate?")
    world.until(lambda: "sweep ended early" in _worker_log(world), A_MINUTE)
    reached = world.rows("select complete_to from sweep_progress")
    world.until(lambda: len(_sweeps_refused(world)) >= 2, A_MINUTE)
    assert world.rows("select complete_to from sweep_progress") == reached
    world.chatwoot.faults.clear(fault.id)
    world.until(lambda: _outcome(world, asked) == "answered", ANSWERED)


def _lost(world: World, conversation_id: int, text: str) -> dict[str, Any]:
    world.chatwoot.faults.add("lost_webhook", event="^message_created:incoming")
    return world.chatwoot.customer_says(conversation_id, text)


def _outcome(world: World, message: dict[str, Any]) -> str | None:
    return world.outcome_of(f"incoming-{message['conversation_id']}-{message['id']}")


def _jobs(world: World, message: dict[str, Any]) -> int:
    lock = f"incoming-{message['conversation_id']}-{message['id']}"
    return len(world.rows("select id from procrastinate_jobs where queueing_lock = %(lock)s", lock=lock))


def _row(world: World, conversation_id: int) -> dict[str, Any]:
    [row] = world.rows(
        "select * from broker_conversations where conversation_id = %(id)s", id=conversation_id
    )
    return row


def _sources(world: World, conversation_id: int) -> dict[int, str]:
    query = "select message_id, source from incoming_messages where conversation_id = %(id)s"
    return {row["message_id"]: row["source"] for row in world.rows(query, id=conversation_id)}


def _unanswered(world: World, conversation_id: int) -> list[dict[str, Any]]:
    query = "select * from unanswered_messages where conversation_id = %(id)s"
    return world.rows(query, id=conversation_id)


def _swept(world: World, conversation_id: int) -> list[str]:
    query = "select event from webhook_events where conversation_id = %(id)s and status = 'swept'"
    return [row["event"] for row in world.rows(query, id=conversation_id)]


def _swept_to(world: World, conversation_id: int) -> int:
    query = "select message_id from swept_conversations where conversation_id = %(id)s"
    rows = world.rows(query, id=conversation_id)
    return rows[0]["message_id"] if rows else 0


def _passes_since(world: World, moment: float) -> bool:
    query = "select from sweep_progress where complete_to > to_timestamp(%(moment)s)"
    return bool(world.rows(query, moment=moment))


def _sweeps_refused(world: World) -> list[Any]:
    path = f"/accounts/{world.chatwoot.account_id}/conversations"
    return [each for each in world.chatwoot.requests if each.path.endswith(path) and each.status == 500]


def _conversation_in(path: str) -> int:
    return int(path.split("/")[-2])


def _delivery_of(world: World, message: dict[str, Any]) -> Any:
    """The delivery of a message's webhook that reached web."""
    found = [
        each
        for each in world.chatwoot.webhooks
        if each.event == "message_created" and each.payload["id"] == message["id"] and each.status
    ]
    return found[0] if found else None


def _last_body(world: World) -> bytes:
    """What Chatwoot would have sent of the message it has just lost."""
    world.until(lambda: world.chatwoot.settle(0.1))
    [lost] = [each for each in world.chatwoot.webhooks if each.fault == "lost_webhook"][-1:]
    return json.dumps(lost.payload).encode()


def _post(world: World, body: bytes) -> None:
    url = f"{world.web_url}/api/chatwoot-webhook"
    answer = httpx.post(url, content=body, headers=world.chatwoot.signed_headers(body))
    assert answer.status_code == 200


def _message(row: dict[str, Any]) -> ChatwootMessage:
    return ChatwootMessage.model_validate(row)


def _settings(world: World) -> Settings:
    fields = {name.lower(): value for name, value in world.environment.items()}
    known = {name: value for name, value in fields.items() if name in Settings.model_fields}
    return Settings(_env_file=None, **known)  # type: ignore[call-arg]


def _person(number: int) -> Person:
    return {"name": f"Ong {number}", "email": f"ong{number}@example.com", "phone": f"+65 9{number:07d}"}


def _worker_log(world: World) -> str:
    return "".join(path.read_text() for path in world.log_folder.glob("worker-*"))
