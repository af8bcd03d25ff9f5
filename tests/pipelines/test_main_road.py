"""The good day: a lead is greeted, a message is answered, once each, by one broker."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.pipelines.world import World

Person = dict[str, str]


def test_a_lead_is_greeted_once_by_the_broker_it_was_given_to(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    [row] = world.rows(
        "select c.*, b.name from broker_conversations c join ai_brokers b on b.id = c.broker_id"
        " where conversation_id = %(id)s",
        id=conversation_id,
    )
    [greeting] = world.said(conversation_id)
    [joined] = world.activities(conversation_id)
    assert row["name"] in joined
    assert row["name"].split()[0] in greeting
    assert world.chatwoot.conversation(conversation_id)["custom_attributes"]["broker_name"] == row["name"]
    assert (row["status"], row["broker_messages"], row["messages_exchanged"]) == ("active", 1, 1)
    assert row["first_response_at"] is not None


def test_the_lead_gets_our_score_and_never_the_browsers(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    [lead] = world.rows("select * from leads where conversation_id = %(id)s", id=conversation_id)
    assert lead["client_lead_score"] == 97
    assert lead["lead_score"] != 97
    assert sum(lead["lead_score_points"].values()) == lead["lead_score"]


def test_a_question_is_answered_once_and_the_message_is_settled(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    asked = world.chatwoot.customer_says(conversation_id, "Which documents do I need for an HDB loan?")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")
    assert len(world.said(conversation_id)) == 2
    [row] = world.rows(
        "select state, replied_at, answered_by from incoming_messages where conversation_id = %(id)s",
        id=conversation_id,
    )
    assert row["state"] == "answered"
    assert row["replied_at"] is not None
    assert row["answered_by"] is not None
    assert not world.rows(
        "select * from unanswered_messages where conversation_id = %(id)s", id=conversation_id
    )


def test_twenty_copies_of_one_webhook_give_one_job_and_one_reply(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.chatwoot.faults.add("duplicate_webhook", copies=20, event="message_created:incoming")
    asked = world.chatwoot.customer_says(conversation_id, "May I use my CPF for the down payment?")
    lock = f"incoming-{conversation_id}-{asked['id']}"
    world.until(lambda: world.outcome_of(lock) == "answered")
    assert world.chatwoot.settle()
    deliveries = [
        delivery
        for delivery in world.chatwoot.webhooks
        if delivery.event == "message_created" and delivery.payload["id"] == asked["id"]
    ]
    assert [delivery for delivery in deliveries if delivery.status != 200] == []
    statuses = [json.loads(delivery.body)["status"] for delivery in deliveries]
    assert sorted(statuses) == ["duplicate_skipped"] * 19 + ["queued"]
    assert len(world.rows("select id from procrastinate_jobs where queueing_lock = %(lock)s", lock=lock)) == 1
    assert len(world.said(conversation_id)) == 2


def test_the_same_form_ten_times_in_parallel_gives_one_conversation_and_one_greeting(
    world: World, somebody: Person
) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: world.submit(**somebody), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    [conversation_id] = {answer.json()["conversationId"] for answer in answers}
    world.until(lambda: world.outcome_of(f"new-conversation-{conversation_id}") == "greeted")
    assert len(world.said(conversation_id)) == 1
    assert len(world.activities(conversation_id)) == 1
    mine = [c for c in world.chatwoot.conversations() if c["meta"]["sender"]["email"] == somebody["email"]]
    assert len(mine) == 1


def test_a_different_loan_type_is_a_different_conversation(world: World, somebody: Person) -> None:
    first = world.greeted(**somebody)
    second = world.greeted(**somebody, loanType="refinancing")
    assert first != second


def test_our_own_message_is_never_answered_even_when_it_arrives_before_the_send_returned(
    world: World, somebody: Person
) -> None:
    world.chatwoot.faults.add("echo_early", times=2)
    conversation_id = world.greeted(**somebody)
    world.chatwoot.customer_says(conversation_id, "Hello, are you there?")
    world.until(lambda: len(world.said(conversation_id)) == 2 and world.quiet())
    assert world.chatwoot.settle()
    echoes = [
        json.loads(delivery.body)["status"]
        for delivery in world.chatwoot.webhooks
        if delivery.event == "message_created"
        and delivery.payload["conversation"]["id"] == conversation_id
        and delivery.payload["message_type"] == "outgoing"
    ]
    assert echoes
    assert set(echoes) == {"echo_skipped"}
    assert len(world.said(conversation_id)) == 2


def test_a_customer_who_writes_without_a_form_is_greeted_and_answered(world: World) -> None:
    conversation_id = world.chatwoot.add_conversation(status="pending")["id"]
    asked = world.chatwoot.customer_says(conversation_id, "Hi, can somebody explain TDSR to me?")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")
    assert len(world.said(conversation_id)) == 2
    assert len(world.activities(conversation_id)) == 1


def test_curly_braces_reach_the_customer_as_text(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody)
    world.model.say_next("A template looks like {{ contact.name }} or {% if %}, that is all.")
    world.chatwoot.customer_says(conversation_id, "What does your template language look like?")
    world.until(lambda: len(world.said(conversation_id)) == 2)
    shown = world.said(conversation_id)[1].replace("\u2060", "")
    assert shown == "A template looks like {{ contact.name }} or {% if %}, that is all."


def test_the_chat_page_shows_the_conversation_and_carries_the_customers_words(
    world: World, somebody: Person
) -> None:
    answer = world.submit(**somebody)
    link = answer.json()["chatUrl"].rsplit("/chat/", 1)[1]
    api = f"{world.web_url}/api/chat/{link}/messages"
    world.until(lambda: [m["role"] for m in httpx.get(api).json()["messages"]] == ["system", "broker"])
    sent = httpx.post(
        api, json={"text": "How long does it take?", "clientId": "0b1f7d8e-3f39-4f2c-9d8e-1c5b7a9e2f10"}
    )
    assert sent.status_code in {200, 201}, sent.text
    world.until(
        lambda: (
            [m["role"] for m in httpx.get(api).json()["messages"]]
            == ["system", "broker", "customer", "broker"]
        )
    )


def test_no_log_line_and_no_job_argument_carries_personal_data(world: World, somebody: Person) -> None:
    conversation_id = world.greeted(**somebody | {"phone": "+65 8765 4321"})
    asked = world.chatwoot.customer_says(conversation_id, "My secret plan is a penthouse near Bishan.")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}"))
    answers = world.said(conversation_id)
    logs = "".join(path.read_text() for path in world.log_folder.iterdir())
    arguments = json.dumps([row["args"] for row in world.rows("select args from procrastinate_jobs")])
    private = [somebody["name"], somebody["email"], "87654321", "penthouse", world.chatwoot.token, *answers]
    assert [word for word in private if word in logs] == []
    assert [word for word in private if word in arguments] == []
