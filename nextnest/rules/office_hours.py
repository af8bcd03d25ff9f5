"""When people are at work: read strictly from one line of text, in Singapore's time, public holidays taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

SINGAPORE = ZoneInfo("Asia/Singapore")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PART = re.compile(
    r"(?P<first>[A-Z][a-z]{2})(?:-(?P<last>[A-Z][a-z]{2}))? (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)"
)
_LIKE = 'should be like "Mon-Fri 09:00-19:00, Sat 09:00-14:00"'

# Holidays Act 1998, section 4: these days every year, and the Monday after one that falls on a Sunday.
_EVERY_YEAR = ((1, 1), (5, 1), (8, 9), (12, 25))
# Those that move, as the Ministry of Manpower gazettes them about half a year before the year begins
# (mom.gov.sg/employment-practices/public-holidays). Later years come by NEXTNEST_HOLIDAYS.
_MOVABLE = (
    date(2026, 2, 17),  # Chinese New Year
    date(2026, 2, 18),
    date(2026, 3, 21),  # Hari Raya Puasa
    date(2026, 4, 3),  # Good Friday
    date(2026, 5, 27),  # Hari Raya Haji
    date(2026, 5, 31),  # Vesak Day, a Sunday
    date(2026, 11, 8),  # Deepavali, a Sunday
)
# Whoever is closed longer than this has made a mistake in the setting.
_LOOK_AHEAD_DAYS = 60


@dataclass(frozen=True)
class Span:
    """Open from `opens` to `closes` on one weekday, 0 for Monday; `closes` is not part of it, 00:00 is midnight."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class OfficeHours:
    """The week's spans, in order, and the days on which nobody is there whatever the week says."""

    spans: tuple[Span, ...]
    holidays: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, text: str, more_holidays: Iterable[date] = ()) -> OfficeHours:
        """Days and times separated by commas; ValueError says what is wrong with which part."""
        spans = sorted((span for part in text.split(",") for span in _spans(part.strip())), key=_order)
        for one, following in pairwise(spans):
            if one.weekday == following.weekday and (one.closes == time() or following.opens < one.closes):
                raise ValueError(f"{_DAYS[one.weekday]} is named twice for the same time: {_LIKE}")
        return cls(tuple(spans), frozenset(_with_mondays([*_MOVABLE, *more_holidays])))

    def is_open(self, moment: datetime) -> bool:
        """Whether somebody is at work at this moment (aware, any zone)."""
        return any(opens <= moment < closes for opens, closes in self._openings(moment))

    def opens_after(self, moment: datetime) -> datetime | None:
        """When work begins next; None while it is on, or when it never does."""
        if self.is_open(moment):
            return None
        return next((opens for opens, _ in self._openings(moment) if opens > moment), None)

    def after(self, moment: datetime, seconds: float) -> datetime:
        """The moment when so many seconds of office time have passed since; as if always open when it never is."""
        left = timedelta(seconds=seconds)
        for opens, closes in self._openings(moment):
            begins = max(opens, moment)
            if closes - begins > left:
                return begins + left
            left -= max(closes - begins, timedelta())
        return moment + timedelta(seconds=seconds)

    def _openings(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Openings from the day of this moment on, in Singapore's time."""
        first = moment.astimezone(SINGAPORE).date()
        for day in (first + timedelta(days=number) for number in range(_LOOK_AHEAD_DAYS)):
            if self._is_holiday(day):
                continue
            for span in self.spans:
                if span.weekday == day.weekday():
                    end = day if span.closes > time() else day + timedelta(days=1)
                    yield (
                        datetime.combine(day, span.opens, SINGAPORE),
                        datetime.combine(end, span.closes, SINGAPORE),
                    )

    def _is_holiday(self, day: date) -> bool:
        return day in self.holidays or day in _with_mondays(date(day.year, *each) for each in _EVERY_YEAR)


def parse_days(text: str) -> tuple[date, ...]:
    """Days such as "2027-02-08, 2027-03-10"; ValueError names one that is none. Empty for an empty text."""
    return tuple(date.fromisoformat(part.strip()) for part in text.split(",") if part.strip())


def _spans(part: str) -> Iterator[Span]:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f'"{part}" {_LIKE}')
    first, last = _weekday(found["first"]), _weekday(found["last"] or found["first"])
    opens, closes = _time(found["opens"]), _time(found["closes"])
    if last < first or (opens >= closes and closes != time()):
        raise ValueError(f'"{part}" runs backwards: {_LIKE}')
    for weekday in range(first, last + 1):
        yield Span(weekday, opens, closes)


def _weekday(name: str) -> int:
    if name not in _DAYS:
        raise ValueError(f'"{name}" is no day, they are {", ".join(_DAYS)}: {_LIKE}')
    return _DAYS.index(name)


def _time(text: str) -> time:
    try:
        return time() if text == "24:00" else time.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is no time of day: {_LIKE}') from None


def _order(span: Span) -> tuple[int, time]:
    return span.weekday, span.opens


def _with_mondays(days: Iterable[date]) -> Iterator[date]:
    """A holiday on a Sunday makes the Monday one, too."""
    for day in days:
        yield day
        if day.weekday() == _DAYS.index("Sun"):
            yield day + timedelta(days=1)
