"""Which of Singapore's languages a text is written in: English, Chinese, Malay or Tamil.

Scripts tell Chinese and Tamil. Malay and English share one, and most Malay speakers in Singapore mix them, so the words
that only one of them has are counted. Singlish counts as English, whatever particles it ends with.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Language(StrEnum):
    """The four official languages, by their ISO 639-1 codes."""

    ENGLISH = "en"
    CHINESE = "zh"
    MALAY = "ms"
    TAMIL = "ta"


_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_TAMIL = re.compile(r"[\u0b80-\u0bff]")
_LATIN_WORD = re.compile(r"[a-z']+")
# A Chinese word has about two characters and a Tamil one about six; so many of them weigh as much as one Latin word.
_CHINESE_WORD, _TAMIL_WORD = 2, 6


def _words(text: str) -> frozenset[str]:
    return frozenset(_LATIN_WORD.findall(text))


# The commonest words of one language that are no words of the other. Singlish borrowings ("makan", "boleh") are left out.
_MALAY = _words(
    "saya awak anda kamu kami kita dia mereka apa apakah siapa bila bilakah mana bagaimana macam kenapa mengapa berapa yang"
    " dan atau tetapi tapi dengan untuk kepada daripada dari ini itu adalah ialah ada tidak tak bukan belum sudah telah akan"
    " sedang perlu mahu nak hendak dapat bolehkah pinjaman rumah kadar faedah bayaran bayar bulanan bulan tahun gaji"
    " pendapatan beli membeli jual hutang harga wang duit terima kasih tolong sila encik puan cik selamat pagi"
    " petang malam sekarang nanti esok semalam hari cepat segera lagi juga sahaja saja kerana sebab kalau jika supaya lebih"
    " kurang banyak sikit sedikit semua setiap faham maaf hai khabar hubungi cakap bercakap orang manusia"
)
_ENGLISH = _words(
    "i you he she we they it me my your our their his her the a an and or but with for to of in on at from is are was were"
    " be been am do does did have has had not no yes can could will would should may might what who when where how why which"
    " much many this that these those if because so please thanks thank hi hello hey want need get know help loan rate rates"
    " house flat home property interest income salary month months year years bank buy sell price pay refinance mortgage ok"
    " okay sure just about there here speak talk human person now later"
)


def detect(text: str) -> Language | None:
    """The language most of the text is in; None when nothing tells, such as "ok" in digits, an emoji or a name.

    A mixed text is in the language with more words; where they draw, in the one that is not English: who mixes speaks it.
    """
    found = weights(text)
    best = max(found, key=lambda language: found[language])
    return best if found[best] > 0 else None


def weights(text: str) -> dict[Language, float]:
    """How many words of each language a text shows, about; what both Latin languages share counts for neither."""
    words = _LATIN_WORD.findall(text.lower())
    return {
        Language.CHINESE: _weight(_CHINESE, text, _CHINESE_WORD),
        Language.TAMIL: _weight(_TAMIL, text, _TAMIL_WORD),
        Language.MALAY: float(sum(word in _MALAY for word in words)),
        Language.ENGLISH: float(sum(word in _ENGLISH for word in words)),
    }


def language_of(texts: list[str], default: Language = Language.ENGLISH) -> Language:
    """The language of the newest text that shows one; texts are oldest first."""
    found = (detect(text) for text in reversed(texts))
    return next((language for language in found if language), default)


def _weight(script: re.Pattern[str], text: str, word: int) -> float:
    return len(script.findall(text)) / word
