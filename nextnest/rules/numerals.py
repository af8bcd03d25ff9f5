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
_ONES = "|".join(sorted(_SMALL, key=len, reverse=True))
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
    (re.compile(r"\bseparuh (?:daripada )?(?=gaji|pendapatan|harga|nilai)"), "50% "),
    (re.compile(r"(?<=收入|薪水|工资|價格|价格|房价)的?一半|一半的?(?=收入|薪水|工资|价格|房价)"), "50%"),
    (re.compile(r"\b(?=se(?:ratus|ribu|juta)\b)se"), "satu "),
)
_HALVES_ALONE = (
    (re.compile(r"\bsetengah (?=tahun|peratus|juta)"), "0.5 "),
    (re.compile(r"半(?=年|巴仙)"), "0.5"),
)
# "two and a half years", "1 1/2 years", "dua setengah tahun", "dua tahun setengah", "两年半", "一个半月"
_LATIN_UNIT = r"(?:hundred|thousand|million|years?|months?|per ?cent|%|tahun|bulan|peratus|ratus|ribu|juta)"

_CHINESE_DIGITS = {
    **{digit: value for value, digit in enumerate("零一二三四五六七八九")},
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_CHINESE_TIMES = {"十": 10, "百": 100, "千": 1_000}
_CHINESE_GROUPS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
# 百万 behind digits is their unit: 1.5百万.
_CHINESE = re.compile(
    r"(?<![\d.])[零〇一二三四五六七八九十百千两兩][零〇一二三四五六七八九十百千两兩万萬亿億]*(?:[点點][零〇一二三四五六七八九]+)?"
)
_CHINESE_MEASURED = re.compile(r"^(?:年|岁|歲|个月|個月|月|天|周|星期|日|号|號|元|块|塊|新|%|巴仙|成)")
_CHINESE_PERCENT = re.compile(
    r"百分之([0-9]+(?:\.[0-9]+)?|[零〇一二三四五六七八九十百]+(?:[点點][零〇一二三四五六七八九]+)?)"
)
_CHINESE_TENTHS = re.compile(r"([一二三四五六七八九0-9])成(?![立为為功员員本长長])")
_AND_A_HALF = re.compile(
    rf"(?<![\w.])(?P<number>\d+|{_ONES})(?: and a half| 1/2|-and-a-half| setengah)[ -](?P<unit>{_LATIN_UNIT})(?!\w)"
    rf"|(?<![\w.])(?P<number2>\d+|{_ONES}) (?P<unit2>{_LATIN_UNIT})(?: and a half| setengah)(?!\w)"
    r"|(?<![\d.零一二三四五六七八九十百千万])(?P<number3>\d+|[一二三四五六七八九两兩])(?P<unit3>年|百万|百萬|万|萬)半"
    r"|(?<![\d.零一二三四五六七八九十百千万])(?P<number4>\d+|[一二三四五六七八九两兩])[个個]半(?P<unit4>个?月)"
)
_TAMIL_NUMBERS = {
    word: number
    for number, words in {
        2: "இரண்டு இரு",
        3: "மூன்று",
        4: "நான்கு",
        5: "ஐந்து",
        6: "ஆறு",
        7: "ஏழு",
        8: "எட்டு",
        9: "ஒன்பது",
        10: "பத்து",
        15: "பதினைந்து",
        20: "இருபது",
        25: "இருபத்தைந்து",
        30: "முப்பது",
        35: "முப்பத்தைந்து",
        40: "நாற்பது",
        50: "ஐம்பது",
        60: "அறுபது",
        70: "எழுபது",
        80: "எண்பது",
        90: "தொண்ணூறு",
        100: "நூறு",
    }.items()
    for word in words.split()
}
# Only where a unit follows: other words begin with these too.
_TAMIL = re.compile(
    rf"(?<![\u0b80-\u0bff])(?:{'|'.join(sorted(_TAMIL_NUMBERS, key=len, reverse=True))})"
    r"(?= (?:ஆண்ட|வருட|மாத|வார|நாட்|நாள|மணி|நிமிட|சதவீத|சதவிகித|விழுக்கா|வெள்ளி|டாலர்|ஆயிர|லட்ச|இலட்ச|மில்லிய|%))"
)
# "very", "by all means", "all sorts", "at once": no figures.
_CHINESE_IDIOMS = re.compile(r"十分(?!钟|鐘)|千万(?=别|不|要|记|请)|千萬|万一|萬一|一万个|百般|十足|一一")


def in_digits(text: str) -> str:
    """The text (lower case) with number words as digits. Up to ten only where a unit follows: "two options" stay words."""
    for pattern, digits in _HALVES:
        text = pattern.sub(digits, text)
    text = _AND_A_HALF.sub(_with_a_half, text)
    for pattern, digits in _HALVES_ALONE:
        text = pattern.sub(digits, text)
    text = _TAMIL.sub(lambda match: str(_TAMIL_NUMBERS[match.group()]), text)
    return _chinese_in_digits(_WORDS.sub(lambda match: _words_as_digits(match, text), text))


def _with_a_half(match: re.Match[str]) -> str:
    """Half more of the unit named: 2.5 years. Number words of one unit alone: "two hundred and a half" is nobody's."""
    number = match["number"] or match["number2"] or match["number3"] or match["number4"]
    unit = match["unit"] or match["unit2"] or match["unit3"] or match["unit4"]
    known = _SMALL.get(number, _CHINESE_DIGITS.get(number, number))
    return f"{known}.5{'' if unit[0] in '年个個万萬百' else ' '}{unit}"


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
    if len(whole) > 1 and all(character in _CHINESE_DIGITS for character in whole):
        return "".join(str(_CHINESE_DIGITS[character]) for character in whole)  # 二零二五
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
