"""Seller's stamp duty (SSD) on a home: by the day it was bought, and how long it was held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import DOLLAR, down_to, exact, percent
from nextnest.rules.mortgage.calculation import Calculation, Shown, Working, room_shown
from nextnest.rules.mortgage.duty_rules import SSD
from nextnest.rules.mortgage.inputs import Day, Inputs, Money, Unusable

VERSION = "ssd/1"
# IRAS has not confirmed to us on which side of a step the anniversary itself lies, and what day counts as the day of
# buying or selling depends on the papers: so near a step a person looks.
_TOO_NEAR = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class SsdInputs(Inputs):
    amount: Annotated[Decimal, Money("the selling price, or the market value if that is higher")]
    bought_on: Annotated[
        date, Day("the day the home was bought (when the option was exercised or the agreement signed)")
    ]
    sold_on: Annotated[date, Day("the day the home is sold")]


@dataclass(frozen=True, kw_only=True)
class Ssd(Calculation):
    """`year` is the year of holding in which the home is sold, from 1; `free_from` the day after which nothing is due."""

    share: Decimal
    raw: Decimal
    duty: Decimal
    year: int
    free_after: date


@exact
def sellers_stamp_duty(inputs: SsdInputs, day: date) -> Ssd:
    """The duty under the schedule of the day the home was bought. Raises Unusable when it is sold before it is bought."""
    if inputs.sold_on < inputs.bought_on:
        raise Unusable("sold_on", "must not be before the day the home was bought")
    working = Working(day)
    shares = working.use(SSD, inputs.bought_on)
    ends = [anniversary(inputs.bought_on, year) for year in range(1, len(shares) + 1)]
    if any(abs(inputs.sold_on - end) <= _TOO_NEAR for end in ends):
        working.confirm(
            "The sale is within three days of a step of the duty: a person must confirm which side it is on."
        )
    past = sum(inputs.sold_on > end for end in ends)
    share = shares[past] if past < len(shares) else Decimal(0)
    raw = inputs.amount * share
    return Ssd(
        share=share,
        raw=raw,
        duty=down_to(raw, DOLLAR),
        year=past + 1,
        free_after=ends[-1],
        shown=(Shown("share", percent(share)), room_shown("sellers_stamp_duty", raw)),
        basis=working.basis(VERSION),
    )


def anniversary(day: date, years: int) -> date:
    """The same day of a later year; of 29 February, the 28th."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + years, day=28 if is_leap_day else day.day)
