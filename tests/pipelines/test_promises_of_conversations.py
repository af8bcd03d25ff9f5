"""One lead, one broker, one name, one greeting, and an answer to every word, whatever is repeated."""

from __future__ import annotations

import json
from typing import Any

import httpx
import psycopg

from nextnest import deferring
from tests.pipelines.webs import another_web
from tests.pipelines.world import World

Person = dict[str, str]


def test_the_brokers_name_is_the_same_in_database_attributes_activity_greeting_and_replies(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    [row] = world.rows(
        "select b.name from broker_conversations c join ai_brokers b on b.id = c.broker_id"
        " where conversation_id = %(id)s",
        id=conversation_id,
    )
    [joined], [greeting] = world.activities(conversation_id), world.said(conversation_id)
    attributes = world.chatwoot.conversation(conversation_id)["custom_attributes"]
    _answered(world, conversation_id, "What is a lock-in period?")
    told = str(world.model.calls[-1].instructions)
    everywhere = [attributes["broker_name"], joined, greeting, told]
    assert [place for place in everywhere if row["name"] not in place] == []
    others = [each["name"] for each in world.rows("select name from ai_brokers") if each != row]
    assert [name for name in others if name in " ".join(everywhere)] == []


def test_a_form_sent_again_goes_on_in_its_conversation_and_nobody_is_welcomed_twice(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    before = world.chatwoot.conversation(conversation_id)["custom_attributes"]
    again = world.submit(**somebody | {"propertyPrice": "900000"})
    assert again.status_code == 200
    assert again.json() | {"chatUrl": ""} == again.json() | {
        "success": True,
        "conversationId": conversation_id,
        "reused": True,
        "chatUrl": "",
    }
    world.until(world.quiet)
    assert len(world.said(conversation_id)) == len(world.activities(conversation_id)) == 1
    assert world.chatwoot.conversation(conversation_id)["custom_attributes"] == before
    forms = "select state from leads where conversation_id = %(id)s order by received_at"
    assert [row["state"] for row in world.rows(forms, id=conversation_id)] == ["opened", "reused"]


def test_two_identical_short_texts_are_both_answered(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    for _ in range(2):
        _answered(world, conversation_id, "yes")
    assert len(world.said(conversation_id)) == 3


def test_a_repeated_job_of_a_new_conversation_keeps_one_assignment_one_row_and_one_greeting(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    mine = "select broker_id, assigned_at from broker_conversations where conversation_id = %(id)s"
    before = world.rows(mine, id=conversation_id)
    for _ in range(3):
        with psycopg.connect(world.database_url, options="-c search_path=nextnest") as conn:
            deferring.new_conversation(conversation_id).defer_sync(conn)
        world.until(world.quiet)
    assert world.rows(mine, id=conversation_id) == before
    held = "select 1 from ai_brokers, unnest(active_conversations) as held where held = %(id)s"
    assert len(world.rows(held, id=conversation_id)) == 1
    assert len(world.said(conversation_id)) == len(world.activities(conversation_id)) == 1


def test_a_conversation_whose_attributes_were_wiped_in_chatwoot_is_answered_all_the_same(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    url = f"{world.chatwoot.base_url}/api/v1/accounts/{world.chatwoot.account_id}/conversations"
    wiped = httpx.post(
        f"{url}/{conversation_id}/custom_attributes",
        json={"custom_attributes": {}},
        headers={"api_access_token": world.chatwoot.token},
    )
    assert wiped.status_code == 200
    _answered(world, conversation_id, "Are you still there?")


def test_the_counters_tell_what_was_said_and_when_it_began(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    _answered(world, conversation_id, "What is TDSR?")
    [row] = world.rows(
        "select broker_messages, customer_messages, messages_exchanged,"
        " first_response_at between created_at and last_message_at as in_order"
        " from broker_conversations where conversation_id = %(id)s",
        id=conversation_id,
    )
    assert tuple(row.values()) == (2, 1, 3, True)


def test_a_message_whose_job_could_not_be_deferred_is_taken_in_when_it_comes_again(
    world: World, somebody: Person
) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("lost_webhook", event="message_created:incoming")
    asked = world.chatwoot.customer_says(conversation_id, "Which bank is it?")
    body = _webhook(world, conversation_id, asked)
    world.execute(_NO_JOBS)
    assert _post(world, world.web_url, body).status_code == 500
    world.execute(_JOBS_AGAIN)
    assert _post(world, world.web_url, body).json() == {"status": "queued"}
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")


def test_what_one_web_process_took_in_is_a_duplicate_for_another(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    asked = _answered(world, conversation_id, "What is a valuation?")
    body = _webhook(world, conversation_id, asked)
    with another_web(world) as second:
        assert _post(world, second.url, body).json() == {"status": "duplicate_skipped"}
    [ours] = [m for m in world.chatwoot.messages(conversation_id) if m["message_type"] == 1][1:]
    echo = _webhook(world, conversation_id, ours | {"content_attributes": {}}, "outgoing")
    with another_web(world) as third:
        assert _post(world, third.url, echo).json() == {"status": "echo_skipped"}
    assert len(world.said(conversation_id)) == 2


def test_a_failure_of_the_past_is_no_alarm_today(world: World) -> None:
    world.execute(
        "insert into procrastinate_jobs (queue_name, task_name, status, attempts)"
        " values ('default', 'incoming-message', 'failed', 3)"
    )
    assert httpx.get(f"{world.web_url}/readyz").status_code == 200


# A queue that takes nothing, though the rest of the database is well.
_NO_JOBS = """
create function refuse_jobs() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
create trigger refuse_jobs before insert on procrastinate_jobs for each row
    when (new.task_name = 'incoming-message') execute function refuse_jobs();
"""
_JOBS_AGAIN = "drop trigger refuse_jobs on procrastinate_jobs; drop function refuse_jobs()"


def _answered(world: World, conversation_id: int, text: str) -> dict[str, Any]:
    asked = world.chatwoot.customer_says(conversation_id, text)
    lock = f"incoming-{conversation_id}-{asked['id']}"
    world.until(lambda: world.outcome_of(lock) == "answered")
    return asked


def _webhook(
    world: World, conversation_id: int, message: dict[str, Any], message_type: str = "incoming"
) -> bytes:
    """What Chatwoot sends with a message."""
    payload = {
        **message,
        "event": "message_created",
        "message_type": message_type,
        "account": {"id": world.chatwoot.account_id},
        "inbox": {"id": world.chatwoot.inbox_id},
        "conversation": world.chatwoot.conversation(conversation_id),
    }
    return json.dumps(payload).encode()


def _post(world: World, web_url: str, body: bytes) -> httpx.Response:
    headers = world.chatwoot.signed_headers(body)
    return httpx.post(f"{web_url}/api/chatwoot-webhook", content=body, headers=headers, timeout=30)
