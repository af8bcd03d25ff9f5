"""Caps hold whatever happens at the same time, nothing reserved is lost, and every call is in the books once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import psycopg.sql
import pytest
from psycopg import AsyncConnection

from nextnest.database import conninfo
from nextnest.errors import ModelUnavailable, NextNestError, SpendingCapReached
from nextnest.models import Prompt, Turn, Usage
from nextnest.purse import RESERVED_AT_MOST_S, Budget, TurnPurse, reserve, settle
from nextnest.rules.money import DEAR, Caps, Price
from nextnest.store import spend
from sandbox.model import ModelSandbox
from tests.doors.conftest import assistant_of
from tests.waiting import until

MODEL = "gpt-6-luna"
# A dollar for a million tokens of any kind: a token is a micro-dollar.
EVEN = Price(Decimal(1), Decimal(1), Decimal(1))
A_CENT = 10_000
PROMPT = Prompt(
    instructions="You are Michelle Chen.",
    turns=(Turn(role="customer", content="What may I borrow?", at=datetime(2026, 11, 22, tzinfo=UTC)),),
    estimated_tokens=1000,
    version="1",
)


def budget(turn: str = "0.20", conversation: str = "0", day: str = "0") -> Budget:
    return Budget({MODEL: EVEN}, Caps(Decimal(turn), Decimal(conversation), Decimal(day)))


class Books:
    """A database with conversations, and what stands in its ledger."""

    def __init__(self, database_url: str) -> None:
        self.url = conninfo(database_url, "test")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[Any]]:
        """On a connection of its own."""
        conn = await AsyncConnection.connect(self.url)
        async with conn:
            yield conn

    def conversations(self, number: int) -> None:
        self.run(
            "insert into broker_conversations (conversation_id) select * from generate_series(1, %(n)s)",
            n=number,
        )

    def run(self, statement: str, **params: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as conn:
            cursor = conn.execute(statement.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def total(self, column: str, table: str) -> Decimal:
        query = psycopg.sql.SQL("select coalesce(sum({}), 0) from {}")
        with psycopg.connect(self.url) as conn:
            row = conn.execute(query.format(*map(psycopg.sql.Identifier, (column, table)))).fetchone()
        assert row is not None
        return Decimal(row[0])

    async def reserve(self, given: Budget, conversation_id: int, job_id: int = 1, turn: int = 1) -> TurnPurse:
        async with self.transaction() as conn:
            return await reserve(conn, given, conversation_id=conversation_id, job_id=job_id, turn=turn)

    async def settle(self, purse: TurnPurse) -> None:
        async with self.transaction() as conn:
            await settle(conn, purse)

    def has_spent(self, dollars: Decimal) -> None:
        """Today, before the test."""
        self.run(
            "insert into spend_days select (now() at time zone 'Asia/Singapore')::date, 3, %(spent)s",
            spent=dollars,
        )

    async def turns(self, given: Budget, number: int) -> int:
        """So many conversations' turns, fifty at a time, each as dear as it may be; how many got anything."""
        at_once = asyncio.Semaphore(50)

        async def turn(conversation_id: int) -> bool:
            async with at_once:
                return await self.spend_all(given, conversation_id)

        return sum(await asyncio.gather(*(turn(each) for each in range(1, number + 1))))

    async def spend_all(self, given: Budget, conversation_id: int) -> bool:
        """A whole turn that costs what it may, to the last micro-dollar; False when nothing was left for it."""
        try:
            purse = await self.reserve(given, conversation_id, job_id=conversation_id)
        except SpendingCapReached:
            return False
        assert purse.allowed.dollars is not None
        use(purse, int(purse.allowed.dollars * 1_000_000))
        await self.settle(purse)
        return True


def use(purse: TurnPurse, tokens: int, outcome: str = "answered") -> None:
    purse.allow(MODEL, tokens, 0)
    purse.note(MODEL, Usage(input_tokens=tokens, total_tokens=tokens), outcome)


@pytest.fixture
def books(database_url: str) -> Books:
    made = Books(database_url)
    made.conversations(300)
    return made


