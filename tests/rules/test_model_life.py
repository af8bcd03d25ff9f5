"""When an operator is told that a model ends."""

from __future__ import annotations

from datetime import date

import pytest

from nextnest.rules.model_life import days_left, ending

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("end", "left", "told"),
    [
        (None, None, None),
        (date(2027, 1, 22), 61, None),
        (date(2027, 1, 21), 60, "within 60 days"),
        (date(2026, 12, 22), 30, "within 30 days"),
        (date(2026, 11, 29), 7, "within 7 days"),
        (date(2026, 11, 23), 1, "within 7 days"),
        (date(2026, 11, 22), 0, "gone"),
        (date(2026, 10, 23), 0, "gone"),
    ],
)
def test_the_nearer_the_end_the_more_urgent(end: date | None, left: int | None, told: str | None) -> None:
    assert days_left(True, end, TODAY) == left
    assert ending(left) == told


def test_a_model_that_is_not_listed_is_gone() -> None:
    assert days_left(False, None, TODAY) == 0
    assert ending(0) == "gone"
