"""Chatwoot's limits on what is stored."""

from sandbox.chatwoot.errors import RecordInvalid
from sandbox.chatwoot.formats import Json

ATTRIBUTE_TEXT_LIMIT = 1500
ATTRIBUTE_NUMBER_LIMIT = 9_999_999_999
VARCHAR_LIMIT = 255


def check_attributes(field: str, attributes: Json) -> None:
    """Texts and integers only; floats, lists and objects pass unchecked. Raises RecordInvalid."""
    for key, value in attributes.items():
        if isinstance(value, str) and len(value) > ATTRIBUTE_TEXT_LIMIT:
            raise RecordInvalid({field: f"{key} length should be < {ATTRIBUTE_TEXT_LIMIT}"})
        if isinstance(value, int) and not isinstance(value, bool) and value > ATTRIBUTE_NUMBER_LIMIT:
            raise RecordInvalid({field: f"{key} value should be < {ATTRIBUTE_NUMBER_LIMIT}"})


def check_length(value: str) -> str | None:
    """The complaint about a text too long for its column, if it is."""
    if len(value) > VARCHAR_LIMIT:
        return f"is too long (maximum is {VARCHAR_LIMIT} characters)"
    return None
