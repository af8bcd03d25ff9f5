"""What one sweep asks for, what it takes in, and what it leaves to the next one or to nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from nextnest import sweeping
from nextnest.assistant import Assistant
from nextnest.breakers import Breakers
from nextnest.chatwoot import Chatwoot, ChatwootMessage
from nextnest.database import worker_pool
from nextnest.delivery import Delivery
from nextnest.purse import Budget
from nextnest.settings import Settings
from nextnest.store import sweep
from nextnest.tasks.desk import Desk, Pauses
from nextnest.tasks.sweep import Sweep
from sandbox.chatwoot import ChatwootSandbox

HOUR = 3600.0
NOBODY = "http://127.0.0.1:9"


HELD = "select conversation_id from broker_conversations where held_by = 'person'"


@dataclass
class Place:
    """A Chatwoot without webhooks, a database, and a desk between them."""

    chatwoot: ChatwootSandbox
    desk: Desk
    database_url: str

    async def sweep(self, **bounds: int) -> int | None:
        """One sweep, as the task does it."""
        async with self.desk.pool.connection() as conn:
            under_way = await sweep.begin(conn, first_s=HOUR, overlap_s=120)
        page = await Sweep(self.desk, under_way, **bounds).run()
        async with self.desk.pool.connection() as conn:
            await (sweep.finish(conn) if page is None else sweep.pause(conn, page))
        return page

    def asked(self, conversation_id: int, text: str, *, ago_s: float = 60) -> int:
        """A customer's message of some time ago; its id."""
        said = self.chatwoot.customer_says(conversation_id, text)
        self.grow_older(conversation_id, ago_s)
        return int(said["id"])

    def grow_older(self, conversation_id: int, seconds: float) -> None:
        """All that is in a conversation happened earlier. The stand-in has no clock to turn."""
        state = self.chatwoot._state
        with state.lock:
            row = state.conversation(conversation_id)
            row.last_activity_at -= seconds
            for message in state.messages_of(row):
                message.created_at -= seconds

    def rows(self, query: str) -> list[dict[str, Any]]:
        options = "-c search_path=nextnest"
        with psycopg.connect(self.database_url, options=options, row_factory=dict_row) as conn:
            return conn.execute(query).fetchall()  # type: ignore[arg-type]

    def execute(self, query: str, **params: object) -> None:
        with psycopg.connect(self.database_url, options="-c search_path=nextnest") as conn:
            conn.execute(query, params)  # type: ignore[arg-type]

    def know(self, conversation_id: int, **columns: object) -> None:
        """A conversation we were told of, with these columns."""
        row = {"conversation_id": conversation_id, "chatwoot_status": None, "uses_queue": True} | columns
        self.execute(
            "insert into broker_conversations (conversation_id, chatwoot_status, uses_queue)"
            " values (%(conversation_id)s, %(chatwoot_status)s, %(uses_queue)s)",
            **row,
        )

    def status_webhook(self, conversation_id: int) -> None:
        """A webhook of this moment told of its status."""
        self.execute(
            "insert into webhook_events (event, conversation_id, status)"
            " values ('conversation_status_changed', %(id)s, 'recorded')",
            id=conversation_id,
        )

    def taken_in(self) -> set[int]:
        return {row["message_id"] for row in self.rows("select message_id from incoming_messages")}

    def requests(self) -> list[str]:
        """The paths asked for since the last look."""
        paths = [each.path for each in self.chatwoot.requests]
        self.chatwoot.clear_journals()
        return paths


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    with ChatwootSandbox() as chatwoot:
        settings = _settings(database_url, chatwoot)
        async with worker_pool(settings) as pool, Chatwoot.from_settings(settings) as client:
            delivery = Delivery(pool, client, 0, 1, Pauses().wait)
            assistant = Assistant.from_settings(settings)
            breakers, budget = Breakers(pool, {}), Budget.from_settings(settings)
            desk = Desk(settings, pool, client, assistant, delivery, breakers, Pauses(), budget)
            yield Place(chatwoot, desk, database_url)
            await assistant.aclose()


