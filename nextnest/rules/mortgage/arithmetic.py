"""Exact arithmetic for money: decimals with fifty digits, rounded once, at the end, and never a float."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# A billion dollars over 420 months needs some twenty digits to be right to the cent; fifty leave nothing to argue.
EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
HUNDRED, THOUSAND, DOLLAR, CENT = Decimal(100), Decimal(1_000), Decimal(1), Decimal("0.01")
_DUST = Decimal("1e-20")
# Not strftime: it speaks the language of the machine it runs on.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """Run a calculation in our own context, whatever context the caller has."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(EXACT):
            return function(*args, **kwargs)

    return inside


@exact
def cents(amount: Decimal) -> Decimal:
    """To the nearest cent, half up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@exact
def down_to(amount: Decimal, step: Decimal) -> Decimal:
    """The largest whole multiple of `step` that is not above `amount`."""
    return (_without_dust(amount) / step).to_integral_value(rounding=ROUND_FLOOR) * step + 0


@exact
def up_to(amount: Decimal, step: Decimal) -> Decimal:
    """The smallest whole multiple of `step` that is not below `amount`."""
    return (_without_dust(amount) / step).to_integral_value(rounding=ROUND_CEILING) * step + 0


def _without_dust(amount: Decimal) -> Decimal:
    """A division's last digits must not lift 1,000.00 to 1,001; twenty decimals are far below any cent."""
    return amount.quantize(_DUST)


@exact
def plain(number: Decimal) -> str:
    """The number without an exponent and without zeros that say nothing."""
    return f"{number.normalize():f}"


def dollars(amount: Decimal) -> str:
    """Such as S$1,152,000 or S$9,765.32."""
    return f"S${amount:,.0f}" if amount == amount.to_integral_value() else f"S${amount:,.2f}"


@exact
def percent(share: Decimal) -> str:
    """A share of one as a percentage: 0.55 is 55%."""
    return f"{plain(share * HUNDRED)}%"


def day_in_words(day: date) -> str:
    """Such as 4 July 2025."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
