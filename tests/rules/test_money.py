"""What a call costs and what a turn may spend."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.models import Usage
from nextnest.rules.money import DEAR, Caps, Price, allowance, cost, price_of, worst_case

LUNA = Price(input=Decimal("0.10"), cached_input=Decimal("0.01"), output=Decimal("0.50"))
CAPS = Caps(per_turn=Decimal("0.20"), per_conversation=Decimal(5), per_day=Decimal(100))
TOKENS = st.integers(0, 2_000_000)


@pytest.mark.parametrize(
    ("tokens", "dollars"),
    [
        ({"input_tokens": 1_000_000}, "0.10"),
        ({"output_tokens": 1_000_000}, "0.50"),
        ({"input_tokens": 1_000_000, "cached_tokens": 1_000_000}, "0.01"),
        # 500 x 0.10 + 1,000 x 0.01 + 250 x 0.50 = 185 millionths.
        ({"input_tokens": 1500, "cached_tokens": 1000, "output_tokens": 250}, "0.000185"),
        # A tenth of a millionth is booked as a whole one.
        ({"input_tokens": 1}, "0.000001"),
        ({}, "0"),
    ],
)
def test_a_call_costs_what_its_tokens_cost_to_the_micro_dollar(tokens: dict[str, Any], dollars: str) -> None:
    assert cost(Usage(**tokens), LUNA) == Decimal(dollars)


@given(TOKENS, TOKENS, TOKENS)
def test_no_call_costs_more_than_its_worst_case(input_tokens: int, cached: int, output_tokens: int) -> None:
    usage = Usage(input_tokens=input_tokens, cached_tokens=cached, output_tokens=output_tokens)
    for price in (LUNA, DEAR):
        assert 0 <= cost(usage, price) <= worst_case(input_tokens, output_tokens, price)


def test_a_model_without_a_price_is_dear() -> None:
    assert price_of("gpt-6-luna", {"gpt-6-luna": LUNA}) == LUNA
    assert price_of("gpt-7", {"gpt-6-luna": LUNA}) == DEAR
    assert cost(Usage(input_tokens=10_000, output_tokens=600), DEAR) == Decimal("0.13")


@pytest.mark.parametrize(
    ("of_conversation", "of_day", "dollars", "cap"),
    [
        ("0", "0", "0.20", "turn"),
        ("4.90", "0", "0.10", "conversation"),
        ("0", "99.99", "0.01", "day"),
        ("5", "0", "0", "conversation"),
        ("7", "0", "0", "conversation"),
        ("0", "100", "0", "day"),
    ],
)
def test_a_turn_may_spend_what_the_nearest_cap_leaves(
    of_conversation: str, of_day: str, dollars: str, cap: str
) -> None:
    allowed = allowance(CAPS, of_conversation=Decimal(of_conversation), of_day=Decimal(of_day))
    assert (allowed.dollars, allowed.cap) == (Decimal(dollars), cap)


def test_zero_is_no_cap() -> None:
    none = Caps(Decimal(0), Decimal(0), Decimal(0))
    assert allowance(none, of_conversation=Decimal(1000), of_day=Decimal(1000)).dollars is None
    day_only = Caps(Decimal(0), Decimal(0), Decimal(3))
    assert allowance(day_only, of_conversation=Decimal(1000), of_day=Decimal(1)).dollars == 2
