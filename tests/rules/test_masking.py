"""Numbers that identify or cost somebody are taken out of texts; figures of the conversation stay."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.masking import mask

# Printed in public examples, checked by hand against the published weights.
KNOWN = ["S1234567D", "T0123456G", "F1234567N", "G1234567X", "M1234567K"]
LINES = [
    "my nric is {}",
    "IC {} can?",
    "{}",
    "Hi, I'm Wei Ming ({}), looking for a loan of S$800,000",
    "我的身份证是{}谢谢",
    "FIN:{},EP holder",
    "nric{}",
    "NRIC_{}_thanks",
    '"{}"',
    "ic no:{}\nincome 8000",
    "sent you already lah, {}. Earn 6.5k",
    "husband {} wife also want to join",
]
PRICES = [
    "S$1,234,567",
    "$850000",
    "1.5m",
    "1.2 mil",
    "SGD 620,000",
    "780k",
    "S$ 91234567",
    "S$4,111,111,111.11",
]
PHONES = [
    "91234567",
    "9123 4567",
    "+65 8123 4567",
    "+6591234567",
    "6500 1234",
    "65-9123-4567",
    "1800-222-2222",
]
DATES = [
    "12/05/2026",
    "2026-11-23",
    "23-11-2026",
    "23.11.2026",
    "23 November 2026",
    "from 24-11-2026 - 24-11-2027",
]
PLACES = [
    "#12-345",
    "Blk 123A Ang Mo Kio Ave 3 #08-1234 S(560123)",
    "Singapore 560123",
    "T3 tower",
    "M1 shop",
    "S 560123",
]
OTHERS = [
    "we earn 6500 7200 4100 5000",
    "conversation 20481234567",
    "3.85% p.a. for 25 years",
    "TDSR 55%, MSR 30%",
    "order 1732323232323",
    "ages 34 and 36",
    "120000000",
    "UEN 201912345K",
    "lock-in till 2027, rate 2.6 to 3.1",
]
TALK = [
    "The price is {}.",
    "can borrow {} or not?",
    "{}",
    "my number {} call me after 6",
    "I'm with DBS now, {} ok?",
    "bank valuation {} already",
    "from {} please",
]


def nric(chance: random.Random) -> str:
    """One that passes its check, by a table of remainders of the test's own."""
    series = chance.choice("STFGM")
    digits = [chance.randrange(10) for _ in range(7)]
    rest = sum(a * b for a, b in zip(digits, (2, 7, 6, 5, 4, 3, 2), strict=True))
    rest = (rest + {"S": 0, "F": 0, "T": 4, "G": 4, "M": 3}[series]) % 11
    letters = {
        "S": "ABCDEFGHIZJ",
        "T": "ABCDEFGHIZJ",
        "F": "KLMNPQRTUWX",
        "G": "KLMNPQRTUWX",
        "M": "KLJNPQRTUWX",
    }
    return series + "".join(map(str, digits)) + letters[series][10 - rest]


def written(number: str, chance: random.Random) -> str:
    """As people type it: small letters, blanks or hyphens inside, wide characters."""
    way = chance.randrange(6)
    if way == 1:
        return number.lower()
    if way == 2:
        return f"{number[0]} {number[1:8]} {number[8]}"
    if way == 3:
        return f"{number[:5]}-{number[5:8]}-{number[8]}".lower()
    if way == 4:
        return f"{number[0]}{number[1:4]} {number[4:8]}{number[8]}"
    return "".join(chr(ord(c) + 0xFEE0) for c in number) if way == 5 else number


