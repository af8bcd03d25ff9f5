"""Every figure in a text: amounts, percentages, durations, dates and times, in digits or in words.

"S$1.5m", "1,500,000" and "1.5 mil" are one figure, and so are "2 years" and "24 months". Reads English, and the
usual ways of Chinese, Malay and Tamil.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from nextnest.rules import dates
from nextnest.rules.numerals import in_digits


class Kind(StrEnum):
    """What a figure measures; durations are in months, or in minutes when shorter than a month; ages in years; days as
    dates.py writes them."""

    MONEY = "money"
    PERCENT = "percent"
    MONTHS = "months"
    MINUTES = "minutes"
    AGE = "age"
    DATE = "date"
    TIME = "time"
    COUNT = "count"
    PLAIN = "plain"


@dataclass(frozen=True)
class Figure:
    """One figure: `value` in the unit of its kind, `written` the bare number as it stood, `text` with its unit."""

    kind: Kind
    value: Decimal
    written: Decimal
    text: str
    start: int = field(default=0, compare=False)  # where it stands in the normalised text


@dataclass(frozen=True)
class _Found:
    figure: Figure
    start: int
    end: int
    factor: Decimal  # what "k" or "million" behind it multiplied it by
    has_currency: bool


_MAGNITUDES = {
    **dict.fromkeys(("k", "thousand", "ribu", "千", "ஆயிர"), Decimal(1_000)),
    **dict.fromkeys(("hundred", "ratus", "百"), Decimal(100)),
    **dict.fromkeys(
        ("m", "mil", "mio", "mln", "million", "millions", "juta", "百万", "百萬", "மில்லிய"),
        Decimal(1_000_000),
    ),
    **dict.fromkeys(("lakh", "lakhs", "லட்ச", "இலட்ச"), Decimal(100_000)),
    **dict.fromkeys(("crore", "கோடி"), Decimal(10_000_000)),
    **dict.fromkeys(("b", "bn", "billion"), Decimal(1_000_000_000)),
    **dict.fromkeys(("万", "萬"), Decimal(10_000)),
    **dict.fromkeys(("亿", "億"), Decimal(100_000_000)),
}
_MINUTES_A_DAY = Decimal(24 * 60)
# Pattern of a unit, its kind, and what one of it is in the unit of the kind.
_UNITS: tuple[tuple[str, Kind, Decimal], ...] = (
    (
        r"%|percentage points?|percent|per cent|pct|p\.c\.|巴仙|peratus|சதவீத|சதவிகித|விழுக்காடு",
        Kind.PERCENT,
        Decimal(1),
    ),
    (r"basis points?|bps", Kind.PERCENT, Decimal("0.01")),
    (
        r"(?:years?|yrs?)[ -](?:old|of age|young)|y/o|yo|岁|歲|tahun umur|வயத",
        Kind.AGE,
        Decimal(1),
    ),
    (r"years?|yrs?|年|tahun|ஆண்ட|வருட", Kind.MONTHS, Decimal(12)),
    (r"months?|mths?|个月|個月|bulan|மாத", Kind.MONTHS, Decimal(1)),
    (r"weeks?|wks?|周|星期|礼拜|禮拜|minggu|வார", Kind.MINUTES, 7 * _MINUTES_A_DAY),
    (r"(?:(?:working|business|calendar) )?days?|天|hari|நாட்|நாள்", Kind.MINUTES, _MINUTES_A_DAY),
    (r"hours?|hrs?|小时|小時|jam|மணி ?நேர", Kind.MINUTES, Decimal(60)),
    (r"minutes?|mins?|分钟|分鐘|minit|நிமிட", Kind.MINUTES, Decimal(1)),
    (r"dollars?|bucks|sgd|元|块|塊|新币|新幣|ringgit|வெள்ளி|டாலர்", Kind.MONEY, Decimal(1)),
    (
        r"(?:(?:quick|short|simple|main|key|common|broad|possible|important|different|small|more|other|follow-up) )*"
        r"(?:options?|questions?|things?|points?|ways?|steps?|items?|choices?|documents?|details?|parts?|reasons?"
        r"|factors?|kinds?|types?|areas?|scenarios?|routes?|figures|numbers|applicants?|borrowers?|kids?|child(?:ren)?"
        r"|bedrooms?|rooms?|homes?|houses?|properties|cars?|people|persons?|soalan|pilihan|perkara|langkah)"
        r"|个(?:问题|選擇|选择|方面|步骤)|点|步|种",
        Kind.COUNT,
        Decimal(1),
    ),
)
# What follows the stem of a Tamil word.
_TAMIL_END = r"[\u0b80-\u0bff]*"
_MAGNITUDE = "|".join(sorted(_MAGNITUDES, key=len, reverse=True))
_UNIT = "|".join(f"(?P<u{index}>{pattern})" for index, (pattern, _, _) in enumerate(_UNITS))
_FIGURE = re.compile(
    rf"{dates.PATTERN}"
    r"|(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))? ?(?P<half>am|pm|a\.m\.|p\.m\.)(?![a-z])"
    r"|(?P<hour2>\d{1,2}):(?P<minute2>\d{2})(?!\d)"
    r"|(?<![a-z\d])(?:q ?(?P<quarter>[1-4])|(?P<quarter2>[1-4]) ?q)(?=(?: ?20\d\d|'\d\d)?(?!\w))"
    r"|(?P<quarter3>1st|2nd|3rd|4th|first|second|third|fourth|last) quarter"
    r"|第?(?P<quarter4>[1-4一二三四])季度?"
    r"|(?<![a-z\d])(?:h(?P<half_year>[12])|(?P<half_year2>[12])h)(?!\w)"
    r"|(?P<half_year3>1st|2nd|first|second) half (?=of |20)"
    rf"|(?P<aged>(?<![a-z])(?:i'm|i am|im|aged?|ages|turning|umur(?: saya)?|berumur)"
    r" (?:is |of )?|(?:今年|年龄|年齡))?"
    r"(?P<label>(?:option|step|question|part|scenario|choice) )?"
    r"(?:(?P<currency>s\$|us\$|sgd|usd|rm|\$|€|£|¥) ?)?"
    r"(?P<number>\d{1,3}(?:[,']\d{3})+(?:\.\d+)?(?![\d])|\d{1,3}(?: \d{3}){2,}(?!\d)|\d+(?:\.\d+)?|\.\d+)"
    rf"(?: ?(?P<magnitude>{_MAGNITUDE}){_TAMIL_END}(?![a-z]))?"
    rf"(?:[ -]{{0,2}}(?:{_UNIT}){_TAMIL_END}(?![a-z]))?"
)
_PARTS_OF_YEAR = {
    10_000: ("quarter", "quarter2", "quarter3", "quarter4"),
    20_000: ("half_year", "half_year2", "half_year3"),
}
_LAST_DAY = 1231
_ORDINALS = {
    word: number
    for number, words in enumerate(("first 一", "second 二", "third 三", "fourth last 四"), start=1)
    for word in words.split()
}
# "I'm 33 years" is an age, "I'm 5 years into the loan" is not.
_ADULT = 18
_RANGE = re.compile(r"^ ?(?P<sign>-|~|to|or|and|至|到|hingga|atau) ?$")
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
_FRACTION = re.compile(r"(\d*) ?([½¼¾])")
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_ABOUT_RATES = re.compile(r"rate|interest|percent|per cent|%|sora|利率|利息|kadar|faedah|வட்டி")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")


def figures(text: str) -> list[Figure]:
    """The figures of a text in order; "2 to 3%" is two percentages, and "500-600k" two amounts."""
    return figures_of(normalised(text))


def figures_of(plain: str) -> list[Figure]:
    """The same for a text that is normalised already; `start` is a place in it."""
    found = list(_find(plain))
    for index in range(len(found) - 2, -1, -1):
        found[index] = _like_its_range(plain, found[index], found[index + 1])
    return [one.figure for one in found]


def about_rates(text: str) -> bool:
    """Whether a text speaks of rates, so that its small bare numbers may be percentages."""
    return bool(_ABOUT_RATES.search(text.casefold()))


def normalised(text: str) -> str:
    """Lower case, usual digits, dashes and spaces, no invisible characters, number words in digits."""
    text = unicodedata.normalize("NFKC", _FRACTION.sub(_in_decimals, text))
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    text = _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.decimal(match.group())), text)
    text = _DASHES.sub("-", text).casefold().replace("’", "'")
    return in_digits(re.sub(r"[^\S\n]+", " ", text))


def _in_decimals(match: re.Match[str]) -> str:
    return f"{match[1] or 0}{_FRACTIONS[match[2]]}"


def _find(text: str) -> Iterator[_Found]:
    for match in _FIGURE.finditer(text):
        parts = match.groupdict()
        factor = _MAGNITUDES.get(parts["magnitude"] or "", Decimal(1))
        figure = _date(match) or _part_of_year(match) or _time(match) or _quantity(match, factor)
        yield _Found(figure, match.start(), match.end(), factor, bool(parts["currency"]))


def _date(match: re.Match[str]) -> Figure | None:
    day = dates.read(match)
    return _figure(match, Kind.DATE, *day) if day else None


def _part_of_year(match: re.Match[str]) -> Figure | None:
    """Quarters as 10001 to 10004 and halves as 20001 and 20002: beyond every day of a month, before every year."""
    for base, groups in _PARTS_OF_YEAR.items():
        if name := next(filter(None, (match[group] for group in groups)), None):
            number = Decimal(_ORDINALS.get(name) or name[0])
            return _figure(match, Kind.DATE, base + number, str(number))
    return None


def _time(match: re.Match[str]) -> Figure | None:
    """Minutes since midnight."""
    hour = match["hour"] or match["hour2"]
    if not hour:
        return None
    minutes = int(hour) % (12 if match["half"] else 24) * 60 + int(match["minute"] or match["minute2"] or 0)
    if (match["half"] or "").startswith("p"):
        minutes += 12 * 60
    return _figure(match, Kind.TIME, Decimal(minutes), hour)


def _quantity(match: re.Match[str], factor: Decimal) -> Figure:
    number = re.sub(r"[,' ]", "", match["number"])
    value = Decimal(number) * factor
    for index, (_, kind, size) in enumerate(_UNITS):
        # A calendar year such as 2025年 is no duration.
        if match[f"u{index}"] and not (kind is Kind.MONTHS and value >= 1900):
            if match["aged"] and size == 12 and value >= _ADULT:
                return _figure(match, Kind.AGE, value, number)
            return _figure(match, kind, value * size, number)
    if match["currency"] or match["magnitude"]:
        return _figure(match, Kind.MONEY, value, number)
    if match["aged"]:
        return _figure(match, Kind.AGE, value, number)
    return _figure(match, Kind.COUNT if match["label"] else Kind.PLAIN, value, number)


def _figure(match: re.Match[str], kind: Kind, value: Decimal, written: str) -> Figure:
    return Figure(kind, value, Decimal(written), match.group().strip(), match.start())


def _like_its_range(text: str, one: _Found, following: _Found) -> _Found:
    """The first number of a range measures what the last one says: the "2" of "2 to 3%", the "500" of "$500-600k"."""
    between = _RANGE.match(text[one.end : following.start])
    if between and one.figure.kind is Kind.DATE:
        return _in_the_same_year(one, following)
    if between is None or one.factor != 1 or following.figure.kind in {Kind.PLAIN, Kind.DATE, Kind.TIME}:
        return one
    bare = one.figure.kind is Kind.PLAIN
    if not bare and not (one.has_currency and between["sign"] in {"-", "~"} and following.factor != 1):
        return one
    unit = _size_of(following)
    # "1,500,000 or 1.5 mil" says one thing twice; in "1-1.5 mil" the first number is short for millions.
    size = unit if one.figure.written < 1_000 else unit / following.factor
    figure = replace(one.figure, kind=following.figure.kind, value=one.figure.written * size)
    return replace(one, figure=figure, factor=following.factor)


def _in_the_same_year(one: _Found, following: _Found) -> _Found:
    """Both days of "5 July to 9 August 2026" are of that year."""
    year = dates.year_of(following.figure.value) if following.figure.kind is Kind.DATE else None
    if year is None or one.figure.value > _LAST_DAY:
        return one
    return replace(one, figure=replace(one.figure, value=one.figure.value + year * 10_000))


def _size_of(found: _Found) -> Decimal:
    """What one of the written number is in the unit of the figure's kind."""
    figure = found.figure
    return figure.value / figure.written if figure.written else Decimal(1)
