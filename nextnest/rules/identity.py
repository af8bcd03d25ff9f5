"""Takes out of a conversation what identifies somebody: e-mail, phone and NRIC numbers, and the lead's name.

An amount in the shape of a phone number must survive: the customer's figures are what the answer is about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nextnest.models import Lead

# The look-behind lets each address be tried once, from its beginning.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_NRIC = re.compile(r"\b[STFGM]\d{7}[A-Z]\b", re.IGNORECASE)
_ABROAD = re.compile(r"\+\d[\d\s()-]{7,16}\d")
# Singapore numbers have eight digits and begin with 3, 6, 8 or 9 (IMDA's national numbering plan).
_PHONE = re.compile(
    r"(?<![\d$.,])(?P<country>(?:\+|\b00)65[ -]?|\b65[ -]?(?=\d{8}(?!\d)))?"
    r"(?P<first>[3689]\d{3})(?P<gap>[ -]?)(?P<second>\d{4})(?![,.]?\d)"
)
# What is spoken of just before decides between a phone number and an amount; the later word counts.
_PHONE_WORD = (
    r"phone|mobile|handphone|hp|tel|telefon|whatsapp|sms|call|contact|reach|ring|number|nombor"
    r"|电话|電話|手机|手機|号码|號碼"
)
_MONEY_WORD = (
    r"earn\w*|incomes?|salar(?:y|ies)|pay(?:ing|s)?|paid|draw(?:ing|s)?|bonus(?:es)?|commissions?|prices?|priced|cost(?:s|ing)?"
    r"|worth|value|valued|valuation|loans?|borrow\w*|owe|owing|outstanding|balance|budget|afford|cash|cpf|savings?|commitments?"
    r"|instal?lments?|debts?|rent(?:al)?|s?\$|sgd|gaji|pendapatan|harga|收入|月薪|薪水|工资|工資|贷款|貸款|价格|價格|预算|預算"
)
_SPOKEN_OF = re.compile(
    rf"(?<![a-z])(?:(?P<phone>{_PHONE_WORD})|(?P<money>{_MONEY_WORD}))(?![a-z])", re.IGNORECASE
)
_NEW_THOUGHT = re.compile(r"[.!?;\n。！？；]|[,，、](?!\d)")
# How far back the word may stand, in characters: half a dozen words.
_NEAR = 40
_MEASURED = re.compile(
    r" ?(?:dollars?|bucks|sgd|k\b|mil|/ ?(?:m|yr)|(?:a|per|every|each) (?:month|year|annum)|monthly|yearly"
    r"|p\.?[am]\b|元|块|塊|新币)",
    re.IGNORECASE,
)

_TITLE = r"(?:(?:mr|mrs|ms|miss|mdm|madam|dr)\.? )?"
_ADDRESSED = rf"(?<!\w)(hi|hello|hey|dear|good (?:morning|afternoon|evening)|thanks|thank you),? {_TITLE}"
_NAMED = (
    r"((?<!\w)(?:(?:my|our|the|full|first|given) name(?:['’]?s| is)?|name ?[:=-]|i am called|(?:just |please |pls )?call me"
    r"|nama (?:saya|aku)(?: ialah| adalah)?|panggil saya|என் பெயர்)[ :,-]{1,3}"
    r"|我(?:的名字)?(?:叫|是)|(?:名字|姓名)(?:是|叫|[:：])? ?|叫我)"
)
_INTRODUCED = r"((?<!\w)(?:i am|i['’]?m|this is|saya) )"
# "I'm Long", but not "I'm long overdue": what is said ends here, or more of the name follows.
_ENDS = r"(?= ?(?:$|[^\w\s'’-]|(?:and|here|from|speaking|again|dan)(?!\w)))"
_ALONE = r"((?:(?<![^\n.!?,])|(?<!\w)(?:hi|hello|hey)) ?)"
_SIGNED = r"((?:regards|cheers|sincerely|rgds|tq|thx)[,.!]?\s{1,3})"
_BETWEEN_NAMES = {"binte", "binti", "bin", "bte", "s/o", "d/o", "a/l", "a/p"}
# Names have few parts; a bound also keeps a name made of repetitions from being tried for ever.
_MOST_PARTS = 6
_FLAGS = re.IGNORECASE | re.MULTILINE


def without_identity(text: str, lead: Lead | None, *, of_customer: bool) -> str:
    """The text without the lead's name, and without anybody's e-mail, phone or NRIC number.

    In what is `of_customer` the leads introduce themselves; in the rest they are addressed, and "I'm Rachel" means
    the broker.
    """
    text = _NRIC.sub("[NRIC]", _EMAIL.sub("[e-mail]", text))
    text = _ABROAD.sub("[phone]", _PHONE.sub(_phone_or_amount, text))
    if lead is None or not (parts := _parts(lead.form_of_address)) or not _may_name(text, parts):
        return text
    text = _without_whole_name(text, lead.form_of_address)
    if of_customer:
        return _without_introduction(text, parts)
    return re.sub(_ADDRESSED + _run_of(parts), r"\1", text, flags=_FLAGS)


def _may_name(text: str, parts: Sequence[str]) -> bool:
    """Whether any part of the name stands in the text at all. Most texts hold none, and the patterns, made anew for each
    name, are dear."""
    folded = _folded(text)
    return any(_folded(part) in folded for part in parts)


def _folded(text: str) -> str:
    """Without case, as wide as the patterns see it: to them the Turkish i, with a dot or without, is an i."""
    return text.casefold().replace("\u0307", "").replace("ı", "i")


def _phone_or_amount(match: re.Match[str]) -> str:
    return match.group() if _is_amount(match) else "[phone]"


def _is_amount(match: re.Match[str]) -> bool:
    """Without the country code: what the words around it say and, where they say nothing, how round it is."""
    if match["country"]:
        return False
    if _MEASURED.match(match.string, match.end()):
        return True
    spoken_of = _last_spoken_of(match.string[max(0, match.start() - _NEAR) : match.start()])
    return spoken_of == "money" or (spoken_of is None and _is_round(match))


def _last_spoken_of(before: str) -> str | None:
    """Phone or money, whichever is named last in the same thought."""
    named = [found.lastgroup for found in _SPOKEN_OF.finditer(_NEW_THOUGHT.split(before)[-1])]
    return named[-1] if named else None


def _is_round(match: re.Match[str]) -> bool:
    """85000000 is a round thousand; "6000-8000" and "3200 4100" are two amounts in round hundreds."""
    if not match["gap"]:
        return match["second"].endswith("000")
    return match["first"].endswith("00") and match["second"].endswith("00")


def _parts(name: str) -> list[str]:
    """The words of a name, longest first; of a Chinese name written in one also what follows the family name."""
    words = [word for word in re.split(r"[\s-]+", name) if word and word.lower() not in _BETWEEN_NAMES]
    given = [word[1:] for word in words if len(word) > 2 and _is_chinese(word)]
    return sorted({*words, *given}, key=lambda word: (-len(word), word))


def _is_chinese(word: str) -> bool:
    return all("\u3400" <= character <= "\u9fff" for character in word)


def _run_of(parts: Sequence[str], *, at_least: int = 1) -> str:
    """So many parts of a name in any order, together or apart. Chinese needs no end of word after it."""
    part = "|".join(re.escape(part) for part in parts)
    between = "|".join(re.escape(f" {word}") for word in sorted(_BETWEEN_NAMES))
    more = rf"(?:(?:{between})?[ -]?(?:{part})){{{at_least - 1},{_MOST_PARTS}}}"
    return rf"(?:{part}){more}" + ("" if _is_chinese(parts[0]) else r"(?!\w)")


def _without_whole_name(text: str, name: str) -> str:
    """Anywhere; but a name of one word may be a word, or the broker's."""
    if name.isascii() and " " not in name:
        return text
    bounds = (r"(?<!\w)", r"(?!\w)") if name.isascii() else ("", "")
    return re.sub(bounds[0] + re.escape(name) + bounds[1], "[name]", text, flags=_FLAGS)


def _without_introduction(text: str, parts: Sequence[str]) -> str:
    """Parts of the name where the customers say who they are; the same words elsewhere stay."""
    run, several = _run_of(parts), _run_of(parts, at_least=2)
    for before, name in (
        (_NAMED, run),
        (_INTRODUCED, rf"(?:{several}|{run}{_ENDS})"),
        (_SIGNED, run + r"(?=[ .!]*$)"),
        (_ALONE, run + r"(?= (?:here|speaking)(?!\w))"),
    ):
        text = re.sub(before + name, r"\1[name]", text, flags=_FLAGS)
    return text
