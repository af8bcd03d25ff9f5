"""A reply is in the customer's language, and leads nowhere the customer has not named."""

from __future__ import annotations

import pytest

from nextnest.rules import guard
from nextnest.rules.guard import check_reply
from nextnest.rules.language import Language
from nextnest.rules.reply_language import asked_in

REPLIES = {
    Language.ENGLISH: "It depends on your income and your debts. Could you tell me both?",
    Language.CHINESE: "这取决于您的收入和负债。请问您每月的总收入是多少？",
    Language.MALAY: "Ia bergantung pada pendapatan dan hutang anda. Berapa gaji anda sebulan?",
    Language.TAMIL: "அது உங்கள் வருமானத்தையும் கடன்களையும் பொறுத்தது. உங்கள் மாத வருமானம் எவ்வளவு?",
}


@pytest.mark.parametrize("asked", REPLIES)
@pytest.mark.parametrize("answered", REPLIES)
def test_a_reply_in_another_language_is_held_back(asked: Language, answered: Language) -> None:
    verdict = check_reply(REPLIES[answered], lead=None, customer_texts=[], language=asked)
    assert (guard.WRONG_LANGUAGE in verdict.broken) is (asked is not answered)


@pytest.mark.parametrize("answered", REPLIES)
def test_where_the_customers_language_is_not_clear_any_will_do(answered: Language) -> None:
    assert check_reply(REPLIES[answered], lead=None, customer_texts=[], language=None).ok


def test_terms_of_the_trade_in_english_make_no_reply_english() -> None:
    draft = "您的TDSR取决于income和debts，refinance前请先看lock-in和penalty。"
    assert check_reply(draft, lead=None, customer_texts=[], language=Language.CHINESE).ok


@pytest.mark.parametrize(
    ("turn", "language"),
    [
        (["How much can I borrow for the flat?"], Language.ENGLISH),
        (["eh boss how much can I borrow ah"], Language.ENGLISH),
        (["请问我可以贷款多少？"], Language.CHINESE),
        (["請問我可以貸款多少？"], Language.CHINESE),
        (["Berapa saya boleh pinjam untuk rumah ini?"], Language.MALAY),
        (["வீட்டுக் கடன் வட்டி விகிதம் என்ன?"], Language.TAMIL),
        (["ok"], None),
        (["750000"], None),
        (["ok 好"], None),
        (["saya want refinance the loan rumah"], None),
        (["Can you reply in Chinese please, for my mother?"], None),
        (["请用英文回答我的问题，谢谢"], None),
    ],
)
def test_the_language_asked_in_is_the_one_of_the_last_words_if_they_are_clear(
    turn: list[str], language: Language | None
) -> None:
    assert asked_in(turn) == language


def test_a_language_asked_for_earlier_leaves_the_choice_open() -> None:
    assert asked_in(["How much can I borrow for the flat?"], ["please write in Mandarin"]) is None


@pytest.mark.parametrize(
    ("said", "draft"),
    [
        ("is https://bank.example/offer?id=1 real?", "I can't open https://bank.example/offer?id=1."),
        ("my mail is w@example.com", "You wrote w@example.com."),
        ("saw it on propertyguru.com.sg", "What you saw on propertyguru.com.sg is an asking price."),
    ],
)
def test_a_link_of_the_customers_may_be_repeated(said: str, draft: str) -> None:
    assert check_reply(draft, lead=None, customer_texts=[said]).ok
    assert guard.FOREIGN_LINK in check_reply(draft, lead=None, customer_texts=["hello"]).broken


@pytest.mark.parametrize(
    "draft",
    ["Your income is gross, i.e. before CPF.", "Ask away.So do it.", "That is e.g. a car loan.", "No.1 rule"],
)
def test_a_full_stop_makes_no_link(draft: str) -> None:
    assert guard.FOREIGN_LINK not in check_reply(draft, lead=None, customer_texts=[]).broken
