"""The language of a customer's words."""

from __future__ import annotations

import pytest

from nextnest.rules.language import Language, detect, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How much can I borrow?", "en"),
        ("Can refinance anot? My lock in end already leh", "en"),
        ("eh boss the rate now how much ah", "en"),
        ("请问我可以贷款多少？", "zh"),
        ("請問利率是多少", "zh"),
        ("我想 refinance 我的 HDB", "zh"),
        ("Berapa saya boleh pinjam untuk rumah ini?", "ms"),
        ("Saya nak refinance loan rumah saya", "ms"),
        ("terima kasih", "ms"),
        ("வீட்டுக் கடன் வட்டி விகிதம் என்ன?", "ta"),
        ("எனக்கு HDB loan பற்றி தெரிய வேண்டும்", "ta"),
    ],
)
def test_each_of_the_four_languages_is_told_from_the_others(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "👍", "1500000", "Tan Wei Ming", "HDB EC TDSR 4.5%"])
def test_what_shows_no_language_is_none(text: str) -> None:
    assert detect(text) is None


def test_the_newest_message_that_shows_a_language_decides() -> None:
    assert language_of(["How much?", "我想知道利率", "750000"]) == Language.CHINESE
    assert language_of(["👍", ""]) == Language.ENGLISH
