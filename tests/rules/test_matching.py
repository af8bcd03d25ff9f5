"""Who takes a lead when several could."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.models import (
    Broker,
    Lead,
    LoanType,
    PropertyCategory,
    PropertyType,
    PurchaseTimeline,
)
from nextnest.rules.matching import rank_brokers
from nextnest.rules.personas import get_broker_persona
from tests.rules.seed import broker, lead, seeded_brokers

_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_ONE_O_CLOCK = datetime(2026, 11, 22, 13, tzinfo=UTC)

_STATES = st.fixed_dictionaries(
    {
        "is_available": st.booleans(),
        "current_workload": st.integers(0, 5),
        "max_concurrent_chats": st.integers(0, 5),
        "last_active_at": st.none() | st.sampled_from([_NOON, _ONE_O_CLOCK]),
    }
)
_OFFICES = st.lists(_STATES, min_size=5, max_size=5).map(
    lambda states: [b.model_copy(update=s) for b, s in zip(seeded_brokers(), states, strict=True)]
)
_LEADS = st.none() | st.builds(
    lead,
    loan_type=st.sampled_from(LoanType),
    property_type=st.none() | st.sampled_from(PropertyType),
    property_category=st.none() | st.sampled_from(PropertyCategory),
    incomes=st.lists(st.integers(0, 40_000), max_size=2).map(tuple),
    purchase_timeline=st.none() | st.sampled_from(PurchaseTimeline),
)
_SCORES = st.integers(0, 100)

# Preferences that no lead of these tests meets, short of what a test adds.
_NOTHING: dict[str, Any] = {
    "loan_types": (LoanType.REFINANCE,),
    "property_types": (PropertyType.LANDED,),
    "income_from": 1_000_000,
    "timelines": (PurchaseTimeline.THIS_MONTH,),
}


def _slugs(lead: Lead | None, score: int, brokers: list[Broker]) -> list[str]:
    return [one.slug for one in rank_brokers(lead, score, brokers)]


@given(_LEADS, _SCORES, _OFFICES, st.randoms(use_true_random=False))
def test_the_ranking_does_not_depend_on_the_order_of_the_brokers(
    lead: Lead | None, score: int, office: list[Broker], random: Any
) -> None:
    shuffled = random.sample(office, len(office))
    assert rank_brokers(lead, score, shuffled) == rank_brokers(lead, score, office)


@given(_LEADS, _SCORES, _OFFICES)
def test_exactly_the_available_brokers_are_ranked(
    lead: Lead | None, score: int, office: list[Broker]
) -> None:
    ranked = _slugs(lead, score, office)
    assert sorted(ranked) == sorted(one.slug for one in office if one.is_available)


@given(_LEADS, _SCORES)
def test_the_broker_of_the_band_comes_first_while_she_is_available(lead: Lead | None, score: int) -> None:
    persona = get_broker_persona(score, seeded_brokers())
    assert persona is not None
    assert _slugs(lead, score, seeded_brokers())[0] == persona.slug


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (95, ["michelle-chen", "jasmine-lee", "rachel-tan", "sarah-wong", "grace-lim"]),
        (62, ["rachel-tan", "sarah-wong", "jasmine-lee", "grace-lim", "michelle-chen"]),
        (10, ["grace-lim", "sarah-wong", "rachel-tan", "jasmine-lee", "michelle-chen"]),
    ],
)
def test_without_a_form_the_score_alone_decides_and_the_neighbours_follow(
    score: int, expected: list[str]
) -> None:
    assert _slugs(None, score, seeded_brokers()) == expected


def test_for_equal_specialities_the_nearest_band_takes_over_however_far_the_score_is() -> None:
    alike = dict.fromkeys(("loan_types", "property_types", "timelines"), ()) | {"income_from": 0}
    office = [
        one.model_copy(update={"persona": one.persona.model_copy(update=alike)}) for one in seeded_brokers()
    ]
    grace_is_busy = [one.model_copy(update={"is_available": one.slug != "grace-lim"}) for one in office]
    asked = lead(property_type="landed", incomes=(20_000,), purchase_timeline="this_month")
    assert _slugs(asked, 15, grace_is_busy) == ["sarah-wong", "rachel-tan", "jasmine-lee", "michelle-chen"]


def test_no_speciality_brings_in_the_far_end_before_the_neighbour() -> None:
    """Michelle is right in everything that is asked and Sarah in nothing; the score is Grace's, who is busy."""
    neighbour = broker("sarah-wong")
    neighbour = neighbour.model_copy(update={"persona": neighbour.persona.model_copy(update=_NOTHING)})
    asked = lead(loan_type="commercial", property_type="commercial", incomes=(20_000,))
    assert _slugs(asked, 15, [broker("michelle-chen"), neighbour]) == ["sarah-wong", "michelle-chen"]


