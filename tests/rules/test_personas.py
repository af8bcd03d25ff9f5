"""Which broker speaks to which score."""

from __future__ import annotations

import psycopg
import pytest

from nextnest.models import LoanType, PersonalityType, PropertyType, PurchaseTimeline
from nextnest.rules.personas import get_broker_persona
from nextnest.store.brokers import all_brokers
from tests.rules.seed import broker, seeded_brokers


@pytest.mark.parametrize("score", range(101))
def test_every_score_belongs_to_exactly_one_seeded_broker(score: int) -> None:
    holding = [b for b in seeded_brokers() if b.persona.score_from <= score <= b.persona.score_to]
    assert len(holding) == 1
    assert get_broker_persona(score, seeded_brokers()) == holding[0]


@pytest.mark.parametrize(
    ("score", "name", "personality"),
    [
        (100, "Michelle Chen", PersonalityType.AGGRESSIVE),
        (90, "Michelle Chen", PersonalityType.AGGRESSIVE),
        (89, "Jasmine Lee", PersonalityType.AGGRESSIVE),
        (75, "Jasmine Lee", PersonalityType.AGGRESSIVE),
        (74, "Rachel Tan", PersonalityType.BALANCED),
        (60, "Rachel Tan", PersonalityType.BALANCED),
        (59, "Sarah Wong", PersonalityType.BALANCED),
        (45, "Sarah Wong", PersonalityType.BALANCED),
        (44, "Grace Lim", PersonalityType.CONSERVATIVE),
        (0, "Grace Lim", PersonalityType.CONSERVATIVE),
    ],
)
def test_the_bands_are_those_of_the_five_personas(
    score: int, name: str, personality: PersonalityType
) -> None:
    found = get_broker_persona(score, seeded_brokers())
    assert found is not None
    assert (found.name, found.personality_type) == (name, personality)


def test_a_busy_broker_keeps_her_band() -> None:
    busy = broker("rachel-tan", is_available=False, current_workload=5)
    assert get_broker_persona(65, [busy]) == busy


def test_a_score_in_nobodys_band_has_no_persona() -> None:
    assert get_broker_persona(50, [broker("grace-lim"), broker("michelle-chen")]) is None
    assert get_broker_persona(50, []) is None


def test_of_two_bands_the_narrower_wins_whatever_the_order() -> None:
    sarah, rachel = broker("sarah-wong"), broker("rachel-tan")
    wide = rachel.model_copy(
        update={"persona": rachel.persona.model_copy(update={"score_from": 0, "score_to": 100})}
    )
    assert get_broker_persona(50, [wide, sarah]) == get_broker_persona(50, [sarah, wide]) == sarah


def test_every_loan_property_and_timeline_is_some_brokers_speciality() -> None:
    personas = [b.persona for b in seeded_brokers()]
    assert {choice for p in personas for choice in p.loan_types} == set(LoanType)
    assert {choice for p in personas for choice in p.property_types} == set(PropertyType)
    assert {choice for p in personas for choice in p.timelines} == set(PurchaseTimeline)


async def test_a_migrated_database_holds_the_five_brokers_idle_and_available(database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, options="-c search_path=nextnest") as conn:
        stored = await all_brokers(conn)
    expected = {one.slug: one for one in seeded_brokers()}
    assert len(stored) == len(expected) == 5
    for one in stored:
        assert one.model_copy(update={"id": expected[one.slug].id}) == expected[one.slug]
        assert one.max_concurrent_chats == 5
