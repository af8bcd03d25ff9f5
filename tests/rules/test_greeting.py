"""What a customer reads before the first answer."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.models import (
    Broker,
    Lead,
    LoanType,
    LockInStatus,
    PropertyCategory,
    PropertyType,
    PurchaseTimeline,
)
from nextnest.rules.greeting import greeting, joined_line, waiting_notice
from tests.rules.seed import broker, lead, seeded_brokers

_LEADS = st.none() | st.builds(
    lead,
    loan_type=st.sampled_from(LoanType),
    property_category=st.none() | st.sampled_from(PropertyCategory),
    property_type=st.none() | st.sampled_from(PropertyType),
    property_price=st.none() | st.decimals(0, 10_000_000, places=2),
    outstanding_loan=st.none() | st.decimals(0, 10_000_000, places=2),
    current_rate=st.none() | st.just(Decimal("3.87")),
    purchase_timeline=st.none() | st.sampled_from(PurchaseTimeline),
    lock_in_status=st.none() | st.sampled_from(LockInStatus),
)
_BROKERS = st.sampled_from(seeded_brokers())


def _worded(text: str) -> Broker:
    """Rachel with another wording."""
    rachel = broker("rachel-tan")
    return rachel.model_copy(update={"persona": rachel.persona.model_copy(update={"greeting": text})})


@given(_BROKERS, _LEADS)
def test_every_greeting_names_the_broker_and_says_that_she_is_an_ai_beside_people(
    one: Broker, who: Lead | None
) -> None:
    said = greeting(one, who)
    assert f"I'm {one.name}, an AI mortgage assistant at NextNest" in said
    assert "human colleague" in said


@given(_BROKERS, _LEADS)
def test_every_greeting_is_whole_and_short(one: Broker, who: Lead | None) -> None:
    said = greeting(one, who)
    assert "$" not in said.replace("S$", "")
    assert "None" not in said
    assert "  " not in said
    assert ", ." not in said
    assert len(re.findall(r"[.?!](?= |$)", said)) <= 6
    assert len(said) <= 480


@given(_BROKERS, _LEADS)
def test_no_greeting_shows_contact_details_a_rate_a_score_or_a_promise(one: Broker, who: Lead | None) -> None:
    said = greeting(one, who).lower()
    for private in ("example.com", "9123", "%", "3.87", "score"):
        assert private not in said
    for promise in ("approv", "guarantee", "lowest", "best rate", "qualify", "minutes"):
        assert promise not in said


def test_the_five_greetings_are_five_wordings() -> None:
    said = {greeting(one, lead()).replace(one.name, "") for one in seeded_brokers()}
    assert len(said) == 5


@pytest.mark.parametrize(
    "name", ["陈小明", "Tan Wei Ming", "O'Brien-Tan Mei", "Nurul 'Ain", "$facts", "$", "José"]
)
def test_a_customer_is_greeted_by_the_whole_name_as_written(name: str) -> None:
    assert greeting(broker("sarah-wong"), lead(name=name)).startswith(f"Hi {name}, ")


@pytest.mark.parametrize("title", ["Mr", "Ms.", "MDM", "Dr"])
def test_a_title_is_left_out(title: str) -> None:
    assert greeting(broker("sarah-wong"), lead(name=f"{title} Tan Wei Ming")).startswith("Hi Tan Wei Ming, ")


def test_somebody_who_wrote_without_a_form_is_greeted_without_a_name_and_without_facts() -> None:
    said = greeting(broker("rachel-tan"), None)
    assert said.startswith("Hi there!")
    assert "your mortgage" in said
    assert "form" not in said


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {
                "property_category": "resale",
                "property_type": "hdb",
                "property_price": 600_000,
                "purchase_timeline": "next_3_months",
            },
            "you're looking at a resale HDB flat at S$600,000, hopefully within the next 3 months.",
        ),
        ({"property_type": "hdb"}, "you're looking at an HDB flat."),
        ({"property_type": "ec"}, "you're looking at an executive condo."),
        ({"property_category": "bto", "property_type": "hdb"}, "you're looking at a BTO flat."),
        ({"property_category": "new_launch", "property_type": "ec"}, "a new-launch executive condo."),
        ({"property_category": "resale"}, "you're looking at a resale home."),
        ({"property_price": "1234567.5"}, "you're looking at a property at S$1,234,567.50."),
        ({"purchase_timeline": "exploring"}, "you're looking to buy, just exploring for now."),
        (
            {"loan_type": "commercial", "property_category": "resale"},
            "you're looking at a commercial property.",
        ),
        (
            {
                "loan_type": "refinance",
                "property_type": "private",
                "property_price": 1_500_000,
                "outstanding_loan": 400_000,
                "lock_in_status": "ending_soon",
            },
            "you're refinancing your private home valued at S$1,500,000,"
            " with about S$400,000 still outstanding, lock-in ending soon.",
        ),
        (
            {"loan_type": "refinance", "lock_in_status": "no_lock"},
            "you're refinancing your property, no lock-in.",
        ),
    ],
)
def test_the_leads_own_facts_are_said_back(fields: dict[str, Any], expected: str) -> None:
    assert expected in greeting(broker("rachel-tan"), lead(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"property_price": 0},
        {"loan_type": "refinance"},
        {"loan_type": "refinance", "lock_in_status": "not_sure", "current_rate": 3, "outstanding_loan": 0},
    ],
)
def test_without_facts_worth_repeating_nothing_is_said_of_the_form(fields: dict[str, Any]) -> None:
    assert "form" not in greeting(broker("rachel-tan"), lead(**fields))


@pytest.mark.parametrize(
    ("fields", "loan"),
    [
        ({}, "your home loan"),
        ({"loan_type": "refinance"}, "your refinancing"),
        ({"loan_type": "commercial"}, "your commercial property loan"),
        ({"property_type": "commercial"}, "your commercial property loan"),
    ],
)
def test_the_loan_is_called_by_its_kind(fields: dict[str, Any], loan: str) -> None:
    assert loan in greeting(broker("jasmine-lee"), lead(**fields))


def test_an_unknown_placeholder_or_a_price_in_the_wording_does_no_harm() -> None:
    said = greeting(_worded("Hi $name, an AI here, or a human. S$5 for $nobody $"), lead())
    assert said == "Hi Aisha Rahman, an AI here, or a human. S$5 for $nobody $"


@pytest.mark.parametrize("wording", ["Hi $name!", "Hi, I AIM to please any human.", "AI here.", ""])
def test_a_wording_that_hides_the_ai_or_the_person_gets_the_disclosure_added(wording: str) -> None:
    said = greeting(_worded(wording), lead())
    assert said.endswith("I'm an AI assistant; you can ask for a human colleague at any time.")
    assert said == said.strip()


def test_the_joined_line_names_the_broker() -> None:
    assert joined_line(broker("grace-lim")) == "🤝 Grace Lim has joined the conversation"


def test_a_waiting_customer_is_told_the_true_place() -> None:
    assert "you are next in line" in waiting_notice(1)
    assert "you are number 4 in line" in waiting_notice(4)
    assert waiting_notice(4) != waiting_notice(5)
