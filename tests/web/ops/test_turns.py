"""How a story is grouped: by the customer's turns, with its gaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from web.ops.moments import Moment, moment
from web.ops.turns import Turn, turns

BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def at(seconds: float, happened: str, **facts: Any) -> Moment:
    return moment({"at": BEGAN + timedelta(seconds=seconds), "kind": happened, "facts": facts})


def opened(seconds: float) -> Moment:
    return at(seconds, "opened", uses_queue=True, form=True)


def customer(seconds: float, number: int, state: str = "answered", replied_s: float | None = None) -> Moment:
    return at(
        seconds,
        "message",
        id=number,
        content="Hello?",
        source="webhook",
        state=state,
        late_s=0,
        started_s=0.1,
        replied_s=replied_s,
        wait_s=1.5,
        job=1,
    )


def sent(seconds: float, kind: str, state: str = "sent") -> Moment:
    payload = {"content": "Good morning."}
    return at(
        seconds, "effect", id=f"{kind}-{seconds}", kind=kind, payload=payload, state=state, attempts=1,
        planned_s=1, asked_s=0.1, message_id=9, error=None,
    )  # fmt: skip


def colleague(seconds: float) -> Moment:
    return at(seconds, "person", id=int(seconds), content="Priya here.")


def shape(found: list[Turn]) -> list[tuple[str, int]]:
    return [(turn.title, len(turn.steps)) for turn in found]


def test_an_arrival_then_a_turn_for_everything_up_to_its_answer() -> None:
    story = [
        opened(0),
        sent(3, "greeting"),
        customer(20, 1),
        customer(22, 2),
        sent(25, "reply"),
        customer(40, 3),
    ]
    assert shape(turns(story)) == [
        ("Arrival", 2),
        ("The customer wrote 2 messages", 3),
        ("The customer wrote", 1),
    ]


def test_a_reply_that_was_not_sent_ends_no_turn() -> None:
    story = [opened(0), customer(20, 1), sent(22, "reply", "withheld"), customer(23, 2), sent(25, "reply")]
    assert shape(turns(story)) == [("Arrival", 1), ("The customer wrote 2 messages", 4)]


def test_what_people_do_stands_apart_until_the_customer_is_the_ais_again() -> None:
    story = [
        opened(0),
        customer(20, 1),
        sent(22, "handoff_notice"),
        colleague(30),
        customer(40, 2, "left_to_person"),
        colleague(50),
        customer(60, 3),
    ]
    assert shape(turns(story)) == [
        ("Arrival", 1),
        ("The customer wrote", 2),
        ("People at work", 3),
        ("The customer wrote", 1),
    ]


def test_pauses_of_a_minute_are_said_and_shorter_ones_are_not() -> None:
    [arrival, turn] = turns([opened(0), sent(59, "greeting"), customer(119, 1), sent(4000, "reply")])
    assert [step.gap_s for step in arrival.steps + turn.steps] == [None, None, 60, 3881]


def test_a_turn_says_when_its_last_message_was_answered() -> None:
    [turn] = turns([customer(0, 1, replied_s=5), customer(2, 2, replied_s=3), sent(5, "reply")])
    assert turn.answered
    assert turn.answered.raw["replied_s"] == 3
    [silent] = turns([customer(0, 1, "unanswered")])
    assert silent.answered is None


def test_a_part_of_a_story_begins_in_the_middle() -> None:
    assert shape(turns([sent(0, "reply"), customer(9, 1)])) == [("Before", 1), ("The customer wrote", 1)]
    assert turns([]) == []


def test_no_two_moments_of_a_page_have_one_name() -> None:
    jobs = [
        at(n, "outcome", job_id=4, attempt=n, task_name="incoming-message", outcome="failed", detail="x", run_s=1.0,
           deliberate_wait_s=0.0)
        for n in range(3)
    ]  # fmt: skip
    names = [one.id for one in [*jobs, opened(0), customer(1, 4), sent(1, "reply"), colleague(4)]]
    assert len(set(names)) == len(names)
