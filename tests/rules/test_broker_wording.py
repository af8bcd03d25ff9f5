"""Which words a broker may be given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nextnest.models import Broker
from nextnest.rules.broker_wording import LONGEST, SAMPLES, Wording, problems
from nextnest.rules.greeting import greeting
from tests.rules.people import a_broker
from tests.rules.seed import seeded_brokers

GOOD = Wording("Family Mortgage Consultant", "Hi $name, I'm $broker_name.", "warm", "slow", "the household")


@pytest.mark.parametrize("broker", seeded_brokers(), ids=lambda broker: broker.slug)
def test_the_seeded_words_may_be_kept(broker: Broker) -> None:
    assert problems(Wording.of(broker), broker) == {}


@pytest.mark.parametrize(
    "said",
    [
        "Hi $name",
        "Hi ${name}, about $loan. $facts",
        "A line,\n\nand another 👩‍👩‍👧 你好 வணக்கம்",
        "Braces { } are fine",
    ],
)
def test_a_harmless_greeting_may_be_kept(said: str) -> None:
    assert problems(replace(GOOD, greeting=said), a_broker()) == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Hi $Name", "$Name is not known"),
        ("Hi ${phone}", "$phone is not known"),
        ("100$", "single $"),
        ("{{contact.email}}", "placeholders here begin with $"),
        ("{%if%}", "placeholders here begin with $"),
        ("", "empty"),
        ("x" * 601, "601 characters"),
        ("Approval is guaranteed.", "No broker may say this"),
        ("You pay 1.5% a year.", "No broker may say this"),
        ("I am not an AI, I am human.", "No broker may say this"),
        ("See https://elsewhere.example/x", "No broker may say this"),
    ],
)
def test_what_no_customer_may_read_is_refused_with_a_reason(said: str, why: str) -> None:
    found = problems(replace(GOOD, greeting=said), a_broker())
    assert list(found) == ["greeting"]
    assert why in found["greeting"]


@pytest.mark.parametrize("name", [name for name in LONGEST if name != "greeting"])
def test_every_other_field_has_its_bounds(name: str) -> None:
    for text in ("", "x" * (LONGEST[name] + 1), "{{x}}"):
        assert list(problems(replace(GOOD, **{name: text}), a_broker())) == [name]
    assert problems(replace(GOOD, **{name: "x" * LONGEST[name]}), a_broker()) == {}


def test_what_a_form_sends_is_cleaned_before_it_is_read() -> None:
    read = Wording.read({"title": " A \r\n B\0 ", "greeting": " Hi\r\n\r\n$name\x1b ", "tone": "\u202etone"})
    assert read == Wording("A B", "Hi\n\n$name", "tone", "", "")


def test_a_change_is_told_field_by_field() -> None:
    assert replace(GOOD, tone="brisk").changes(GOOD) == {"tone": ("warm", "brisk")}
    assert GOOD.changes(GOOD) == {}


def test_words_change_nothing_else_of_a_broker() -> None:
    before = a_broker()
    after = GOOD.spoken_by(before)
    assert Wording.of(after) == GOOD
    assert Wording.of(before).spoken_by(after) == before


def test_no_sample_is_somebody() -> None:
    for lead in SAMPLES.values():
        assert lead is None or lead.email.endswith("@example.com")
        assert greeting(GOOD.spoken_by(a_broker()), lead)
