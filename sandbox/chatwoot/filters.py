"""The query language of the filter endpoints: conditions joined by AND and OR, read from left to right."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from sandbox.chatwoot.errors import InternalError, Unprocessable
from sandbox.chatwoot.formats import Json

TEXT = ("equal_to", "not_equal_to", "contains", "does_not_contain")
EQUALITY = ("equal_to", "not_equal_to")
PRESENCE = ("equal_to", "not_equal_to", "is_present", "is_not_present")
DATES = ("is_greater_than", "is_less_than", "days_before")
CONTACT_OPERATORS: dict[str, tuple[str, ...]] = {
    "name": TEXT,
    "phone_number": (*TEXT, "starts_with"),
    "email": TEXT,
    "identifier": EQUALITY,
    "country_code": EQUALITY,
    "city": TEXT,
    "company_name": TEXT,
    "labels": PRESENCE,
    "created_at": DATES,
    "last_activity_at": DATES,
    "blocked": EQUALITY,
}
CONVERSATION_OPERATORS: dict[str, tuple[str, ...]] = {
    "status": EQUALITY,
    "assignee_id": PRESENCE,
    "inbox_id": PRESENCE,
    "team_id": PRESENCE,
    "contact_id": PRESENCE,
    "priority": EQUALITY,
    "display_id": TEXT,
    "campaign_id": PRESENCE,
    "labels": PRESENCE,
    "browser_language": EQUALITY,
    "conversation_language": EQUALITY,
    "referer": TEXT,
    "created_at": DATES,
    "last_activity_at": DATES,
    "mail_subject": TEXT,
}
CUSTOM_OPERATORS = (*TEXT, "is_present", "is_not_present", "is_greater_than", "is_less_than")
DAY_S = 86_400

Lookup = Callable[[str], Any]
"""Gives a row's value under a filter key."""


def check(conditions: Any, operators: dict[str, tuple[str, ...]], defined: Collection[str]) -> list[Json]:
    """Raises Unprocessable for a key, operator or value Chatwoot does not know."""
    if not isinstance(conditions, list) or not all(isinstance(each, dict) for each in conditions):
        raise InternalError
    for position, condition in enumerate(conditions):
        _check_one(condition, operators, defined)
        _check_joint(condition, is_last=position == len(conditions) - 1)
    return conditions


def matches(conditions: list[Json], lookup: Lookup) -> bool:
    """Whether a row satisfies checked conditions; SQL's rule, AND before OR."""
    alternatives: list[list[bool]] = [[]]
    for condition in conditions:
        alternatives[-1].append(_holds(condition, lookup))
        if str(condition.get("query_operator") or "").upper() == "OR":
            alternatives.append([])
    return any(all(group) for group in alternatives)


def _check_one(condition: Json, operators: dict[str, tuple[str, ...]], defined: Collection[str]) -> None:
    key, operator = condition.get("attribute_key"), condition.get("filter_operator")
    if key not in operators and key not in defined:
        known = ", ".join([*operators, *defined])
        raise Unprocessable(
            f"Invalid attribute key - [{key}]. The key should be one of [{known}] or a custom one"
        )
    allowed = operators.get(str(key), CUSTOM_OPERATORS)
    if operator not in allowed:
        raise Unprocessable(f"Invalid operator. The allowed operators for {key} are [{','.join(allowed)}].")
    needs_value = operator not in ("is_present", "is_not_present")
    if needs_value and not _values(condition):
        raise Unprocessable(f"Invalid value. The values provided for {key} are invalid")


def _check_joint(condition: Json, *, is_last: bool) -> None:
    joint = condition.get("query_operator")
    if is_last and joint:
        raise InternalError  # broken SQL
    if not is_last and str(joint).upper() not in ("AND", "OR"):
        raise Unprocessable('Query operator must be either "AND" or "OR".')


def _holds(condition: Json, lookup: Lookup) -> bool:
    key, operator = str(condition["attribute_key"]), condition["filter_operator"]
    actual = lookup(key)
    if operator in ("is_present", "is_not_present"):
        return bool(actual) is (operator == "is_present")
    wanted = [_folded(value) for value in _values(condition)]
    if operator in DATES:
        return _compare(operator, actual, str(wanted[0]))
    texts = {_folded(each) for each in (actual if isinstance(actual, list) else [actual])}
    match operator:
        case "equal_to":
            return "all" in wanted if key == "status" and "all" in wanted else bool(texts & set(wanted))
        case "not_equal_to":
            return not texts & set(wanted)
        case "contains":
            return any(value in text for text in texts for value in wanted)
        case "does_not_contain":
            return not any(value in text for text in texts for value in wanted)
        case _:
            return any(text.startswith(value) for text in texts for value in wanted)


def _compare(operator: str, actual: Any, wanted: str) -> bool:
    if actual is None:
        return False
    if operator == "days_before":
        return float(actual) < time.time() - float(wanted) * DAY_S
    limit = _moment(wanted)
    return float(actual) > limit if operator == "is_greater_than" else float(actual) < limit


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _values(condition: Json) -> list[Any]:
    values = condition.get("values")
    if isinstance(values, list):
        return [value for value in values if value is not None]
    return [] if values is None else [values]


def _folded(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).lower()
