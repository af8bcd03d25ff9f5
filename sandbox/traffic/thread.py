"""One conversation's numbers, clock and counters, and the ways in which it leaves rows behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sandbox.traffic.hours import Outages
from sandbox.traffic.people import Customer, customer
from sandbox.traffic.rows import SPOKEN, Job, Rows, after

# Far above what a Chatwoot has given out, and below what JavaScript still counts exactly. A seed has a million
# conversations, a conversation a thousand messages; contacts have the numbers of their conversations.
CONVERSATIONS_FROM = 900_000_000
PER_SEED = 1_000_000
SEEDS = 90
MESSAGES_EACH = 1_000
# Chatwoot's webhooks are remembered for a week.
_WEBHOOKS_KEPT = timedelta(days=7)
_HTTP_S = 0.06


@dataclass
class Broker:
    """An AI broker as the database has her; `room` is how many more places may be filled, `holds` those that were."""

    id: UUID
    name: str
    personality: str
    greeting: str
    band: tuple[int, int]
    limit: int
    room: int
    holds: list[int]


@dataclass(frozen=True)
class World:
    """What all conversations share. Prices are dollars a token."""

    seed: int
    now: datetime
    outages: Outages
    brokers: list[Broker]
    model: str = "sandbox-model"
    input_price: float = 0.1e-6
    output_price: float = 0.5e-6

    def conversation_id(self, number: int) -> int:
        return CONVERSATIONS_FROM + self.seed % SEEDS * PER_SEED + number

    def suited(self, score: int) -> Broker:
        """Whose band the score is in."""
        return next(
            (one for one in self.brokers if one.band[0] <= score <= one.band[1]),
            self.brokers[score % len(self.brokers)],
        )


@dataclass
class Standing:
    """The columns of a conversation that change while it lives."""

    status: str = "active"
    held_by: str = "ai"
    chatwoot_status: str | None = None
    assigned_at: datetime | None = None
    first_response_at: datetime | None = None
    handoff_at: datetime | None = None
    handoff_reason: str | None = None
    resolved_at: datetime | None = None
    taken_at: datetime | None = None
    closed_after: int | None = None
    broker_messages: int = 0
    customer_messages: int = 0
    last_message_at: datetime | None = None


class Thread:
    """`clock` is the moment the story has come to; nothing is told beyond `end`."""

    def __init__(self, number: int, arrival: datetime, world: World, rows: Rows) -> None:
        self.random = Random(f"{world.seed}/{number}")  # noqa: S311 - a story needs no secrecy
        self.world, self.rows = world, rows
        self.conversation_id = world.conversation_id(number)
        self.clock, self.end = arrival, world.now - timedelta(seconds=45)
        self.customer: Customer = customer(self.random, self.conversation_id)
        self.broker = world.suited(self.customer.score)
        self.standing = Standing()
        self.opened_at = arrival
        self.spent = Decimal(0)
        self.lead_id = self.uid()
        self._messages = 0
        self._tells_webhooks = arrival > world.now - _WEBHOOKS_KEPT

    def uid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def message_id(self) -> int:
        """Chatwoot counts all messages of an account together."""
        self._messages += 1
        return self.conversation_id * MESSAGES_EACH + self._messages

    @property
    def newest(self) -> int:
        return self.conversation_id * MESSAGES_EACH + self._messages

    def job(self, task: str, key: str, deferred: datetime, lag_s: float | None = None, **more: int) -> Job:
        """A job of this conversation, begun `lag_s` after it was deferred."""
        lag_s = self.random.uniform(0.02, 0.12) if lag_s is None else lag_s
        lock = None if task == "settle-conversation" else f"conversation-{self.conversation_id}"
        arguments = {"conversation_id": self.conversation_id, **more}
        return self.rows.job(task, key, lock, arguments, deferred, after(deferred, lag_s))

    def effect(
        self,
        kind: str,
        payload: dict[str, Any],
        planned: datetime,
        sending: datetime,
        *,
        turn: int = 0,
        position: int = 0,
        delay_s: float = 0.0,
    ) -> tuple[UUID, datetime]:
        """Something sent to Chatwoot: its id and when it had arrived."""
        sent, effect_id = after(sending, _HTTP_S + self.random.expovariate(1 / 0.05)), self.uid()
        said = kind not in {"attributes", "status"}
        attempts = 2 if self.random.random() < 0.005 else 1
        self.rows.add(
            "outgoing_messages",
            *(
                effect_id,
                self.conversation_id,
                kind,
                turn,
                position,
                _json(payload),
                delay_s,
                "sent",
                attempts,
            ),
            *(self.message_id() if said else None, None, kind in SPOKEN, planned, sending, sent),
            after(sent, 0.05) if kind == "status" else None,
        )
        if kind in SPOKEN:
            self._count_ours(sent)
        self.webhook(
            *(("message_created", "echo_skipped") if said else ("conversation_updated", "ignored")), sent
        )
        return effect_id, sent

    def withheld(self, payload: dict[str, Any], planned: datetime, turn: int) -> UUID:
        """A reply that something overtook."""
        effect_id, why = self.uid(), "something newer came in, or a person has the conversation"
        self.rows.add(
            "outgoing_messages",
            *(effect_id, self.conversation_id, "reply", turn, 0, _json(payload), 0.0, "withheld", 0),
            *(None, why, False, planned, None, None, None),
        )
        return effect_id

    def heard(
        self,
        message_id: int,
        text: str,
        at: datetime,
        state: str,
        job: Job,
        *,
        received: datetime,
        source: str = "webhook",
        started: datetime | None = None,
        replied: datetime | None = None,
        waited_s: float = 0.0,
        reply: UUID | None = None,
    ) -> None:
        """A message of the customer and what became of it."""
        self.rows.add(
            "incoming_messages",
            *(self.conversation_id, message_id, text, source, at, received, state, started, replied),
            *(waited_s, reply, job.number),
        )
        self.standing.customer_messages += 1
        self.standing.last_message_at = max(self.standing.last_message_at or at, at)

    def webhook(self, event: str, status: str, at: datetime) -> None:
        if self._tells_webhooks:
            self.rows.add("webhook_events", event, self.conversation_id, str(self.uid()), status, at)

    def _count_ours(self, sent: datetime) -> None:
        standing = self.standing
        standing.broker_messages += 1
        standing.first_response_at = standing.first_response_at or sent
        standing.last_message_at = max(standing.last_message_at or sent, sent)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
