"""Takes numbers nobody here needs out of a text: NRIC and FIN, payment cards, bank accounts.

What is surely such a number goes wherever it stands: the check letter or the Luhn digit says so. What only looks like one
goes where the words around it say what it is. Amounts, phone numbers, dates and addresses stay: the first are what the
answer is about, the second have rules of their own (nextnest/rules/identity.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

NRIC, CARD, ACCOUNT = "nric", "card", "account"
# What stands in the text instead. Colleagues and the model read it.
_INSTEAD = {NRIC: "[NRIC]", CARD: "[card number]", ACCOUNT: "[account number]"}

# Keyboards for Chinese type ＡＢＣ１２３; dashes and blanks come in many widths. One character stays one character.
_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), ord("-")),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), ord(" ")),
    **{zero + digit: ord(str(digit)) for zero in (0x0660, 0x0966, 0x0BE6) for digit in range(10)},
}
_ALONE_BEFORE, _ALONE_AFTER = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_GAP = r"[ .\-]{0,3}"

# S and T for citizens and residents born before and from 2000, F, G and M for everybody else; seven digits, a check letter.
_NRIC = re.compile(
    rf"(?:{_ALONE_BEFORE}|(?<=ic)|(?<=fin))(?P<series>[STFGM]){_GAP}(?P<digits>(?:\d{_GAP}){{6}}\d){_GAP}(?P<check>[A-Z]){_ALONE_AFTER}",
    re.IGNORECASE,
)
# The algorithm ICA never published and everybody uses: weighted sum, plus an offset by series, modulo 11, as a letter.
_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
_OFFSETS = {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}
_LETTERS = dict.fromkeys("ST", "JZIHGFEDCBA") | dict.fromkeys("FG", "XWUTRQPNMLK") | {"M": "XWUTRQPNJLK"}

# ISO/IEC 7812: 13 to 19 digits in use, the last one by Luhn.
_CARD = re.compile(rf"(?<![\d$])(?<!\d[.,])\d(?:{_GAP}\d){{12,18}}(?!,?\d)")
# Beginnings and lengths that are issued: Visa; Mastercard; American Express; Diners; JCB; Discover, UnionPay, Maestro.
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|6\d{15,18}|5[06-8]\d{11,17}"
)

# Nine to twelve digits: POSB 9; DBS, UOB, Standard Chartered, Citibank, CIMB 10; Maybank 11; OCBC 10 or 12; HSBC 12.
_ACCOUNT = re.compile(r"(?<![\d$+#])(?<!\d[.,\-])\d(?:[ \-]?\d){8,11}(?![.,\-]?\d)(?![%A-Za-z])")
# How the banks print them. These with hyphens are no phone, price or date, whatever is spoken of.
_PRINTED = {(3, 6, 1), (3, 5, 1), (3, 3, 3, 1), (3, 6, 3), (3, 1, 6), (2, 1, 6, 1), (1, 6, 3)}
_PHONES = re.compile(r"(?:(?:65)?[3689]\d{7})+|1?800\d{7}")
_A_DATE = r"(?:\d{1,2}[-. ]\d{1,2}[-. ](?:19|20)\d\d|(?:19|20)\d\d[-. ]\d{1,2}[-. ]\d{1,2})"
_DATE = re.compile(rf"(?<!\d){_A_DATE}(?!\d)")
_TWO_DATES = re.compile(rf"{_A_DATE}{_GAP}{_A_DATE}")

_SPOKEN_OF = {
    NRIC: r"nric|fin|i/?c|identity|identification|pengenalan|身份[证證]|அடையாள",
    CARD: r"cards?|visa|master ?card|amex|american express|unionpay|jcb|cvv|kad kredit|信用卡|银行卡|銀行卡",
    ACCOUNT: r"accounts?|acc(?:t|nt)?s?|a/?c|akaun|bank(?:ing)?|dbs|posb|ocbc|uob|hsbc|citi(?:bank)?|maybank|cimb|stanchart"
    r"|giro|ibanking|transfer(?:red)?|credited|[账帐賬]号|賬號|[户戶]口|银行|銀行|கணக்கு",
}
_SOMETHING_ELSE = (
    r"earn\w*|incomes?|salar(?:y|ies)|price[ds]?|costs?|worth|value[ds]?|valuation|loans?|borrow\w*|owe|outstanding|balance"
    r"|budget|afford|cash|cpf|savings?|phone|mobile|hp|tel|call|whatsapp|sms|s?\$|sgd|conversation|ref(?:erence)?|order|ticket|收入|月薪|贷款|貸款|价格|電話|电话|手机"
)
_SPEAKS = {
    kind: re.compile(rf"(?<![a-z])(?:(?P<it>{words})|(?P<other>{_SOMETHING_ELSE}))(?![a-z])", re.IGNORECASE)
    for kind, words in _SPOKEN_OF.items()
}
_NEW_THOUGHT = re.compile(r"[!?;\n。！？；]|(?<![Nn][Oo])\.(?=\s)")
# How far the word may stand before the number and behind it, in characters: half a dozen words, and three.
_BEFORE, _BEHIND = 40, 24


@dataclass(frozen=True)
class Masked:
    """A text in which numbers are replaced, and how many of which kind: `nric`, `card`, `account`."""

    text: str
    found: Counter[str] = field(default_factory=Counter)


def mask(text: str) -> Masked:
    """The text with each such number as a word in brackets. Everything else stays, character by character."""
    found: Counter[str] = Counter()
    for kind, pattern, is_one in (
        (NRIC, _NRIC, _is_nric),
        (CARD, _CARD, _is_card),
        (ACCOUNT, _ACCOUNT, _is_account),
    ):
        text, count = _without(text, kind, pattern, is_one)
        if count:
            found[kind] = count
    return Masked(text, found)


def _without(
    text: str, kind: str, pattern: re.Pattern[str], is_one: Callable[[re.Match[str]], bool]
) -> tuple[str, int]:
    """Recognised in the folded text, cut out of the one that was written."""
    folded = text.translate(_FOLDED)
    matches = [match for match in pattern.finditer(folded) if is_one(match)]
    for match in reversed(matches):
        text = text[: match.start()] + _INSTEAD[kind] + text[match.end() :]
    return text, len(matches)


def _is_nric(match: re.Match[str]) -> bool:
    """Written in one: always, a slip of the keys is still somebody's. With gaps: by its check letter or the words around."""
    if len(match.group()) == 9 or _spoken_of(match, NRIC):
        return True
    digits = _digits(match["digits"])
    return _check_letter(match["series"].upper(), digits) == match["check"].upper()


