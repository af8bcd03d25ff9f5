"""When people are at work in Singapore."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.office_hours import SINGAPORE, OfficeHours, parse_days

USUAL = OfficeHours.parse("Mon-Fri 09:00-19:00, Sat 09:00-14:00")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SINGAPORE)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(23, 9), True),
        (at(23, 8, 59), False),
        (at(23, 18, 59), True),
        (at(23, 19), False),
        (at(28, 13, 59), True),
        (at(28, 14), False),
        (at(29, 12), False),
        (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 0, 59, tzinfo=UTC), False),
    ],
)
def test_the_office_is_open_when_the_week_says_so_in_singapores_time(moment: datetime, is_open: bool) -> None:
    assert USUAL.is_open(moment) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (at(23, 7), at(23, 9)),
        (at(23, 20), at(24, 9)),
        (at(28, 15), at(30, 9)),
        (at(23, 12), None),
        (at(7, 15), at(10, 9)),
        (at(24, 20, month=12), at(26, 9, month=12)),
    ],
    ids=["before work", "evening", "weekend", "open", "Deepavali on a Sunday", "Christmas"],
)
def test_it_opens_next_on_the_first_working_day(moment: datetime, opens: datetime | None) -> None:
    assert USUAL.opens_after(moment) == opens


def test_days_of_the_setting_are_holidays_too() -> None:
    hours = OfficeHours.parse("Mon-Fri 09:00-19:00", parse_days("2026-11-23, 2026-11-29"))
    assert not hours.is_open(at(23, 12))
    assert not hours.is_open(at(30, 12)), "a Sunday's holiday is kept on Monday"


def test_waiting_counts_only_office_time() -> None:
    assert USUAL.after(at(23, 12), 900) == at(23, 12, 15)
    assert USUAL.after(at(23, 18, 50), 900) == at(24, 9, 5)
    assert USUAL.after(at(29, 3), 900) == at(30, 9, 15)


def test_an_office_that_never_opens_neither_hangs_nor_promises() -> None:
    never = OfficeHours(())
    assert never.opens_after(at(23, 12)) is None
    assert never.after(at(23, 12), 900) == at(23, 12, 15)


@given(st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: at(1, 0, month=1) + timedelta(minutes=minutes)))
def test_whenever_it_is_closed_the_next_opening_is_the_first_open_moment(moment: datetime) -> None:
    opens = USUAL.opens_after(moment)
    assert (opens is None) == USUAL.is_open(moment)
    assert opens is None or (opens > moment and USUAL.is_open(opens))


@pytest.mark.parametrize(
    "text", ["Mon-Sun 00:00-24:00", "Mon 09:00-12:00, Mon 13:00-18:00", "Sat 22:00-24:00"]
)
def test_other_weeks_can_be_written_too(text: str) -> None:
    assert OfficeHours.parse(text).spans


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", '"" should be like'),
        ("weekdays 9-5", '"weekdays 9-5" should be like'),
        ("Mon-Fri 9:00-19:00", "should be like"),
        ("Moo 09:00-19:00", '"Moo" is no day'),
        ("Fri-Mon 09:00-19:00", "runs backwards"),
        ("Mon 19:00-09:00", "runs backwards"),
        ("Mon 09:00-25:00", '"25:00" is no time of day'),
        ("Mon-Fri 09:00-19:00, Wed 12:00-20:00", "Wed is named twice"),
        ("Mon 10:00-24:00, Mon 12:00-13:00", "Mon is named twice"),
    ],
)
def test_a_week_that_cannot_be_meant_is_refused_with_the_part_that_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match="Mon-Fri 09:00-19:00") as error:
        OfficeHours.parse(text)
    assert says in str(error.value)


def test_a_day_that_is_none_is_refused() -> None:
    assert parse_days("2027-02-08") == (date(2027, 2, 8),)
    assert parse_days("") == ()
    with pytest.raises(ValueError, match="8 Feb"):
        parse_days("8 Feb 2027")