def card(chance: random.Random) -> str:
    """A card number of a length and beginning that is issued, with its Luhn digit."""
    beginning, length = chance.choice(
        [
            ("4", 16),
            ("4", 13),
            ("51", 16),
            ("2221", 16),
            ("37", 15),
            ("36", 14),
            ("3528", 16),
            ("62", 19),
            ("6011", 16),
        ]
    )
    body = beginning + "".join(str(chance.randrange(10)) for _ in range(length - len(beginning) - 1))
    for check in "0123456789":
        values = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(body + check))]
        if sum(v // 10 + v % 10 for v in values) % 10 == 0:
            return body + check
    raise AssertionError("one of ten digits fits")


def grouped(number: str, chance: random.Random) -> str:
    """Cut into groups of any length by one separator."""
    separator, rest, groups = chance.choice(["", " ", "-", "."]), number, []
    while rest:
        length = chance.choice([2, 3, 4, 5, 6])
        groups.append(rest[:length])
        rest = rest[length:]
    return separator.join(groups)


@pytest.mark.parametrize("number", KNOWN)
def test_numbers_known_to_be_right_are_masked_with_gaps_and_without_a_word(number: str) -> None:
    spaced = f"{number[0]} {number[1:8]} {number[8]}"
    assert mask(f"hello {spaced} there").text == "hello [NRIC] there"


def test_of_ten_thousand_lines_with_an_nric_or_fin_none_keeps_it() -> None:
    chance = random.Random(20261123)
    missed = []
    for _ in range(10_000):
        line = chance.choice(LINES).format(written(nric(chance), chance))
        if mask(line).found["nric"] != 1:
            missed.append(line)
    assert missed == []


@pytest.mark.parametrize(
    "text", ["nric S 1234567 A", "s-1234567-a is my IC", "身份证 S 1234567 A", "FIN: g 1234567 a"]
)
def test_one_that_fails_its_check_is_masked_where_it_is_called_one(text: str) -> None:
    assert "1234567" not in mask(text).text


def test_one_with_a_slip_of_the_keys_is_masked_when_it_is_written_in_one() -> None:
    assert mask("here: S1234567A").text == "here: [NRIC]"


def test_one_with_gaps_that_fails_its_check_and_is_called_nothing_stays() -> None:
    assert mask("unit S 1234567 A").text == "unit S 1234567 A"


def test_of_five_thousand_lines_with_a_card_number_none_keeps_it() -> None:
    chance = random.Random(7)
    lines = [f"pay with {grouped(card(chance), chance)} ok?" for _ in range(5_000)]
    assert [line for line in lines if mask(line).text != "pay with [card number] ok?"] == []


def test_a_mistyped_card_number_is_masked_where_it_is_called_a_card() -> None:
    assert mask("my visa 4111 1111 1111 1112").text == "my visa [card number]"


def test_sixteen_digits_that_fail_their_check_and_are_called_nothing_stay() -> None:
    assert mask("ref 4111111111111112").text == "ref 4111111111111112"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "my DBS account is 003-123456-7",
            "POSB 012-34567-8",
            "OCBC a/c 501 123456 001",
            "UOB 123-456-789-0",
        ),
        *(
            "acct no. 0031234567",
            "transfer to 5011234567890"[:-1],
            "0031234568 is my account",
            "akaun bank 12345678901",
        ),
        *("我的银行户口 0031234567", "giro from HSBC 123-456789-123", "pls send to 003-123456-7"),
    ],
)
def test_a_bank_account_is_masked_by_its_shape_or_by_the_words_around(text: str) -> None:
    masked = mask(text)
    assert masked.found == {"account": 1}
    assert "[account number]" in masked.text
    assert not any(character.isdigit() for character in masked.text)


@pytest.mark.parametrize("talk", TALK)
@pytest.mark.parametrize("said", [*PRICES, *PHONES, *DATES, *PLACES, *OTHERS])
def test_figures_phones_dates_and_addresses_stay(talk: str, said: str) -> None:
    line = talk.format(said)
    assert mask(line).text == line
    assert not mask(line).found


def test_of_ten_thousand_lines_about_money_none_loses_anything() -> None:
    chance = random.Random(42)
    lost = []
    for _ in range(10_000):
        said = [chance.choice([*PRICES, *PHONES, *DATES, *PLACES]) for _ in range(3)]
        said += [str(chance.randrange(100, 20_000) * 50), f"{chance.randrange(1, 9_000_000):,}"]
        line = chance.choice(TALK).format(", ".join(chance.sample(said, 4)))
        if mask(line).text != line:
            lost.append((line, mask(line).text))
    assert lost == []


def test_each_kind_is_counted() -> None:
    masked = mask("S1234567D and T0123456G, card 4111 1111 1111 1111, account 003-123456-7")
    assert masked.found == {"nric": 2, "card": 1, "account": 1}
    assert masked.text == "[NRIC] and [NRIC], card [card number], account [account number]"


@given(st.text(alphabet="abc ,.!?äßñ中文\n$%#", max_size=200))
def test_a_text_without_digits_stays_as_it_is(text: str) -> None:
    assert mask(text).text == text


@pytest.mark.parametrize("hostile", ["1 " * 50_000, "S" + "1 " * 50_000, "1-" * 50_000, "S1234567 " * 10_000])
def test_no_text_takes_long(hostile: str) -> None:
    began = time.monotonic()
    mask(hostile)
    assert time.monotonic() - began < 5