async def test_what_was_taken_in_is_not_asked_for_again(place: Place) -> None:
    one = place.chatwoot.add_conversation()["id"]
    asked = place.asked(one, "Hello")
    assert await place.sweep() is None
    assert place.taken_in() == {asked}
    place.requests()
    assert await place.sweep() is None
    assert {path.rpartition("/")[2] for path in place.requests()} == {"conversations"}
    assert len(place.rows("select * from webhook_events where status = 'swept'")) == 1


async def test_a_message_of_this_moment_is_left_to_its_webhook(place: Place) -> None:
    one = place.chatwoot.add_conversation()["id"]
    place.asked(one, "Hello", ago_s=0)
    assert await place.sweep() is None
    assert place.taken_in() == set()
    place.grow_older(one, sweeping.GRACE_S)
    await place.sweep()
    assert len(place.taken_in()) == 1


async def test_a_new_installation_answers_nothing_that_is_older_than_an_hour(place: Place) -> None:
    one, other = (place.chatwoot.add_conversation()["id"] for _ in range(2))
    place.asked(one, "Of last week", ago_s=2 * HOUR)
    place.asked(other, "Of this morning", ago_s=2 * HOUR)
    late = place.asked(other, "Of just now")
    await place.sweep()
    assert place.taken_in() == {late}


async def test_a_bounded_sweep_comes_to_the_oldest_in_the_end(place: Place) -> None:
    made = [place.chatwoot.add_conversation()["id"] for _ in range(60)]
    asked = {place.asked(each, "Hello", ago_s=60 + each) for each in made}
    sweeps = 1
    while await place.sweep(left=12, pages=3) is not None:
        assert len(place.requests()) <= 12
        sweeps += 1
        assert sweeps < 20
    assert place.taken_in() == asked


async def test_after_an_outage_the_sweep_looks_back_to_where_it_stopped(place: Place) -> None:
    one = place.chatwoot.add_conversation()["id"]
    await place.sweep()
    place.execute("update sweep_progress set complete_to = now() - interval '5 hours'")
    asked = place.asked(one, "Hello", ago_s=4 * HOUR)
    assert await place.sweep() is None
    assert place.taken_in() == {asked}


async def test_a_conversation_that_a_colleague_closed_is_not_answered_any_more(place: Place) -> None:
    one = place.chatwoot.add_conversation()["id"]
    place.chatwoot.customer_says(one, "Please call me")
    place.chatwoot.resolve(one)
    place.grow_older(one, 60)
    await place.sweep()
    [row] = place.rows("select held_by from broker_conversations")
    assert row["held_by"] == "person"


async def test_a_closing_is_noticed_where_nobody_ever_told_of_a_status(place: Place) -> None:
    one, other = (place.chatwoot.add_conversation()["id"] for _ in range(2))
    place.know(one)
    place.know(other)
    place.chatwoot.resolve(one)
    await place.sweep()
    query = "select chatwoot_status, held_by from broker_conversations order by conversation_id"
    assert [tuple(row.values()) for row in place.rows(query)] == [("resolved", "ai"), ("open", "ai")]
    assert [row["args"] for row in place.rows("select args from procrastinate_jobs")] == [
        {"conversation_id": one}
    ]


async def test_a_conversation_that_cannot_be_read_does_not_stand_in_the_way_of_others(place: Place) -> None:
    made = [place.chatwoot.add_conversation()["id"] for _ in range(3)]
    asked = [place.asked(each, "Hello") for each in made]
    place.chatwoot.faults.add("error_500_before", path=f"/conversations/{made[0]}/messages$")
    assert await place.sweep() == 1
    assert place.taken_in() == set(asked[1:])
    assert await place.sweep() is None
    assert place.taken_in() == set(asked)


async def test_outside_the_rollout_a_lost_message_is_forwarded(place: Place) -> None:
    one = place.chatwoot.add_conversation()["id"]
    place.know(one, uses_queue=False)
    place.asked(one, "Hello")
    await place.sweep()
    assert {row["task_name"] for row in place.rows("select task_name from procrastinate_jobs")} == {
        "forward-message"
    }


async def test_a_status_older_than_a_webhook_is_not_taken(place: Place) -> None:
    asked_at = await _resolved_but_held_as_pending(place)
    place.status_webhook(1)
    assert _news(place, asked_at) is False
    assert _news(place, datetime.now(UTC) + timedelta(seconds=1)) is True


