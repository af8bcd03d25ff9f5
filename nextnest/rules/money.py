"""What calls of the model cost, and how much of it a turn may spend. US dollars as Decimal, exact to the micro-dollar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from nextnest.models import Usage

_MILLION = Decimal(1_000_000)
# The database keeps six places. A fraction is booked as a whole one: never less than it costs.
MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens: read anew, read from the provider's cache, and written."""

    input: Decimal
    cached_input: Decimal
    output: Decimal


# For a model whose price nobody has set: five times the dearest we know of, which was 2 and 10 in November 2026
# (gpt-6-sol). Caps are reached too early then, never too late.
DEAR = Price(input=Decimal(10), cached_input=Decimal(10), output=Decimal(50))


def cost(usage: Usage, price: Price) -> Decimal:
    """Dollars for tokens the provider counted; thinking is part of what it wrote."""
    cached = min(usage.cached_tokens, usage.input_tokens)
    return _dollars(
        (usage.input_tokens - cached) * price.input
        + cached * price.cached_input
        + usage.output_tokens * price.output
    )


def worst_case(input_tokens: int, output_tokens: int, price: Price) -> Decimal:
    """Dollars for at most so many tokens, when the provider remembers none of them."""
    return _dollars(input_tokens * max(price.input, price.cached_input) + output_tokens * price.output)


def price_of(model: str, prices: Mapping[str, Price]) -> Price:
    """The price as set, or the dear one."""
    return prices.get(model, DEAR)


@dataclass(frozen=True)
class Caps:
    """The most a turn, a conversation and a day may cost in dollars; 0 is no cap."""

    per_turn: Decimal
    per_conversation: Decimal
    per_day: Decimal


@dataclass(frozen=True)
class Allowance:
    """What one turn may spend: `dollars` (None: no cap), and the cap that leaves no more: turn, conversation or day."""

    dollars: Decimal | None
    cap: str


def allowance(caps: Caps, *, of_conversation: Decimal, of_day: Decimal) -> Allowance:
    """What a turn may spend when conversation and day have spent or promised this much already."""
    left = {
        "turn": caps.per_turn or None,
        "conversation": _left(caps.per_conversation, of_conversation),
        "day": _left(caps.per_day, of_day),
    }
    capped = {name: dollars for name, dollars in left.items() if dollars is not None}
    if not capped:
        return Allowance(None, "none")
    cap = min(capped, key=lambda name: capped[name])
    return Allowance(capped[cap], cap)


def _left(cap: Decimal, taken: Decimal) -> Decimal | None:
    return max(Decimal(0), cap - taken) if cap else None


def _dollars(per_million: Decimal) -> Decimal:
    return (per_million / _MILLION).quantize(MICRO, ROUND_CEILING)
