"""Days and months as people write them: 4 Jul 2025, July 4th, 2025-07-04, 4/7/2025, 2025年7月4日, in July, July 2025.

A day is one number: year, month and day side by side, 20250704. What is not said is zero: 704 is a day of July in no year,
20250700 the July of a year, 700 any July. Day before month, as in Singapore. A year alone is a plain number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

# English, Malay and Tamil.
_NAMES = (
    "jan january januari ஜனவரி",
    "feb february februari ஃபிப்ரவரி பிப்ரவரி",
    "mar march mac மார்ச்",
    "apr april ஏப்ரல்",
    "may mei மே",
    "jun june ஜூன்",
    "jul july julai ஜூலை",
    "aug august ogos ஆகஸ்ட் ஆகஸ்டு",
    "sep sept september செப்டம்பர்",
    "oct october oktober அக்டோபர்",
    "nov november நவம்பர்",
    "dec december disember டிசம்பர்",
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
# "Two may be enough" names no day of May, and "may" alone hardly ever a month.
_NO_VERB = r"(?! (?:be|not|have|need|also|still|well|or|get|want|apply|qualify|take|help|make|differ|vary)\b)"
_NAMED = rf"(?P<month%s>{_NAME})(?![a-z\u0b80-\u0bff])\.?{_NO_VERB}"
_ALONE = "|".join(
    name for name in sorted(_MONTHS, key=len, reverse=True) if name not in {"may", "mac", "mar", "மே"}
)
_YEAR = r"(?:19|20)\d\d(?!\d)"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_FORMS = 7
PATTERN = (
    rf"(?<!\d)(?P<year1>(?:19|20)\d\d)(?P<sign1>[-/.])(?P<month1>{_MONTH})(?P=sign1)(?P<day1>{_DAY})(?!\d)"
    rf"|(?<![\d/.])(?P<day2>{_DAY})(?P<sign2>[-/.])(?P<month2>{_MONTH})(?P=sign2)(?P<year2>{_YEAR})"
    rf"|(?<!\d)(?:(?P<year3>(?:19|20)\d\d) ?年 ?)?(?P<month3>{_MONTH}) ?月(?: ?(?P<day3>{_DAY}) ?[日号號])?"
    rf"|(?<!\d)(?P<day4>{_DAY})(?:st|nd|rd|th|hb)?(?: of|-)? ?{_NAMED % 4}(?:,? ?(?P<year4>{_YEAR}))?"
    rf"|(?<![a-z]){_NAMED % 5} (?P<day5>{_DAY})(?:st|nd|rd|th)?(?!\d|[.,]\d|%)(?:,? (?P<year5>{_YEAR}))?"
    rf"|(?<![a-z]){_NAMED % 6}(?:,| of)? ?(?P<year6>{_YEAR})"
    rf"|(?<![a-z])(?:in|by|since|until|till|from|before|after|during|early|late|mid|end|pada|bulan) (?:of )?"
    rf"(?P<month7>{_ALONE})(?![a-z\u0b80-\u0bff])"
)


def read(match: re.Match[str]) -> tuple[Decimal, str] | None:
    """The day a match of PATTERN names, and the bare number as it stood: the day's, or the month's."""
    parts = match.groupdict()
    for form in range(1, _FORMS + 1):
        if month := parts[f"month{form}"]:
            day, year = parts.get(f"day{form}"), parts.get(f"year{form}")
            number = _MONTHS.get(month) or int(month)
            return Decimal(int(year or 0) * 10_000 + number * 100 + int(day or 0)), day or str(number)
    return None


def meanings(value: Decimal) -> Iterator[Decimal]:
    """A day and what else is said by it: the day without its year, its month with and without."""
    year, month, day = value // 10_000, value % 10_000 // 100, value % 100
    yield from dict.fromkeys((value, month * 100 + day, year * 10_000 + month * 100, month * 100))


def is_part_of_year(value: Decimal) -> bool:
    """Quarters and halves are written between the days of a month and the first year (figures.py)."""
    return 10_000 < value < 19_000_000


def year_of(value: Decimal) -> Decimal | None:
    """The year of a day, if it has one."""
    return value // 10_000 if value >= 19_000_000 else None
