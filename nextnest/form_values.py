"""Reading single values of the lead form: odd but honest input is understood, anything else is named, nothing is guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat

T = TypeVar("T")
Read = Callable[[Any], T]

_SINGAPORE = 65
_EXPECTED_PHONE = (
    "a Singapore number of 8 digits such as 9123 4567, or one with its country code such as +60 12 345 6789"
)
_DIALLED = re.compile(r"\+?[\d\s()./-]+")
# Eight digits; new ranges open faster than number libraries are updated, so only the first digit is judged.
_SINGAPORE_NUMBER = re.compile(r"[3689]\d{7}")
# What names are written with beside letters: O'Brien-Tan, Muthu s/o Raju, Tan Ah Kow @ John Tan, 阿里·艾山, Lim (Mrs).
_IN_NAMES = frozenset(" -'’ʼ`.,/()@·&")
_AMOUNT = re.compile(
    r"(?:s\$|sgd|\$)?\s*(?P<number>\d{1,3}(?:[ ,']\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?)"
    r"\s*(?P<unit>k|m|mil|million)?\s*(?:sgd)?"
)
_UNITS = {"k": 1_000, "m": 1_000_000, "mil": 1_000_000, "million": 1_000_000}
_PERCENT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*%?(?:\s*p\.?a\.?)?")
_WHOLE = re.compile(r"(?P<number>\d{1,9})(?:\.0+)?")


class Unreadable(ValueError):
    """A value that cannot be understood; `expected` says in a few words what would be."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def name(value: object) -> str:
    """A person's name in any script: 2 to 100 characters, or one that is not of the Latin alphabet."""
    expected = "a name of 2 to 100 characters (letters, spaces, hyphens, apostrophes)"
    if not isinstance(value, str):
        raise Unreadable(expected)
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if len(text) > 100 or not any(character.isalpha() for character in text):
        raise Unreadable(expected)
    if len(text) == 1 and unicodedata.name(text, "").startswith("LATIN"):
        raise Unreadable(expected)
    if not all(_may_stand_in_a_name(character) for character in text):
        raise Unreadable(expected)
    return text


def _may_stand_in_a_name(character: str) -> bool:
    return character in _IN_NAMES or unicodedata.category(character)[0] in "LMN"


def email(value: object) -> str:
    """An e-mail address, normalised. Whether it is delivered to is not asked: that would be a network call."""
    try:
        return validate_email(str(value).strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise Unreadable("an e-mail address such as name@example.com") from None


def phone(value: object) -> str:
    """A phone number in E.164. Without a country code it is Singapore's."""
    written = unicodedata.normalize("NFKC", str(value)).strip()
    # phonenumbers would read letters as the keys of a telephone: a slip would become somebody else's number.
    if not _DIALLED.fullmatch(written):
        raise Unreadable(_EXPECTED_PHONE)
    digits = re.sub(r"\D", "", written)
    abroad = written.startswith("+") or digits.startswith("00")
    international = digits.removeprefix("00") if abroad else digits
    local = international.removeprefix("65") if len(international) == 10 else international
    if _SINGAPORE_NUMBER.fullmatch(local) and not (abroad and local == international):
        return f"+65{local}"
    if not abroad:
        raise Unreadable(_EXPECTED_PHONE)
    return _foreign_phone(f"+{international}")


def _foreign_phone(written: str) -> str:
    try:
        number = phonenumbers.parse(written, None)
    except NumberParseException:
        raise Unreadable(_EXPECTED_PHONE) from None
    if number.country_code == _SINGAPORE or not phonenumbers.is_valid_number(number):
        raise Unreadable(_EXPECTED_PHONE)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def money(most: int) -> Read[Decimal]:
    """Reads dollars from 0 to `most`: 8500, "8,500", "S$8500.50", "800k", "1.2m"."""

    def read(value: object) -> Decimal:
        amount = _amount(value)
        if amount is None or amount > most:
            raise Unreadable(f"an amount in dollars from 0 to {most:,}")
        return amount

    return read


def _amount(value: object) -> Decimal | None:
    if isinstance(value, str):
        match = _AMOUNT.fullmatch(_plain(value))
        return _number(match) * _UNITS.get(match["unit"] or "", 1) if match else None
    number = _json_number(value)
    return number if number is not None and number >= 0 else None


def percent(most: int) -> Read[Decimal]:
    """Reads a rate in percent a year from 0 to `most`: 3.5, "3.5%", "3.5 % p.a."."""

    def read(value: object) -> Decimal:
        match = _PERCENT.fullmatch(_plain(value)) if isinstance(value, str) else None
        number = _number(match) if match else _json_number(value)
        if number is None or not 0 <= number <= most:
            raise Unreadable(f"a rate in percent from 0 to {most}")
        return number

    return read


def whole(least: int, most: int) -> Read[int]:
    """Reads a whole number from `least` to `most`, as a number or as text."""

    def read(value: object) -> int:
        match = _WHOLE.fullmatch(_plain(value)) if isinstance(value, str) else None
        number = _number(match) if match else _json_number(value)
        if number is None or number != number.to_integral_value() or not least <= number <= most:
            raise Unreadable(f"a whole number from {least} to {most}")
        return int(number)

    return read


def text(most: int) -> Read[str]:
    """Reads a text of at most `most` characters; a number counts as its digits."""

    def read(value: object) -> str:
        written = str(value).strip()
        if isinstance(value, bool | dict | list) or len(written) > most:
            raise Unreadable(f"a text of at most {most} characters")
        return written

    return read


def is_absent(value: object) -> bool:
    """Nothing was given: null, or a field left empty."""
    return value is None or (isinstance(value, str) and not value.strip())


def listed(value: object) -> list[tuple[str, object]]:
    """The items of a list, of an object such as {"0": 30, "1": null}, or a single value; each with its place.

    Empty items are left out. Raises Unreadable for an object with other keys.
    """
    if isinstance(value, dict):
        if not all(key.isascii() and key.isdigit() for key in value):
            raise Unreadable("a list, one entry per applicant")
        items = [(key, value[key]) for key in sorted(value, key=int)]
    elif isinstance(value, list):
        items = [(str(place), item) for place, item in enumerate(value)]
    else:
        items = [("", value)]
    return [(place, item) for place, item in items if not is_absent(item)]


def key_of(value: object) -> str:
    """How choices are compared: "New Purchase", "new-purchase" and "new_purchase" are the same."""
    written = unicodedata.normalize("NFKC", str(value)).lower()
    return re.sub(r"[^a-z0-9]+", "_", written).strip("_")


def _plain(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().lower()


def _number(match: re.Match[str]) -> Decimal:
    return Decimal(re.sub(r"[ ,']", "", match["number"]))


def _json_number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
