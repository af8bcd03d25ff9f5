"""What a hand-over plans, and whom it reminds, on a real database with a moved clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from nextnest import engagement, reception
from nextnest.handover import HandoverRules, plan_handover, remind
from nextnest.rules.handoff import HandoffReason
from nextnest.rules.handover_brief import HandoverBrief
from nextnest.rules.office_hours import SINGAPORE, OfficeHours
from nextnest.store import handovers, incoming

CONVERSATION = 7
HOURS = OfficeHours.parse("Mon-Fri 09:00-19:00, Sat 09:00-14:00")
USUAL = HandoverRules(HOURS, reminder_s=900)
NOON = datetime(2026, 11, 23, 12, tzinfo=SINGAPORE)
SUNDAY = datetime(2026, 11, 29, 12, tzinfo=SINGAPORE)
OPTIONS = "-c search_path=nextnest"
Connection = psycopg.AsyncConnection[Any]


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Connection]:
    """A conversation the AI has, with one question nobody has answered."""
    async with await Connection.connect(database_url, options=OPTIONS, row_factory=dict_row) as conn:
        await conn.execute("insert into broker_conversations (conversation_id) values (7)")
        await engagement.engage(conn, CONVERSATION)
        await conn.execute(
            "insert into incoming_messages (conversation_id, message_id, content, source)"
            " values (7, 501, '我要找真人，可以贷款多少？', 'webhook')"
        )
        await conn.commit()
        yield conn


async def test_one_hand_over_plans_note_line_status_and_assignment_in_this_order(conn: Connection) -> None:
    rules = HandoverRules(HOURS, 900, team_id=3, agent_id=2)
    for _ in range(2):
        await _hand_over(conn, rules=rules)
    planned = await _rows(
        conn, "select kind, payload from outgoing_messages where turn = 501 order by position"
    )
    assert [row["kind"] for row in planned] == ["private_note", "handoff_notice", "status", "assignment"]
    assert planned[3]["payload"] == {"team_id": 3, "assignee_id": 2}


async def test_nobody_is_assigned_where_nobody_is_configured(conn: Connection) -> None:
    await _hand_over(conn)
    assert not await _rows(conn, "select 1 from outgoing_messages where kind = 'assignment'")


async def test_the_brief_is_kept_as_data_and_its_language_is_the_customers(conn: Connection) -> None:
    await _hand_over(conn)
    stored = await handovers.newest(conn, CONVERSATION)
    assert stored
    brief = HandoverBrief.from_json(stored)
    assert (brief.reason, brief.language) == (HandoffReason.ASKED_FOR_PERSON, "zh")
    assert brief.wants == ("a person", "how much can be borrowed")


@pytest.mark.parametrize(("now", "says"), [(NOON, False), (SUNDAY, True)], ids=["in hours", "out of hours"])
async def test_the_customer_is_told_when_the_office_opens_only_while_it_is_closed(
    conn: Connection, now: datetime, says: bool
) -> None:
    await _hand_over(conn, now=now)
    [notice] = await _rows(
        conn, "select payload ->> 'content' as text from outgoing_messages where kind = 'handoff_notice'"
    )
    assert "真人同事" in notice["text"]
    assert ("30/11/2026（星期一）09:00" in notice["text"]) is says


async def test_somebody_is_reminded_after_office_time_only(conn: Connection) -> None:
    await _hand_over(conn, now=SUNDAY)
    [row] = await _rows(conn, "select remind_at from handover_briefs")
    assert row["remind_at"] == datetime(2026, 11, 30, 9, 15, tzinfo=SINGAPORE)


async def test_a_hand_over_nobody_takes_is_reminded_of_once(conn: Connection) -> None:
    await _hand_over(conn)
    await _settled(conn)
    assert await remind(conn) == []
    await _time_is_up(conn)
    assert await remind(conn) == [CONVERSATION]
    assert await remind(conn) == []
    assert len(await _rows(conn, "select 1 from outgoing_messages where kind = 'reminder'")) == 1
    assert await _rows(conn, "select 1 from procrastinate_jobs where task_name = 'deliver-effects'")


def written(conn: psycopg.Connection[Any]) -> None:
    reception.note_person_message(
        conn, conversation_id=CONVERSATION, message_id=601, content="I have it", sent_at=NOON
    )


def assigned(conn: psycopg.Connection[Any]) -> None:
    reception.note_assignee(conn, conversation_id=CONVERSATION, assignee_type="User", assignee_id=5)


def commanded(conn: psycopg.Connection[Any]) -> None:
    reception.note_command(conn, conversation_id=CONVERSATION, message_id=601, command="take")


def given_back(conn: psycopg.Connection[Any]) -> None:
    reception.note_status(conn, conversation_id=CONVERSATION, status="pending")


@pytest.mark.parametrize("act", [written, assigned, commanded, given_back])
async def test_nobody_is_reminded_of_what_a_person_took_or_gave_back(
    conn: Connection, database_url: str, act: Any
) -> None:
    await _hand_over(conn)
    await _settled(conn)
    with psycopg.connect(database_url, options=OPTIONS, row_factory=dict_row) as web:
        act(web)
    await _time_is_up(conn)
    assert await remind(conn) == []


async def test_an_assignment_of_ours_is_nobody_who_took_it(conn: Connection, database_url: str) -> None:
    await _hand_over(conn, rules=HandoverRules(HOURS, 900, agent_id=5))
    await _settled(conn)
    await conn.execute(
        "update outgoing_messages set state = 'sending', sending_at = now() where kind = 'assignment'"
    )
    await conn.commit()
    with psycopg.connect(database_url, options=OPTIONS, row_factory=dict_row) as web:
        assigned(web)
    await _time_is_up(conn)
    assert await remind(conn) == [CONVERSATION]


async def _hand_over(conn: Connection, *, now: datetime = NOON, rules: HandoverRules = USUAL) -> None:
    turn = await incoming.read_turn(conn, CONVERSATION)
    assert turn
    await plan_handover(conn, turn, HandoffReason.ASKED_FOR_PERSON, rules, now)
    await conn.commit()


async def _settled(conn: Connection) -> None:
    """The hand-over's last commit: the AI has it no more, and somebody has all the time of the office to take it."""
    await engagement.hand_off(conn, CONVERSATION, "asked_for_person")
    await conn.execute("update handover_briefs set remind_at = now() + interval '1 hour'")
    await conn.commit()


async def _time_is_up(conn: Connection) -> None:
    await conn.execute("update handover_briefs set remind_at = now()")
    await conn.commit()


async def _rows(conn: Connection, query: str) -> list[dict[str, Any]]:
    return await (await conn.execute(query)).fetchall()  # type: ignore[arg-type]