@pytest.mark.parametrize(
    ("fields", "preference"),
    [
        ({"loan_type": "commercial"}, {"loan_types": (LoanType.COMMERCIAL,)}),
        ({"property_type": "ec"}, {"property_types": (PropertyType.EC,)}),
        ({"incomes": (4_000, 4_000)}, {"income_from": 8_000}),
        ({"purchase_timeline": "exploring"}, {"timelines": (PurchaseTimeline.EXPLORING,)}),
    ],
)
def test_of_two_alike_the_one_whose_speciality_it_is_comes_first(
    fields: dict[str, Any], preference: dict[str, Any]
) -> None:
    suited = _prefers("z", **_NOTHING | preference)
    assert _slugs(lead(**fields), 65, [_prefers("a", **_NOTHING), suited]) == ["z", "a"]


def test_the_loan_weighs_more_than_property_or_income_and_they_more_than_the_timeline() -> None:
    asked = lead(property_type="ec", incomes=(8_000,), purchase_timeline="exploring")
    order = [
        _prefers("d-loan", **_NOTHING | {"loan_types": (LoanType.NEW_PURCHASE,)}),
        _prefers("b-property", **_NOTHING | {"property_types": (PropertyType.EC,)}),
        _prefers("c-income", **_NOTHING | {"income_from": 8_000}),
        _prefers("a-timeline", **_NOTHING | {"timelines": (PurchaseTimeline.EXPLORING,)}),
    ]
    assert rank_brokers(asked, 65, order[::-1]) == order


def test_no_speciality_outweighs_the_band() -> None:
    """One point outside and right in everything, against inside and right in nothing."""
    beside = _prefers("a", score_from=66, loan_types=(), property_types=(), timelines=(), income_from=0)
    asked = lead(property_type="ec", incomes=(8_000,), purchase_timeline="exploring")
    assert _slugs(asked, 65, [beside, _prefers("z", **_NOTHING)]) == ["z", "a"]


def test_no_preference_suits_everybody() -> None:
    asked = lead(loan_type="commercial", property_type="ec", purchase_timeline="exploring")
    open_to_all = _prefers("z", loan_types=(), property_types=(), timelines=())
    assert _slugs(asked, 65, [_prefers("a", **_NOTHING), open_to_all]) == ["z", "a"]


def test_what_a_lead_did_not_say_gives_nobody_an_advantage() -> None:
    keen = _prefers(
        "z", **_NOTHING | {"property_types": tuple(PropertyType), "timelines": tuple(PurchaseTimeline)}
    )
    assert _slugs(lead(), 65, [keen, _prefers("a", **_NOTHING)]) == ["a", "z"]


def test_equal_fits_go_to_the_larger_free_share_not_to_more_free_places() -> None:
    half_free = broker("rachel-tan", slug="a", max_concurrent_chats=10, current_workload=5)
    mostly_free = broker("rachel-tan", slug="b", max_concurrent_chats=4, current_workload=1)
    assert _slugs(lead(), 65, [half_free, mostly_free]) == ["b", "a"]


def test_equal_shares_go_to_the_longest_idle_and_never_active_comes_first() -> None:
    fresh = broker("rachel-tan", slug="c", last_active_at=None)
    noon = broker("rachel-tan", slug="b", last_active_at=_NOON)
    later = broker("rachel-tan", slug="a", last_active_at=_ONE_O_CLOCK)
    assert _slugs(lead(), 65, [later, noon, fresh]) == ["c", "b", "a"]


def test_the_slug_settles_what_nothing_else_does() -> None:
    twins = [broker("rachel-tan", slug=slug) for slug in ("b", "a")]
    assert _slugs(lead(), 65, twins) == ["a", "b"]


def test_a_better_fit_beats_an_idle_colleague() -> None:
    nearly_full = broker("rachel-tan", current_workload=4, last_active_at=_ONE_O_CLOCK)
    assert _slugs(lead(), 65, [broker("grace-lim"), nearly_full])[0] == "rachel-tan"


def test_nobody_available_gives_an_empty_list() -> None:
    assert rank_brokers(lead(), 65, [broker("rachel-tan", is_available=False)]) == []


def _prefers(slug: str, **preferences: Any) -> Broker:
    """Rachel under another slug and with other preferences."""
    return broker(
        "rachel-tan", slug=slug, persona=broker("rachel-tan").persona.model_copy(update=preferences)
    )
