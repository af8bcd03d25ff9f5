"""Office hours as a customer reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.web.conftest import AppFor
from web.office import hours

# 09:00 in Singapore is 01:00 UTC; 2026-11-23 is a Monday.
MONDAY_NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
MONDAY_EARLY = datetime(2026, 11, 22, 23, tzinfo=UTC)
MONDAY_EVENING = datetime(2026, 11, 23, 12, tzinfo=UTC)
SATURDAY_EVENING = datetime(2026, 11, 28, 12, tzinfo=UTC)


def at(app_for: AppFor, moment: datetime, **changes: Any) -> dict[str, object]:
    return hours(app_for(**changes).extensions["doors"].settings, moment)


@pytest.mark.parametrize(
    ("moment", "following"),
    [
        (MONDAY_NOON, None),
        (MONDAY_EARLY, "today at 9 am"),
        (MONDAY_EVENING, "tomorrow at 9 am"),
        (SATURDAY_EVENING, "on Monday at 9 am"),
    ],
)
def test_a_customer_reads_when_colleagues_are_there_next(
    app_for: AppFor, moment: datetime, following: str | None
) -> None:
    shown = at(app_for, moment)
    assert (shown["open"], shown["next"]) == (following is None, following)
    assert shown["words"] == "Mon–Fri 9 am–7 pm, Sat 9 am–2 pm"


def test_a_day_more_than_a_week_ahead_is_named_with_its_date(app_for: AppFor) -> None:
    shown = at(
        app_for, MONDAY_EVENING, nextnest_office_hours="Mon 08:30-24:00", nextnest_holidays="2026-11-30"
    )
    assert shown["words"] == "Mon 8.30 am–midnight"
    assert (
        at(
            app_for, SATURDAY_EVENING, nextnest_office_hours="Mon 08:30-24:00", nextnest_holidays="2026-11-30"
        )["next"]
        == "on Monday, 7 December, at 8.30 am"
    )