class TestCaps:
    @pytest.mark.parametrize("cap", ["1.00", "0.95", "0.000001"])
    async def test_fifty_turns_at_once_spend_no_more_than_the_days_cap(self, books: Books, cap: str) -> None:
        given = budget("0.30", day=cap)
        assert await books.turns(given, 50) < 50
        assert books.total("cost", "ai_calls") == Decimal(cap)
        assert books.total("amount", "spend_reservations") == 0

    async def test_turns_that_come_near_the_cap_together_all_get_their_share_of_it(
        self, books: Books
    ) -> None:
        given = budget("0.10", day="100")
        [(near,)] = books.run("select 2 * current_setting('max_connections')::int * 0.10")
        books.has_spent(Decimal(100) - near - 1)
        assert await books.turns(given, 50) == 50
        assert books.total("spent", "spend_days") == Decimal(100) - near + 4

    async def test_the_last_dollars_of_a_day_are_spent_once(self, books: Books) -> None:
        books.has_spent(Decimal(91))
        assert await books.turns(budget("0.10", day="100"), 120) == 90
        assert books.total("spent", "spend_days") == 100

    async def test_far_from_the_cap_a_turn_waits_for_no_other(self, books: Books) -> None:
        given = budget("0.01", day="1000")
        async with books.transaction() as under_way:
            await reserve(under_way, given, conversation_id=1, job_id=1, turn=1)
            async with asyncio.timeout(10):
                await books.reserve(given, 2)

    async def test_near_the_cap_a_turn_waits_to_see_what_another_takes(self, books: Books) -> None:
        given = budget("0.30", day="0.50")
        async with books.transaction() as under_way:
            await reserve(under_way, given, conversation_id=1, job_id=1, turn=1)
            second = asyncio.create_task(books.reserve(given, 2))
            await _until_somebody_waits(books)
            assert not second.done()
        assert (await second).allowed.dollars == Decimal("0.20")

    async def test_a_conversation_stops_at_its_cap(self, books: Books) -> None:
        given = budget("0.20", conversation="0.25")
        for left in ("0.20", "0.05"):
            purse = await books.reserve(given, 7)
            assert purse.allowed.dollars == Decimal(left)
            use(purse, int(Decimal(left) * 1_000_000))
            await books.settle(purse)
        with pytest.raises(SpendingCapReached, match="conversation"):
            await books.reserve(given, 7)
        assert (await books.reserve(given, 8)).allowed.dollars == Decimal("0.20")

    async def test_a_call_that_might_go_beyond_the_turn_is_not_made(self, books: Books) -> None:
        purse = await books.reserve(budget("0.03"), 1)
        use(purse, A_CENT)
        use(purse, A_CENT)
        with pytest.raises(SpendingCapReached, match="turn"):
            purse.allow(MODEL, A_CENT, 1)
        purse.allow(MODEL, A_CENT - 1, 1)

    async def test_yesterdays_spending_is_not_todays(self, books: Books) -> None:
        books.run("insert into spend_days select (now() at time zone 'Asia/Singapore')::date - 1, 0, 50")
        assert (await books.reserve(budget(day="1"), 1)).allowed.dollars == Decimal("0.20")

    async def test_without_caps_nothing_is_reserved_and_everything_booked(self, books: Books) -> None:
        purse = await books.reserve(budget("0"), 1)
        use(purse, 5_000_000)
        assert books.total("amount", "spend_reservations") == 0
        await books.settle(purse)
        assert books.total("cost", "ai_usage") == 5


class TestReservations:
    async def test_what_a_turn_did_not_need_is_given_back(self, books: Books) -> None:
        given = budget("0.30", day="0.30")
        purse = await books.reserve(given, 1)
        with pytest.raises(SpendingCapReached, match="day"):
            await books.reserve(given, 2)
        use(purse, A_CENT)
        await books.settle(purse)
        assert (await books.reserve(given, 2)).allowed.dollars == Decimal("0.29")

    async def test_the_next_attempt_takes_over_what_a_killed_job_had_reserved(self, books: Books) -> None:
        given = budget("0.30", day="0.30")
        await books.reserve(given, 1, job_id=5)
        for job_id in (5, 6):
            assert (await books.reserve(given, 1, job_id=job_id)).allowed.dollars == Decimal("0.30")
        assert books.total("amount", "spend_reservations") == Decimal("0.30")

    async def test_the_reservation_of_a_job_that_runs_no_more_is_forgotten(self, books: Books) -> None:
        [(running,), (dead,)] = (_job(books, "doing"), _job(books, "todo"))
        await books.reserve(budget(), 1, job_id=running)
        await books.reserve(budget(), 2, job_id=dead)
        await books.reserve(budget(), 3, job_id=999_999)
        assert await _forgotten(books) == 2
        assert books.run("select conversation_id from spend_reservations") == [(1,)]

    async def test_no_reservation_outlives_a_quarter_of_an_hour(self, books: Books) -> None:
        [(running,)] = [_job(books, "doing")]
        await books.reserve(budget(), 1, job_id=running)
        books.run("update spend_reservations set reserved_at = now() - interval '14 minutes'")
        assert await _forgotten(books) == 0
        books.run("update spend_reservations set reserved_at = now() - interval '16 minutes'")
        assert await _forgotten(books) == 1

    async def test_settling_leaves_the_reservation_of_a_later_job_alone(self, books: Books) -> None:
        earlier = await books.reserve(budget(), 1, job_id=5)
        await books.reserve(budget(), 1, job_id=6)
        await books.settle(earlier)
        assert books.run("select job_id from spend_reservations") == [(6,)]


