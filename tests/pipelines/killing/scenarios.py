"""What a worker is killed in the middle of, how one knows that it is over, and what must be true then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from itertools import count
from typing import Any

from tests.pipelines.world import World

_people = count(1)
# The worker may just be starting, beside seven others.
_GREETED_WITHIN_S = 60


@dataclass(frozen=True)
class Sent:
    """How many lines of ours stand in a conversation: "joined", to the customer, private."""

    joined: int
    said: int
    notes: int = 0

    def fewer_than(self, wanted: Sent) -> int:
        """How many of what is wanted are missing."""
        return sum(max(0, want - have) for have, want in zip(astuple(self), astuple(wanted), strict=True))


@dataclass
class Case:
    """One conversation in one world; `job` is the job id (queueing lock) that is its end."""

    world: World
    conversation_id: int = 0
    job: str = ""

    def outcome(self) -> str | None:
        return self.world.outcome_of(self.job) if self.job else None

    def sent(self) -> Sent:
        """What really stands in Chatwoot."""
        world, conversation_id = self.world, self.conversation_id
        return Sent(
            len(world.activities(conversation_id)),
            len(world.said(conversation_id)),
            len(world.said(conversation_id, private=True)),
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self.world.rows(query, id=self.conversation_id)

    def state(self) -> dict[str, Any]:
        [row] = self.rows("select * from broker_conversations where conversation_id = %(id)s")
        return row


@dataclass(frozen=True)
class Scenario:
    """`prepare` and `act` bring it about, and the worker may die from `act` on. In the end the job has this `outcome`,
    exactly `wanted` stands in Chatwoot, and `promise` holds; `tidy` makes room for the next case."""

    name: str
    outcome: str
    wanted: Sent
    prepare: Callable[[Case], None]
    act: Callable[[Case], None]
    promise: Callable[[Case], None]
    tidy: Callable[[Case], None]

    def __str__(self) -> str:
        return self.name

    def over(self, case: Case) -> bool:
        """The job that is its end has ended, nothing waits or runs, nothing is left in the outbox."""
        return case.outcome() is not None and case.world.quiet() and not unsent(case.world)


def unsent(world: World) -> list[dict[str, Any]]:
    """Effects of which it is not settled whether they happen."""
    return world.rows("select * from outgoing_messages where state not in ('sent', 'withheld')")


def person() -> dict[str, str]:
    """Form fields of somebody no other case knows."""
    number = next(_people)
    return {
        "name": f"Koh Person {number}",
        "email": f"killed{number}@example.com",
        "phone": f"+65 9{number:07d}",
    }


def always_true(world: World) -> None:
    """What holds between any two cases."""
    assert not world.rows("select * from broker_capacity_drift")
    assert not world.rows("select * from ai_brokers where current_workload > max_concurrent_chats")
    assert world.quiet()
    assert not unsent(world)
    assert not world.rows("select * from unanswered_messages")


def _nothing(case: Case) -> None:
    """Nothing to prepare or to tidy."""


def _greet(case: Case) -> None:
    _submit(case)
    case.world.until(lambda: case.outcome() == "greeted" and case.world.quiet(), _GREETED_WITHIN_S)


def _submit(case: Case) -> None:
    answer = case.world.submit(**person())
    assert answer.status_code == 201, answer.text
    case.conversation_id = int(answer.json()["conversationId"])
    case.job = f"new-conversation-{case.conversation_id}"


def _says(text: str) -> Callable[[Case], None]:
    def act(case: Case) -> None:
        asked = case.world.chatwoot.customer_says(case.conversation_id, text)
        case.job = f"incoming-{case.conversation_id}-{asked['id']}"

    return act


def _has_a_broker(case: Case) -> None:
    assert case.state()["status"] == "active"
    assert len(case.rows("select 1 from ai_brokers where %(id)s = any (active_conversations)")) == 1


def _is_counted_once(case: Case) -> None:
    """Greeting, question, answer."""
    _has_a_broker(case)
    assert case.state()["messages_exchanged"] == 3


def _a_person_has_it(case: Case) -> None:
    assert case.world.chatwoot.conversation(case.conversation_id)["status"] == "open"
    state = case.state()
    assert (state["status"], state["held_by"]) == ("handed_off", "person")
    assert not case.rows("select 1 from ai_brokers where %(id)s = any (active_conversations)")


def _is_first_in_line(case: Case) -> None:
    [place] = case.rows("select position from waiting_leads where conversation_id = %(id)s")
    assert place["position"] == 1


def _nobody_is_free(case: Case) -> None:
    case.world.execute("update ai_brokers set is_active = false")


def _leave_the_line(case: Case) -> None:
    """A lead that waits would be served in the middle of the next case."""
    case.world.chatwoot.resolve(case.conversation_id)
    case.world.until(lambda: case.state()["status"] == "resolved" and case.world.quiet())
    case.world.execute("update ai_brokers set is_active = true")


DOCUMENTS, PERSON = "Which documents do I need?", "Can I talk to a human please?"
GREETED = Scenario("a lead is greeted", "greeted", Sent(1, 1), _nothing, _submit, _has_a_broker, _nothing)
ANSWERED = Scenario(
    "a message is answered", "answered", Sent(1, 2), _greet, _says(DOCUMENTS), _is_counted_once, _nothing
)
HANDED_OVER = Scenario(
    "a person is asked for", "handed over", Sent(1, 2, 1), _greet, _says(PERSON), _a_person_has_it, _nothing
)
PUT_IN_LINE = Scenario(
    "nobody is free", "put in line", Sent(0, 1), _nobody_is_free, _submit, _is_first_in_line, _leave_the_line
)
SCENARIOS = (GREETED, ANSWERED, HANDED_OVER, PUT_IN_LINE)
