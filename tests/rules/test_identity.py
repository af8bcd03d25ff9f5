"""Nothing that identifies somebody gets through, and every figure does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.identity import without_identity
from tests.rules.people import a_lead


def cleaned(text: str, name: str = "Tan Wei Ming") -> str:
    return without_identity(text, a_lead(name=name), of_customer=True)


@pytest.mark.parametrize(
    "text",
    [
        *("I earn 6000-8000 a month", "We earn 8000 6500", "wife 3200 4100", "loan 85000000"),
        *(
            "We earn 8250 6575",
            "my salary is 8120-6980",
            "price 91234567",
            "S$ 91234567",
            "3250 4175 per month",
        ),
        *(
            "husband 8000 wife 6500",
            "income 8000 - 9000",
            "91234567 dollars",
            "月薪8250 6575",
            "gaji 8250-6575",
        ),
        *("outstanding loan is about 31234567", "6000 8000 9000", "call me, I earn 8250 6575"),
    ],
)
def test_an_amount_is_kept_though_it_has_the_shape_of_a_phone_number(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9123 4567", "[phone]"),
        ("9123-4567", "[phone]"),
        ("91234567", "[phone]"),
        ("+65 9123 4567", "[phone]"),
        ("+6591234567", "[phone]"),
        ("6591234567", "[phone]"),
        ("+65 912-345-67, +60 12-345 6789", "[phone], [phone]"),
        ("+6585000000", "[phone]"),
        ("my hp is 8500 1200", "my hp is [phone]"),
        ("我的电话91234567", "我的电话[phone]"),
        ("I earn 8k, 91234567", "I earn 8k, [phone]"),
        ("about the loan call 6123 4567", "about the loan call [phone]"),
        ("my salary is 8250. 9123 4567 is me", "my salary is 8250. [phone] is me"),
        ("We earn 8000 6500. 9123 4567 whatsapp", "We earn 8000 6500. [phone] whatsapp"),
    ],
)
def test_a_phone_number_is_taken_out(text: str, expected: str) -> None:
    assert cleaned(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my name is wei ming", "my name is [name]"),
        ("My name's WEI MING, I earn 8k", "My name's [name], I earn 8k"),
        ("I'm Wei Ming", "I'm [name]"),
        ("I’m Wei Ming looking for a loan", "I’m [name] looking for a loan"),
        ("hi, i am weiming and I earn 8k", "hi, i am [name] and I earn 8k"),
        ("This is Ming.", "This is [name]."),
        ("Hello, Wei Ming here", "Hello, [name] here"),
        ("hi wei ming here", "hi [name] here"),
        ("Please call me Wei-Ming", "Please call me [name]"),
        ("Name: Ming Tan", "Name: [name]"),
        ("ok\nRegards,\nWei Ming", "ok\nRegards,\n[name]"),
        ("nama saya Wei Ming", "nama saya [name]"),
    ],
)
def test_a_part_of_the_name_is_taken_out_where_the_customer_says_who_it_is(text: str, expected: str) -> None:
    assert cleaned(text) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("陈大文", "我是大文，想贷款", "我是[name]，想贷款"),
        ("Siti", "I'm siti.", "I'm [name]."),
        ("Nur Aisyah binte Rahman", "i'm aisyah rahman", "i'm [name]"),
        ("Nur Aisyah binte Rahman", "my name is Aisyah Binte Rahman", "my name is [name]"),
        ("Mdm Lim Ah Long", "I am Ah Long", "I am [name]"),
    ],
)
def test_names_of_every_kind_are_taken_out(name: str, text: str, expected: str) -> None:
    assert cleaned(text, name) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Lim Ah Long", "I'm long overdue for a refinance, how long does it take?"),
        ("May Sim", "I may sell in May; I am simply asking"),
        ("May Will", "Hi, may I ask? Hi will you help?"),
        ("Will Young", "I'm willing, will you help? We are young."),
        ("Tan Wei Ming", "My banker Mr Tan said so; the timing is fine"),
    ],
)
def test_a_word_that_is_also_a_part_of_the_name_stays(name: str, text: str) -> None:
    assert cleaned(text, name) == text


def test_our_own_lines_lose_the_name_they_address() -> None:
    said = "Hello Mdm Lim. Thank you, Ah Long. Is it long ago?"
    cleaned = without_identity(said, a_lead(name="Mdm Lim Ah Long"), of_customer=False)
    assert cleaned == "Hello. Thank you. Is it long ago?"


def test_a_broker_who_shares_the_leads_name_may_introduce_herself() -> None:
    said = "I'm Rachel, an AI assistant"
    assert without_identity(said, a_lead(name="Rachel Ng"), of_customer=False) == said


@given(st.text(), st.text(min_size=1, max_size=30))
def test_any_text_and_any_name_can_be_cleaned(text: str, name: str) -> None:
    without_identity(text, a_lead(name=name), of_customer=True)


@pytest.mark.parametrize("piece", ["x", "a@", "a ", "I'm a aa ", "9123 ", "+6", "1", "\n", "pay 8250 6575 "])
def test_a_flood_of_text_is_cleaned_in_a_moment(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.thread_time()
    without_identity(text, a_lead(name="A AA AAA a-a"), of_customer=True)
    assert time.thread_time() - began < 5


@pytest.mark.parametrize("written", ["NIHAL KASSIM", "nİhal kassim", "Nıhal KASSIM", "Nihal \u212aaſſim"])
def test_a_name_goes_however_its_letters_are_written(written: str) -> None:
    assert cleaned(f"Hello, my name is {written}", "Nihal Kassim") == "Hello, my name is [name]"