class TestBooks:
    async def test_every_total_adds_up_to_the_calls(self, books: Books) -> None:
        for number in range(1, 40):
            purse = await books.reserve(budget(), number % 5 + 1, job_id=number, turn=number)
            use(purse, 100 * number)
            use(purse, 7, "failed")
            await books.settle(purse)
        spent = sum(100 * number + 7 for number in range(1, 40)) * Decimal("0.000001")
        for total in (
            ("cost", "ai_calls"),
            ("cost", "ai_usage"),
            ("spent", "spend_days"),
            ("spent", "conversation_spend"),
        ):
            assert books.total(*total) == spent, total
        assert books.total("calls", "ai_usage") == 78
        assert books.total("total_tokens", "ai_usage") == spent * 1_000_000
        assert books.run("select count(*) from spend_days") == [(16,)]

    async def test_settling_twice_books_once(self, books: Books) -> None:
        purse = await books.reserve(budget(), 1)
        use(purse, A_CENT)
        for _ in range(2):
            await books.settle(purse)
        assert books.total("cost", "ai_calls") == books.total("spent", "spend_days") == Decimal("0.01")

    async def test_what_is_rolled_back_is_not_booked_and_can_be_booked_later(self, books: Books) -> None:
        purse = await books.reserve(budget(), 1)
        use(purse, A_CENT)
        async with books.transaction() as conn:
            await settle(conn, purse)
            await conn.rollback()
        assert books.total("cost", "ai_calls") == 0
        assert books.total("amount", "spend_reservations") == Decimal("0.20")
        await books.settle(purse)
        assert books.total("cost", "ai_calls") == Decimal("0.01")

    async def test_a_call_nobody_counted_is_booked_at_the_most_it_can_have_cost(self, books: Books) -> None:
        purse = await books.reserve(budget(), 1)
        purse.allow(MODEL, 4000, 600)
        purse.note(MODEL, Usage(), "cut short")
        await books.settle(purse)
        [row] = books.run("select input_tokens, output_tokens, cost, outcome from ai_calls")
        assert row == (0, 0, Decimal("0.0046"), "cut short")

    async def test_a_model_without_a_price_is_booked_dearly(self, books: Books) -> None:
        purse = await books.reserve(budget(), 1)
        purse.allow("gpt-7", 1000, 100)
        purse.note("gpt-7", Usage(input_tokens=1000, output_tokens=100, total_tokens=1100), "answered")
        assert purse.spent == (1000 * DEAR.input + 100 * DEAR.output) / 1_000_000 == Decimal("0.015")


class Adder:
    """A calculator that never tells enough to stop."""

    definitions: Sequence[Mapping[str, object]] = (
        {"type": "function", "name": "add", "description": "Adds.", "strict": False, "parameters": {}},
    )

    def run(self, name: str, arguments: str) -> str:  # noqa: ARG002
        return '{"more": true}'


class TestLoops:
    @pytest.mark.parametrize(
        ("cap", "calls", "stopped_by"),
        # A call may take 1,000 tokens and 600 of an answer; two of them have used some 120 before the third asks.
        [
            ("1.00", 4, ModelUnavailable),
            ("0.0017", 2, SpendingCapReached),
            ("0.0010", 0, SpendingCapReached),
        ],
    )
    async def test_a_loop_of_ten_thousand_calls_stops_at_the_rounds_or_the_cap(
        self, books: Books, cap: str, calls: int, stopped_by: type[NextNestError]
    ) -> None:
        purse = await books.reserve(budget(cap), 1)
        with ModelSandbox() as model:
            model.call_next("add", {"a": 1}, times=10_000)
            async with assistant_of(model) as assistant:
                with pytest.raises(stopped_by):
                    await assistant.generate_broker_response(
                        PROMPT, safety_identifier="a", cache_key="b", toolbox=Adder(), purse=purse
                    )
            assert len(model.calls) == calls
        await books.settle(purse)
        assert books.run("select count(*) from ai_calls") == [(calls,)]
        assert books.total("cost", "ai_calls") <= Decimal(cap)

    async def test_replies_count_only_since_a_colleague_had_a_part(self, books: Books) -> None:
        books.run(
            "insert into outgoing_messages (conversation_id, kind, turn, payload, sent_at)"
            " select 1, 'reply', n, '{}', now() - n * interval '10 minutes' from generate_series(1, 8) n"
        )
        books.run("update outgoing_messages set state = 'sent'")
        assert await _recent_replies(books) == 5
        books.run(
            "insert into person_messages (conversation_id, message_id, content, sent_at)"
            " values (1, 99, 'Priya here', now() - interval '25 minutes')"
        )
        assert await _recent_replies(books) == 2
        books.run("update broker_conversations set handoff_at = now() where conversation_id = 1")
        assert await _recent_replies(books) == 0


async def _until_somebody_waits(books: Books) -> None:
    waits = (
        "select 1 from pg_locks where locktype = 'advisory' and not granted"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    await asyncio.to_thread(until, lambda: books.run(waits))


async def _forgotten(books: Books) -> int:
    async with books.transaction() as conn:
        return await spend.forget_reservations(conn, RESERVED_AT_MOST_S)


async def _recent_replies(books: Books) -> int:
    async with books.transaction() as conn:
        return len(await spend.recent_replies(conn, 1, 3600))


def _job(books: Books, status: str) -> tuple[Any, ...]:
    [row] = books.run(
        "insert into procrastinate_jobs (queue_name, task_name, status) values ('default', 'incoming-message', %(s)s)"
        " returning id",
        s=status,
    )
    return row
