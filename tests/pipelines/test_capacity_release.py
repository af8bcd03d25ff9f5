"""A place belongs to a conversation: giving it back twice gives it back once, and never another's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from nextnest import engagement, reception
from nextnest.store import brokers, conversations
from nextnest.store.statements import Row
from nextnest.tasks.new_conversation import answer_what_waited, update_broker_metrics
from nextnest.tasks.settle_conversation import settle

MINE, OTHER, LATE = 1, 2, 3
Connection = psycopg.AsyncConnection[Any]
OPTIONS = "-c search_path=nextnest"


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Connection]:
    """One broker with two places, and two conversations that hold them."""
    async with await Connection.connect(database_url, options=OPTIONS, row_factory=dict_row) as conn:
        await conn.execute("update ai_brokers set is_active = slug = 'rachel-tan', max_concurrent_chats = 2")
        for id_ in (MINE, OTHER):
            await _arrive(conn, id_)
        await conn.commit()
        yield conn


def opened(conn: psycopg.Connection[Any]) -> None:
    reception.note_status(conn, conversation_id=MINE, status="open")


def resolved(conn: psycopg.Connection[Any]) -> None:
    reception.note_status(conn, conversation_id=MINE, status="resolved")


def written_in(conn: psycopg.Connection[Any]) -> None:
    reception.note_person_message(
        conn, conversation_id=MINE, message_id=77, content="I have it", sent_at=datetime.now(UTC)
    )


def assigned(conn: psycopg.Connection[Any]) -> None:
    reception.note_assignee(conn, conversation_id=MINE, assignee_type="User")


def given_back(conn: psycopg.Connection[Any]) -> None:
    reception.note_status(conn, conversation_id=MINE, status="pending")


async def _taken_over(conn: Connection, id_: int) -> None:
    await engagement.hand_off(conn, id_, "person_took_over")


Event = Callable[[psycopg.Connection[Any]], None]


@pytest.mark.parametrize("event", [opened, resolved, written_in, assigned])
async def test_an_event_that_frees_a_place_frees_it_once_however_often_it_comes(
    conn: Connection, database_url: str, event: Event
) -> None:
    for _ in range(3):
        await _tell(conn, database_url, event)
        assert await _held(conn) == [OTHER]
        assert await _drift(conn) == []


async def test_handing_over_and_resolving_again_and_again_never_frees_anothers_place(
    conn: Connection,
) -> None:
    for free in (engagement.hand_off, engagement.hand_off):
        await free(conn, MINE, "asked_for_person")
    for _ in range(2):
        await engagement.resolve(conn, MINE)
        await brokers.lock_capacity(conn)
        await engagement.release_broker_capacity(conn, MINE)
    assert await _held(conn) == [OTHER]
    assert await _drift(conn) == []


@pytest.mark.parametrize("left", [opened, resolved])
async def test_a_conversation_given_back_twice_takes_one_place(
    conn: Connection, database_url: str, left: Event
) -> None:
    await _tell(conn, database_url, left)
    for _ in range(2):
        await _tell(conn, database_url, given_back)
    assert sorted(await _held(conn)) == [MINE, OTHER]
    assert await _drift(conn) == []


async def test_engaging_a_conversation_again_keeps_one_assignment_one_row_and_one_greeting(
    conn: Connection,
) -> None:
    before = await _conversation(conn, MINE)
    for _ in range(3):
        assert (await engagement.engage(conn, MINE)).broker is None
    assert await _conversation(conn, MINE) == before
    assert sorted(await _held(conn)) == [MINE, OTHER]
    planned = await _rows(
        conn, "select kind from outgoing_messages where conversation_id = 1 order by position"
    )
    assert [row["kind"] for row in planned] == ["attributes", "activity", "greeting"]


@pytest.mark.parametrize(("limit", "active"), [(1, True), (0, True), (2, False)])
async def test_a_lower_limit_or_a_pause_loses_nobody_and_lets_nobody_in(
    conn: Connection, limit: int, active: bool
) -> None:
    change = "update ai_brokers set max_concurrent_chats = %s, is_active = %s where slug = 'rachel-tan'"
    await conn.execute(change, (limit, active))
    await _arrive(conn, LATE)
    assert sorted(await _held(conn)) == [MINE, OTHER]
    assert (await _conversation(conn, LATE))["status"] == "waiting"
    await engagement.resolve(conn, MINE)
    assert await _held(conn) == [OTHER], "what is above the limit is not filled up again"
    assert await _drift(conn) == []


async def test_a_newcomer_never_overtakes_the_line(conn: Connection) -> None:
    await _arrive(conn, LATE)
    await conn.execute("update ai_brokers set max_concurrent_chats = 3 where slug = 'rachel-tan'")
    await _arrive(conn, LATE + 1)
    assert (await _conversation(conn, LATE))["status"] == "active"
    assert (await _conversation(conn, LATE + 1))["status"] == "waiting"


async def test_a_waiting_lead_a_person_has_taken_is_given_to_no_broker(
    conn: Connection, database_url: str
) -> None:
    await _arrive(conn, LATE)
    await _arrive(conn, LATE + 1)
    await conn.commit()
    with psycopg.connect(database_url, options=OPTIONS, row_factory=dict_row) as web:
        reception.note_assignee(web, conversation_id=LATE, assignee_type="User")
    await engagement.resolve(conn, MINE)
    assert sorted(await _held(conn)) == [OTHER, LATE + 1]
    assert (await _conversation(conn, LATE))["held_by"] == "person"


@pytest.mark.parametrize(
    ("held_by", "chatwoot_status", "status"),
    [("person", "pending", "handed_off"), ("ai", "resolved", "resolved")],
)
async def test_what_was_asked_in_line_gets_its_job_in_the_commit_that_ends_the_wait(
    conn: Connection, held_by: str, chatwoot_status: str, status: str
) -> None:
    await _ask_in_line(conn)
    news = "update broker_conversations set held_by = %s, chatwoot_status = %s where conversation_id = 3"
    await conn.execute(news, (held_by, chatwoot_status))
    for _ in range(2):
        await settle(conn, LATE)
    assert (await _conversation(conn, LATE))["status"] == status
    assert await _answers_to_come(conn) == ["incoming-3-9"]


@pytest.mark.parametrize("forestalled", [engagement.resolve, _taken_over])
async def test_what_was_asked_in_line_gets_its_job_when_it_was_taken_or_closed_before_its_broker_came(
    conn: Connection, forestalled: Callable[[Connection, int], Awaitable[None]]
) -> None:
    await _ask_in_line(conn)
    await engagement.resolve(conn, MINE)
    assert (await _conversation(conn, LATE))["status"] == "active"
    await forestalled(conn, LATE)
    await answer_what_waited(conn, await update_broker_metrics(conn, LATE))
    assert await _answers_to_come(conn) == ["incoming-3-9"]


async def test_a_person_who_opens_a_conversation_again_has_it_although_we_opened_it_before(
    conn: Connection, database_url: str
) -> None:
    await conn.execute(
        "insert into outgoing_messages (conversation_id, kind, payload) values (1, 'status', '{}')"
    )
    await conn.execute(
        "update outgoing_messages set state = 'sending', sending_at = clock_timestamp() where kind = 'status'"
    )
    await engagement.hand_off(conn, MINE, "asked_for_person")
    await _tell(conn, database_url, given_back)
    await _tell(conn, database_url, opened)
    assert (await _conversation(conn, MINE))["held_by"] == "person"


@pytest.mark.parametrize("event", [opened, written_in, assigned])
async def test_a_broker_whom_a_person_forestalled_is_neither_announced_nor_greets(
    conn: Connection, database_url: str, event: Event
) -> None:
    await _tell(conn, database_url, event)
    planned = await _rows(conn, "select kind, state from outgoing_messages where conversation_id = 1")
    assert {row["kind"]: row["state"] for row in planned} == {
        "attributes": "planned",
        "activity": "withheld",
        "greeting": "withheld",
    }


async def test_a_repeated_webhook_of_a_colleague_takes_back_nothing_that_was_given_back(
    conn: Connection, database_url: str
) -> None:
    for event in (written_in, given_back, written_in):
        await _tell(conn, database_url, event)
    row = await _conversation(conn, MINE)
    assert (row["status"], row["held_by"]) == ("active", "ai")


async def test_a_closed_conversation_in_which_a_person_is_asked_for_is_a_persons(conn: Connection) -> None:
    await engagement.resolve(conn, MINE)
    await engagement.hand_off(conn, MINE, "asked_for_person")
    row = await _conversation(conn, MINE)
    assert (row["status"], row["held_by"], row["resolved_at"]) == ("handed_off", "person", None)


async def test_taking_back_waits_for_its_turn_before_it_touches_the_conversation(
    conn: Connection, database_url: str
) -> None:
    """The other way round it and a job that settles the same conversation would wait for each other."""
    await engagement.resolve(conn, MINE)
    await conn.commit()
    await brokers.lock_capacity(conn)
    async with await Connection.connect(database_url, options=OPTIONS, row_factory=dict_row) as other:
        await other.execute("set lock_timeout = '300ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await engagement.take_back(other, MINE)
        await conn.execute("set lock_timeout = '300ms'")
        await conversations.for_update(conn, MINE)


async def _arrive(conn: Connection, id_: int) -> None:
    facts: dict[str, object] = dict.fromkeys(
        ("lead_id", "lead_score", "loan_type", "property_type", "monthly_income", "timeline")
    )
    await conversations.ensure_for_lead(conn, id_, contact_id=id_, uses_queue=True, lead_facts=facts)
    await engagement.engage(conn, id_)


async def _ask_in_line(conn: Connection) -> None:
    await _arrive(conn, LATE)
    await conn.execute(
        "insert into incoming_messages (conversation_id, message_id, content, source)"
        " values (3, 8, '', 'webhook'), (3, 9, '', 'webhook')"
    )
    assert (await _conversation(conn, LATE))["status"] == "waiting"


async def _answers_to_come(conn: Connection) -> list[str]:
    jobs = await _rows(
        conn, "select queueing_lock from procrastinate_jobs where task_name = 'incoming-message'"
    )
    return [job["queueing_lock"] for job in jobs]


async def _tell(conn: Connection, database_url: str, event: Event) -> None:
    """What web does with a webhook, then what the worker does with its job."""
    await conn.commit()
    with psycopg.connect(database_url, options=OPTIONS, row_factory=dict_row) as web:
        event(web)
    await settle(conn, MINE)
    await conn.commit()


async def _conversation(conn: Connection, id_: int) -> Row:
    [row] = await _rows(conn, "select * from broker_conversations where conversation_id = %s", id_)
    return row


async def _held(conn: Connection) -> list[int]:
    [row] = await _rows(conn, "select active_conversations from ai_brokers where slug = 'rachel-tan'")
    return list(row["active_conversations"])


async def _drift(conn: Connection) -> list[Row]:
    return await _rows(conn, "select * from broker_capacity_drift")


async def _rows(conn: Connection, query: str, *params: object) -> list[Row]:
    return await (await conn.execute(query, params)).fetchall()  # type: ignore[arg-type]
