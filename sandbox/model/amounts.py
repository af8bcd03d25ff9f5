"""Figures in a customer's words, and what each is about: the word nearest before it says so."""

import re
from collections.abc import Iterator
from datetime import date, datetime

MAGNITUDES = {
    **dict.fromkeys(("k", "thousand", "ribu", "千"), 1_000),
    **dict.fromkeys(("m", "mil", "million", "juta", "百万"), 1_000_000),
    **dict.fromkeys(("万", "萬", "万元"), 10_000),
}
AMOUNT = re.compile(
    r"(?<![\w.,-])(?:(?P<sign>s?\$|sgd ?|rm ?))?(?P<number>\d[\d,]*(?:\.\d+)?)"
    r" ?(?P<magnitude>million|mil|thousand|ribu|juta|百万|万元|万|萬|千|[km](?![a-z]))?(?P<unit> ?(?:%|percent|per cent"
    r"|years?\b|yrs?\b|months?\b|岁|年|个月|tahun|ஆண்டு))?",
    re.IGNORECASE,
)
SMALLEST_WITHOUT_A_SIGN = 1_000
PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|percent|per cent|巴仙)", re.IGNORECASE)
YEARS = re.compile(r"(\d{1,2})[ -]?(?:years?|yrs?|年|tahun|ஆண்டு)(?! old)", re.IGNORECASE)
AGE = re.compile(
    r"\b(?:aged?|i'?m|i am|am|she is|he is|she's|he's) (\d{2})\b|(\d{2}) ?(?:years old|岁)", re.IGNORECASE
)
WRITTEN_DAY = re.compile(
    r"\b(\d{1,2}) (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* (\d{4})\b", re.IGNORECASE
)
# The later word counts, but for a price, which anything may be.
ABOUT = (
    ("income", r"earn|income|salary|make|draw|gaji|pendapatan|月薪|收入|வருமான|சம்பள"),
    ("debts", r"debt|car loan|commitment|other loans?|owe on|hutang|债"),
    ("costs", r"cost|fees?\b|legal"),
    ("valuation", r"valu"),
    ("loan", r"loan of|loan is|borrow|outstanding|balance|owe|left on|贷款|欠|pinjaman|loan amount|கடன்"),
    ("price", r"price|worth|condo|flat|house|home|property|apartment|rumah|房|公寓|வீடு"),
)
# How far before a figure its word may stand, in characters; behind it half as far.
NEAR = 40


def amounts(text: str) -> dict[str, str]:
    """What each amount is about, and its digits; the last of a kind counts. What has no word is a `price`."""
    found = list(_figures(text))
    named: dict[str, str] = {}
    previous = 0
    for number, (start, end, digits) in enumerate(found):
        following = found[number + 1][0] if number + 1 < len(found) else len(text)
        before, behind = (
            text[max(previous, start - NEAR) : start],
            text[end : min(following, end + NEAR // 2)],
        )
        named[_about(before) or _about(behind) or "price"] = digits
        previous = end
    return named


def _figures(text: str) -> Iterator[tuple[int, int, str]]:
    for match in AMOUNT.finditer(text):
        value = float(match["number"].replace(",", "")) * MAGNITUDES.get(
            (match["magnitude"] or "").lower(), 1
        )
        if match["unit"] or not (match["sign"] or match["magnitude"] or value >= SMALLEST_WITHOUT_A_SIGN):
            continue
        if not match["sign"] and not match["magnitude"] and re.fullmatch(r"(?:19|20)\d\d", match["number"]):
            continue  # a year
        yield match.start(), match.end(), f"{round(value, 2):.2f}".rstrip("0").rstrip(".")


def _about(words: str) -> str | None:
    """The kind named last in these words."""
    places = {
        kind: max((match.start() for match in re.finditer(pattern, words, re.IGNORECASE)), default=-1)
        for kind, pattern in ABOUT
    }
    best = max(places, key=lambda kind: places[kind])
    return best if places[best] >= 0 else None


def percents(text: str) -> list[str]:
    return PERCENT.findall(text)


def years(text: str) -> int | None:
    found = YEARS.findall(text)
    return int(found[-1]) if found else None


def ages(text: str) -> list[int]:
    return [int(first or second) for first, second in AGE.findall(text)]


def days(text: str) -> list[str]:
    """Days such as 4 July 2025, in the order they are written, as ISO strings."""
    return [_iso(day, month, year) for day, month, year in WRITTEN_DAY.findall(text)]


def _iso(day: str, month: str, year: str) -> str:
    number = datetime.strptime(month[:3].title(), "%b").month  # noqa: DTZ007 - a month's name has no zone
    return date(int(year), number, min(int(day), 28 if number == 2 else 30)).isoformat()
