"""What a turn may spend on the model: reserved before the first call, settled with what the calls really cost.

Takes a connection, never commits. `reserve` belongs into the transaction that reads the turn, as its last statement;
`settle` into the one that plans the draft or ends the job, and is harmless when it is said twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Self
from uuid import uuid4

import structlog
from psycopg import AsyncConnection

from nextnest.errors import SpendingCapReached
from nextnest.models import Usage
from nextnest.rules.money import Allowance, Caps, Price, allowance, cost, price_of, worst_case
from nextnest.settings import Settings
from nextnest.store import spend
from nextnest.telemetry import watching

log = structlog.get_logger(__name__)

# No turn is longer: a burst, the model and a human-like wait are a minute or two at the very worst.
RESERVED_AT_MOST_S = 15 * 60


@dataclass(frozen=True)
class Budget:
    """Prices by model and the three caps, in US dollars."""

    prices: Mapping[str, Price]
    caps: Caps

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Prices and caps as set. A configured model without a price is named in the log, and is booked dearly."""
        prices = settings.openai_prices or {}
        for model in (settings.openai_model, settings.openai_fallback_model):
            if model and model not in prices:
                log.warning("model without a price", model=model, setting="OPENAI_PRICES")
        caps = Caps(
            per_turn=settings.nextnest_cap_per_turn,
            per_conversation=settings.nextnest_cap_per_conversation,
            per_day=settings.nextnest_cap_per_day,
        )
        return cls(prices, caps)


@dataclass(frozen=True)
class Call:
    """One call of the model. `cost` in dollars; where the provider counted nothing, the most it can have been."""

    id: str
    model: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: Decimal
    outcome: str
    latency_s: float


@dataclass
class TurnPurse:
    """What one turn of one conversation may spend; the assistant asks it before each call and tells it after."""

    conversation_id: int
    job_id: int
    turn: int
    day: date
    allowed: Allowance
    prices: Mapping[str, Price]
    calls: list[Call] = field(default_factory=list, init=False)
    _at_most: Decimal = field(default=Decimal(0), init=False)
    _asked_at: float = field(default=0, init=False)

    @property
    def spent(self) -> Decimal:
        """Dollars of all calls so far; before and after a draft, the difference is what the draft cost."""
        return sum((call.cost for call in self.calls), Decimal(0))

    def allow(self, model: str, input_tokens: int, output_tokens: int) -> None:
        """Raise SpendingCapReached when a call of at most so many tokens could go beyond what is allowed."""
        at_most = worst_case(input_tokens, output_tokens, price_of(model, self.prices))
        if self.allowed.dollars is not None and self.spent + at_most > self.allowed.dollars:
            raise SpendingCapReached(f"{self.allowed.cap}: {self.allowed.dollars} USD")
        self._at_most, self._asked_at = at_most, time.monotonic()

    def note(self, model: str, usage: Usage, outcome: str) -> None:
        """Remember what the call that was just allowed has used; `answered`, `failed` or `cut short`."""
        counted = usage.input_tokens > 0 or usage.output_tokens > 0
        call = Call(
            id=str(uuid4()),
            model=model,
            input_tokens=usage.input_tokens,
            cached_tokens=usage.cached_tokens,
            output_tokens=usage.output_tokens,
            cost=cost(usage, price_of(model, self.prices)) if counted else self._at_most,
            outcome=outcome,
            latency_s=time.monotonic() - self._asked_at,
        )
        self.calls.append(call)
        watching.paid(
            model,
            input_tokens=call.input_tokens,
            cached_tokens=call.cached_tokens,
            output_tokens=call.output_tokens,
            cost=call.cost,
        )


async def reserve(
    conn: AsyncConnection[Any], budget: Budget, *, conversation_id: int, job_id: int, turn: int
) -> TurnPurse:
    """A purse with what turn, conversation and day have left, reserved in the caller's transaction.

    Raises SpendingCapReached when nothing is left. What an earlier attempt reserved for the conversation is replaced.
    """
    taken = await _taken(conn, budget.caps, conversation_id)
    allowed = allowance(budget.caps, of_conversation=taken.of_conversation, of_day=taken.of_day)
    if allowed.dollars == 0:
        raise SpendingCapReached(f"{allowed.cap}: nothing is left")
    if allowed.dollars is not None:
        await spend.hold(conn, conversation_id, job_id=job_id, day=taken.day, amount=allowed.dollars)
    return TurnPurse(conversation_id, job_id, turn, taken.day, allowed, budget.prices)


async def settle(conn: AsyncConnection[Any], purse: TurnPurse) -> None:
    """Book every call of the purse, each once, and give back what was reserved. The purse is not used any more."""
    calls = [asdict(call) | {"cost": str(call.cost)} for call in purse.calls]
    await spend.settle(
        conn, purse.conversation_id, job_id=purse.job_id, turn=purse.turn, day=purse.day, calls=calls
    )


async def _taken(conn: AsyncConnection[Any], caps: Caps, conversation_id: int) -> spend.Taken:
    """What is gone already, read so that turns at the same time cannot reserve the same dollar.

    Others' reservations are not seen before they commit. There are never more of them than connections, so while more is
    left than all of them could take, turns need not wait for each other. Near the cap each waits for all before it. Which
    it is, is decided before anything is locked, at twice the distance: a turn that has begun beside others and finds
    itself near after all would have to wait for those that wait for it.
    """
    taken = await spend.taken(conn, conversation_id)
    if not caps.per_day:
        return taken
    if _near(caps, taken, distance=2):
        await spend.go_alone(conn)
        return await spend.taken(conn, conversation_id)
    await spend.take_turns(conn)
    taken = await spend.taken(conn, conversation_id)
    if _near(caps, taken, distance=1):
        # As many turns as there are connections came between two statements. Of two who both see that, Postgres ends one
        # (a deadlock), and its job is tried again.
        await spend.go_alone(conn)
        taken = await spend.taken(conn, conversation_id)
    return taken


def _near(caps: Caps, taken: spend.Taken, distance: int) -> bool:
    return caps.per_day - taken.of_day < distance * taken.connections * caps.per_turn