@pytest.mark.parametrize("state", ["planned", "sending", "unknown"])
async def test_a_status_is_not_taken_while_a_change_of_ours_is_on_its_way(place: Place, state: str) -> None:
    asked_at = await _resolved_but_held_as_pending(place)
    assert _news(place, asked_at) is True
    place.execute(
        "insert into outgoing_messages (conversation_id, kind, payload)"
        " select conversation_id, 'status', '{\"status\": \"open\"}' from broker_conversations"
    )
    place.execute("update outgoing_messages set state = 'sending' where state <> 'sent'")
    place.execute("update outgoing_messages set state = %(state)s", state=state)
    assert _news(place, asked_at) is False
    place.execute("update outgoing_messages set state = 'sent', sent_at = now() - interval '1 hour'")
    assert _news(place, asked_at) is True


async def test_a_colleagues_words_from_before_it_was_given_back_silence_nobody(place: Place) -> None:
    one = place.chatwoot.add_conversation(status="pending")["id"]
    place.chatwoot.agent_says(one, "I looked into it, back to the assistant.")
    place.grow_older(one, 60)
    place.know(one, chatwoot_status="pending")
    place.status_webhook(one)
    await place.sweep()
    assert len(place.rows("select * from person_messages")) == 1
    [row] = place.rows("select held_by from broker_conversations")
    assert row["held_by"] == "ai"


def test_a_clock_far_ahead_of_ours_delays_nothing_for_ever() -> None:
    now = datetime.now(UTC)
    row = {"id": 1, "message_type": 0, "content": "Hello"}
    ahead = ChatwootMessage.model_validate(row | {"created_at": now + timedelta(minutes=4)})
    young = ChatwootMessage.model_validate(row | {"id": 2, "created_at": now})
    assert sweeping.settled([young, ahead], now) == [ahead]


async def _resolved_but_held_as_pending(place: Place) -> datetime:
    one = place.chatwoot.add_conversation()["id"]
    place.know(one, chatwoot_status="pending")
    return datetime.now(UTC)


def _news(place: Place, asked_at: datetime) -> bool:
    with psycopg.connect(place.database_url, options="-c search_path=nextnest") as conn:
        return sweep.status_is_news(conn, 1, "resolved", asked_at)


def _settings(database_url: str, chatwoot: ChatwootSandbox) -> Settings:
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=database_url,
        chatwoot_base_url=chatwoot.base_url,
        chatwoot_account_id=chatwoot.account_id,
        chatwoot_inbox_id=chatwoot.inbox_id,
        chatwoot_api_token=chatwoot.token,
        openai_api_key="none",
        openai_base_url=NOBODY,
        openai_model="none",
    )


async def test_a_command_a_label_and_an_assignee_no_webhook_told_of_are_taken_in(place: Place) -> None:
    noted, labelled, assigned, left = (
        place.chatwoot.add_conversation(status="pending")["id"] for _ in range(4)
    )
    for one in (noted, labelled, assigned, left):
        place.know(one, chatwoot_status="pending")
        place.asked(one, "Hello")
    await place.sweep()
    place.chatwoot.agent_says(noted, "/take", private=True)
    place.grow_older(noted, 60)
    place.chatwoot.label(labelled, "person")
    place.chatwoot.assign(assigned, place.chatwoot.agent)
    await place.sweep()
    held = {row["conversation_id"] for row in place.rows(HELD)}
    assert held == {noted, labelled, assigned}


async def test_a_label_and_an_assignee_that_are_gone_give_back_what_they_took(place: Place) -> None:
    labelled, assigned = (place.chatwoot.add_conversation(status="pending")["id"] for _ in range(2))
    for one in (labelled, assigned):
        place.know(one, chatwoot_status="pending")
        place.asked(one, "Hello")
    place.chatwoot.label(labelled, "person")
    place.chatwoot.assign(assigned, place.chatwoot.agent)
    await place.sweep()
    assert len(place.rows(HELD)) == 2
    place.chatwoot.label(labelled)
    place.chatwoot.assign(assigned, None)
    await place.sweep()
    assert place.rows(HELD) == []