def _check_letter(series: str, digits: str) -> str:
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return _LETTERS[series][(total + _OFFSETS[series]) % 11]


def _is_card(match: re.Match[str]) -> bool:
    if _spoken_of(match, CARD):
        return True
    digits, groups = _digits(match.group()), _groups(match.group())
    return (
        _ISSUED.fullmatch(digits) is not None
        and _passes_luhn(digits)
        and not _are_amounts(groups)
        and not _TWO_DATES.fullmatch(match.group())
    )


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _is_account(match: re.Match[str]) -> bool:
    """By how banks print it, or by the words around; with blanks between them, digits may be several numbers."""
    text = match.group()
    shape = tuple(len(group) for group in _groups(text))
    if _DATE.search(text) or _PHONES.fullmatch(_digits(text)) or text.endswith("000"):
        return False
    if shape in _PRINTED and " " not in text:
        return True
    return (shape in _PRINTED or " " not in text) and _spoken_of(match, ACCOUNT)


def _spoken_of(match: re.Match[str], kind: str) -> bool:
    """Whether the last thing named before it in the same thought is this kind, or the next thing behind it."""
    speaks, text = _SPEAKS[kind], match.string
    before = _NEW_THOUGHT.split(text[max(0, match.start() - _BEFORE) : match.start()])[-1]
    if named := list(speaks.finditer(before)):
        return named[-1].lastgroup == "it"
    behind = speaks.search(_NEW_THOUGHT.split(text[match.end() : match.end() + _BEHIND])[0])
    return behind is not None and behind.lastgroup == "it"


def _are_amounts(groups: list[str]) -> bool:
    """Several round hundreds in a row: incomes of a family, not the digits of a card."""
    return len(groups) > 1 and all(group.endswith("00") and group[0] != "0" for group in groups)


def _groups(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _digits(text: str) -> str:
    return "".join(_groups(text))
