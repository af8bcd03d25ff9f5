"""A question that is a calculation and nothing else, so that a calculator can answer it when no model can.

Only what is certain is read: one amount and a duty, or a loan with its rate and its years. Everything else is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from nextnest.rules.figures import Figure, Kind, figures
from nextnest.rules.mortgage.records import ToolResult

_BSD = re.compile(r"\bbsd\b|\bbuyer'?s stamp duty\b", re.IGNORECASE)
_NOT_A_HOME = re.compile(r"commercial|shophouse|shop\b|office|industrial|warehouse|factory", re.IGNORECASE)
# Whose answer needs to know more than the amount.
_MORE_THAN_BSD = re.compile(
    r"\babsd\b|additional|second|2nd|third|3rd|foreigner|\bpr\b|permanent resident", re.IGNORECASE
)
_INSTALMENT = re.compile(
    r"\b(instal+ments?|monthly (payment|repayment)s?|how much (a|per) month)\b", re.IGNORECASE
)

_ANSWERS = {
    "calculate_bsd": "By our calculator, the buyer's stamp duty (BSD) on {amount} is {buyers_stamp_duty}.",
    "monthly_instalment": "By our calculator, {loan} at {rate}% over {years} years comes to {instalment} a month.",
}
_ENDS = (
    " This is the calculator's figure alone, as I cannot write a longer answer at the moment."
    " Ask for a human colleague any time you would like one."
)


def calculation_asked(texts: Sequence[str]) -> tuple[str, dict[str, object]] | None:
    """The calculator that answers the customer's last words, with its arguments; None when it is not certain."""
    asked = "\n".join(texts)
    found = list(figures(asked))
    if _BSD.search(asked) and not _MORE_THAN_BSD.search(asked):
        return _bsd(asked, found)
    if _INSTALMENT.search(asked):
        return _instalment(found)
    return None


def words(result: ToolResult) -> str | None:
    """The calculator's answer as a message; None when it came to none, or when a person must confirm it."""
    template = _ANSWERS.get(result.name)
    if template is None or not result.outputs or result.needs_confirmation:
        return None
    inputs = result.inputs if isinstance(result.inputs, dict) else {}
    given = {name: _shown(name, value) for name, value in inputs.items()}
    if isinstance(inputs.get("months"), int):
        given["years"] = f"{Decimal(inputs['months']) / 12:f}"
    return template.format(**given, **result.outputs) + _ENDS


def _bsd(asked: str, found: list[Figure]) -> tuple[str, dict[str, object]] | None:
    amount = _only(found, Kind.MONEY)
    if amount is None or _NOT_A_HOME.search(asked):
        return None
    return "calculate_bsd", {"amount": _digits(amount), "use": "residential"}


def _instalment(found: list[Figure]) -> tuple[str, dict[str, object]] | None:
    loan, rate, months = (_only(found, kind) for kind in (Kind.MONEY, Kind.PERCENT, Kind.MONTHS))
    if loan is None or rate is None or months is None:
        return None
    return "monthly_instalment", {
        "loan": _digits(loan),
        "rate": _digits(rate),
        "months": int(months),
    }


def _digits(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _only(found: list[Figure], kind: Kind) -> Decimal | None:
    values = {figure.value for figure in found if figure.kind is kind}
    return values.pop() if len(values) == 1 else None


def _shown(name: str, value: object) -> str:
    return f"S${Decimal(str(value)):,}" if name in {"amount", "loan"} else str(value)
