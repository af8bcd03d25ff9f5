"""Number words in digits: "thirty years" is "30 years", "three point five percent" "3.5 percent", "三十万" "300000"."""

from __future__ import annotations

import re
from decimal import Decimal

_SMALL = {
    word: value
    for value, words in enumerate(
        (
            "zero nil kosong",
            "one satu",
            "two dua",
            "three tiga",
            "four empat",
            "five lima",
            "six enam",
            "seven tujuh",
            "eight lapan",
            "nine sembilan",
            "ten sepuluh",
            "eleven sebelas",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        )
    )
    for word in words.split()
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
_TIMES = {"hundred": 100, "ratus": 100}
_GROUPS = {
    "thousand": 1_000,
    "ribu": 1_000,
    "million": 1_000_000,
    "juta": 1_000_000,
    "billion": 1_000_000_000,
}
_FIRST = "|".join(sorted({*_SMALL, *_TENS}, key=len, reverse=True))
_NEXT = "|".join(sorted({*_SMALL, *_TENS, *_TIMES, *_GROUPS, "puluh", "belas"}, key=len, reverse=True))
_WORDS = re.compile(
    rf"(?<!\w)(?:(?:half a|a) (?:hundred|thousand|million|billion)|{_FIRST})(?:(?:[ -]| and )(?:{_NEXT}))*"
    rf"(?:(?: point| perpuluhan)(?: (?:{_FIRST}))+)?(?!\w)"
)
_MEASURED = re.compile(
    r"^[ -]{1,2}(?:%|percent|per cent|pct|basis point|years?|yrs?|months?|weeks?|minutes?|hours?|dollars?|k(?!\w)"
    r"|peratus|tahun|bulan)"
)
_HALVES = (
    (re.compile(r"\bhalf a (?=percent|per cent|year)"), "0.5 "),
    (re.compile(r"\b(?:a )?quarter (?:of a )?(?=percent|per cent)"), "0.25 "),
    (re.compile(r"\bhalf (?:of )?(?=your (?:income|salary|price)|the (?:price|value|loan))"), "50% of "),
    (re.compile(r"\b(?:one|a) third of "), "33% of "),
    (re.compile(r"\btwo[ -]thirds of "), "67% of "),
    (re.compile(r"\b(?:one |a )quarter of "), "25% of "),
    (re.compile(r"\bthree[ -]quarters of "), "75% of "),
)

_CHINESE_DIGITS = {
    **{digit: value for value, digit in enumerate("零一二三四五六七八九")},
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_CHINESE_TIMES = {"十": 10, "百": 100, "千": 1_000}
_CHINESE_GROUPS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_CHINESE = re.compile(
    r"[零〇一二三四五六七八九十百千两兩][零〇一二三四五六七八九十百千两兩万萬亿億]*(?:[点點][零〇一二三四五六七八九]+)?"
)
_CHINESE_MEASURED = re.compile(r"^(?:年|岁|歲|个月|個月|月|天|周|星期|元|块|塊|新|%|巴仙|成)")
_CHINESE_PERCENT = re.compile(
    r"百分之([0-9]+(?:\.[0-9]+)?|[零〇一二三四五六七八九十百]+(?:[点點][零〇一二三四五六七八九]+)?)"
)
_CHINESE_TENTHS = re.compile(r"([一二三四五六七八九0-9])成(?![立为為功员員本长長])")
# "very", "by all means", "all sorts", "at once": no figures.
_CHINESE_IDIOMS = re.compile(r"十分(?!钟|鐘)|千万(?=别|不|要|记|请)|千萬|万一|萬一|一万个|百般|十足|一一")


def in_digits(text: str) -> str:
    """The text (lower case) with number words as digits. Up to ten only where a unit follows: "two options" stay words."""
    for pattern, digits in _HALVES:
        text = pattern.sub(digits, text)
    return _chinese_in_digits(_WORDS.sub(lambda match: _words_as_digits(match, text), text))


def _words_as_digits(match: re.Match[str], text: str) -> str:
    value = _value_of_words(match.group())
    if value <= 10 and "point" not in match.group() and not _MEASURED.match(text[match.end() :]):
        return match.group()
    return f"{value.normalize():f}"


def _value_of_words(words: str) -> Decimal:
    whole, _, fraction = words.replace(" perpuluhan", " point").partition(" point")
    total, group, last = Decimal(0), Decimal(0), Decimal(0)
    if whole.startswith("half a "):
        whole, group = whole.removeprefix("half a "), Decimal("0.5")
    for word in re.findall(r"[a-z]+", whole):
        if word in _GROUPS:
            total, group = total + (group or Decimal(1)) * _GROUPS[word], Decimal(0)
        elif word in _TIMES:
            group = (group or Decimal(1)) * _TIMES[word]
        else:
            last = _added_by(word, last)
            group += last
    digits = "".join(str(_SMALL[word]) for word in fraction.split() if word in _SMALL)
    return total + group + (Decimal(f"0.{digits}") if digits else 0)


def _added_by(word: str, last: Decimal) -> Decimal:
    """What a word adds to the number so far; Malay's "puluh" and "belas" make tens and teens of the word before."""
    if word == "puluh":
        return last * 9
    return Decimal(10 if word == "belas" else _SMALL.get(word, _TENS.get(word, 0)))


def _chinese_in_digits(text: str) -> str:
    text = _CHINESE_PERCENT.sub(lambda match: f"{_chinese(match[1])}%", text)
    text = _CHINESE_TENTHS.sub(lambda match: f"{_chinese(match[1])}0%", text)
    idioms = {index for match in _CHINESE_IDIOMS.finditer(text) for index in range(*match.span())}
    return _CHINESE.sub(
        lambda match: match.group() if match.start() in idioms else _one_chinese(match, text), text
    )


def _one_chinese(match: re.Match[str], text: str) -> str:
    digits = _chinese(match.group())
    small = Decimal(digits) <= 10
    return match.group() if small and not _CHINESE_MEASURED.match(text[match.end() :]) else digits


def _chinese(numeral: str) -> str:
    """三十万 is 300000, 三点五 is 3.5; digits stay as they are."""
    if numeral[0].isascii():
        return numeral
    whole, _, fraction = numeral.replace("點", "点").partition("点")
    total, group, digit = 0, 0, 0
    for character in whole:
        if character in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[character]
        elif character in _CHINESE_TIMES:
            group, digit = group + (digit or 1) * _CHINESE_TIMES[character], 0
        else:
            total, group, digit = total + (group + digit or 1) * _CHINESE_GROUPS[character], 0, 0
    decimals = "".join(str(_CHINESE_DIGITS[character]) for character in fraction)
    return f"{total + group + digit}" + (f".{decimals}" if decimals else "")
