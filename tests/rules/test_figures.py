"""Figures as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.figures import Kind, figures

MONEY, PERCENT, MONTHS, MINUTES = Kind.MONEY, Kind.PERCENT, Kind.MONTHS, Kind.MINUTES


@pytest.mark.parametrize(
    "text",
    [
        *("S$1.5m", "1.5 mil", "S$1,500,000", "$1'500'000", "1.5 million", "SGD 1500k", "150万", "1.5 juta"),
        *("1.5百万", "15 லட்சம்", "satu setengah juta", "1.5 மில்லியன்"),
        *("1500 thousand", "S$1\u200b,500,000", "Ｓ＄１．５ｍ", "1500000 dollars"),
    ],
)
def test_one_amount_has_many_spellings(text: str) -> None:
    assert [(figure.kind, figure.value) for figure in figures(text)] == [(MONEY, Decimal(1_500_000))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.5%", [(PERCENT, "3.5")]),
        ("three point five per cent", [(PERCENT, "3.5")]),
        ("百分之三点五", [(PERCENT, "3.5")]),
        ("25 bps", [(PERCENT, "0.25")]),
        ("2 to 3%", [(PERCENT, "2"), (PERCENT, "3")]),
        ("1.2–1.5 percent", [(PERCENT, "1.2"), (PERCENT, "1.5")]),
        ("三成", [(PERCENT, "30")]),
        ("a 30-year loan", [(MONTHS, "360")]),
        ("twenty-five years", [(MONTHS, "300")]),
        ("24 months", [(MONTHS, "24")]),
        ("tiga puluh tahun", [(MONTHS, "360")]),
        ("三十年", [(MONTHS, "360")]),
        ("34 yo", [(Kind.AGE, "34")]),
        ("a 34-year-old", [(Kind.AGE, "34")]),
        ("33 and 31 years old", [(Kind.AGE, "33"), (Kind.AGE, "31")]),
        ("I’m 33, aged thirty", [(Kind.AGE, "33"), (Kind.AGE, "30")]),
        ("今年33岁", [(Kind.AGE, "33")]),
        ("I'm 33 years", [(Kind.AGE, "33")]),
        ("I'm 5 years into it", [(MONTHS, "60")]),
        ("mortgage 33", [(Kind.PLAIN, "33")]),
        ("In Q3 2027", [(Kind.DATE, "10003"), (Kind.PLAIN, "2027")]),
        ("3Q2027", [(Kind.DATE, "10003"), (Kind.PLAIN, "2027")]),
        ("third quarter of 2027", [(Kind.DATE, "10003"), (Kind.PLAIN, "2027")]),
        ("第三季度", [(Kind.DATE, "10003")]),
        ("1H 2027", [(Kind.DATE, "20001"), (Kind.PLAIN, "2027")]),
        ("the second half of 2027", [(Kind.DATE, "20002"), (Kind.PLAIN, "2027")]),
        ("within 24 hours", [(MINUTES, "1440")]),
        ("2 weeks", [(MINUTES, "20160")]),
        ("$500-600k", [(MONEY, "500000"), (MONEY, "600000")]),
        ("40 to 50 thousand", [(MONEY, "40000"), (MONEY, "50000")]),
        ("1,500,000 or 1.5 mil", [(MONEY, "1500000"), (MONEY, "1500000")]),
        ("two hundred and fifty thousand dollars", [(MONEY, "250000")]),
        ("half a million", [(Kind.PLAIN, "500000")]),
        ("dua ratus lima puluh ribu", [(Kind.PLAIN, "250000")]),
        ("一百五十万", [(Kind.PLAIN, "1500000")]),
        ("1-2 questions", [(Kind.COUNT, "1"), (Kind.COUNT, "2")]),
        ("3 July 2025", [(Kind.DATE, "20250703")]),
        ("2025-07-03, 3/7/2025 or 3.7.2025", [(Kind.DATE, "20250703")] * 3),
        ("July 3, 2025", [(Kind.DATE, "20250703")]),
        ("2025年7月3日", [(Kind.DATE, "20250703")]),
        ("二零二五年七月三日", [(Kind.DATE, "20250703")]),
        ("3 Julai 2025, 3 ஜூலை 2025", [(Kind.DATE, "20250703")] * 2),
        ("5 July to 9 August 2026", [(Kind.DATE, "20260705"), (Kind.DATE, "20260809")]),
        ("July 2025", [(Kind.DATE, "20250700")]),
        ("by July", [(Kind.DATE, "700")]),
        ("You may be 2nd to the 2 may be enough", [(Kind.PLAIN, "2"), (Kind.PLAIN, "2")]),
        ("two and a half years, 2½ years, dua setengah tahun, 两年半", [(MONTHS, "30")] * 4),
        ("half a year, setengah tahun, 半年", [(MONTHS, "6")] * 3),
        ("satu juta setengah, one and a half million", [(MONEY, "1500000")] * 2),
        ("sejuta", [(Kind.PLAIN, "1000000")]),
        ("௧௫௦,௦௦௦", [(Kind.PLAIN, "150000")]),
        ("25 ஆண்டுகளில், முப்பது ஆண்டுகள்", [(MONTHS, "300"), (MONTHS, "360")]),
        ("4 சதவீதம், நான்கு சதவீதம்", [(PERCENT, "4")] * 2),
        ("3 லட்சம், 50 ஆயிரம் வெள்ளி", [(MONEY, "300000"), (MONEY, "50000")]),
        ("收入的一半", [(PERCENT, "50")]),
        ("July 3rd", [(Kind.DATE, "703")]),
        ("7月3日", [(Kind.DATE, "703")]),
        ("at 5pm", [(Kind.TIME, "1020")]),
        ("at 10:30", [(Kind.TIME, "630")]),
        ("12am", [(Kind.TIME, "0")]),
        ("2025年", [(Kind.PLAIN, "2025")]),
        ("one of us has two options", []),
        ("十分感谢，万一", []),
    ],
)
def test_figures_are_read_with_their_unit(text: str, expected: list[tuple[Kind, str]]) -> None:
    assert [(figure.kind, figure.value) for figure in figures(text)] == [
        (kind, Decimal(value)) for kind, value in expected
    ]


@given(st.text() | st.text(alphabet="0123456789.,'$%km-: 年月成百千万点零三十分之一"))
def test_any_text_can_be_read(text: str) -> None:
    assert all(figure.value >= 0 for figure in figures(text))


@given(st.integers(100, 99_999_999))
def test_every_amount_is_read_exactly_with_and_without_commas(amount: int) -> None:
    assert [figure.value for figure in figures(f"S${amount} and S${amount:,}.")] == [amount, amount]
