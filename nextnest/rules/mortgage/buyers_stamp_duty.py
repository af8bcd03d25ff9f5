"""Buyer's stamp duty (BSD)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import DOLLAR, day_in_words, down_to, exact
from nextnest.rules.mortgage.calculation import Calculation, Working, room_shown
from nextnest.rules.mortgage.duty_rules import BSD_OTHER, BSD_RESIDENTIAL
from nextnest.rules.mortgage.inputs import Choice, Inputs, Money
from nextnest.rules.mortgage.values import Bands

VERSION = "bsd/1"
AMOUNT = "the price, or the market value if that is higher"


class Use(StrEnum):
    RESIDENTIAL = "residential"
    NON_RESIDENTIAL = "non_residential"


@dataclass(frozen=True, kw_only=True)
class BsdInputs(Inputs):
    amount: Annotated[Decimal, Money(AMOUNT)]
    use: Annotated[Use, Choice("whether it is a home or other property", Use)]


@dataclass(frozen=True)
class Band:
    """What of the amount lies in one band, its share, and its duty; dollars."""

    amount: Decimal
    share: Decimal
    duty: Decimal


@dataclass(frozen=True, kw_only=True)
class Bsd(Calculation):
    """`raw` before, `duty` after rounding down to the dollar."""

    raw: Decimal
    duty: Decimal
    bands: tuple[Band, ...]


@exact
def buyers_stamp_duty(inputs: BsdInputs, day: date) -> Bsd:
    """The duty on a document signed on `day`."""
    working = Working(day)
    table = working.use(BSD_RESIDENTIAL if inputs.use is Use.RESIDENTIAL else BSD_OTHER)
    working.assume(f"The document is signed under the rules of {day_in_words(day)}.")
    bands = tuple(_bands(inputs.amount, table))
    raw = sum((band.duty for band in bands), Decimal(0))
    return Bsd(
        raw=raw,
        duty=down_to(raw, DOLLAR),
        bands=bands,
        shown=(room_shown("buyers_stamp_duty", raw),),
        basis=working.basis(VERSION),
    )


def _bands(amount: Decimal, table: Bands) -> Iterator[Band]:
    begin = Decimal(0)
    for end, share in table.bands:
        inside = max(min(amount, amount if end is None else end) - begin, Decimal(0))
        if inside:
            yield Band(inside, share, inside * share)
        begin = begin if end is None else end
