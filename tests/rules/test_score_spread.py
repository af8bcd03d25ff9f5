"""Where realistic leads land: every broker gets some, and a complete form alone is no ticket to the top."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product

from nextnest.models import EmploymentType, Lead, LockInStatus, PurchaseTimeline
from nextnest.rules.personas import get_broker_persona
from nextnest.rules.scoring import lead_score
from tests.rules.seed import lead, seeded_brokers

_INCOMES = [(4_500,), (7_000,), (5_500, 4_500), (9_000, 7_000), (14_000, 9_000), (20_000, 15_000)]


def test_merely_filling_the_form_in_completely_is_not_worth_90() -> None:
    """Every lead of this grid is complete; those of 90 and more are the rare ones."""
    complete = [lead_score(one) for one in _realistic_purchases()]
    assert {score.points["completeness"] for score in complete} == {10}
    assert sum(score.total >= 90 for score in complete) <= 0.15 * len(complete)


def test_realistic_buyers_spread_over_all_five_brokers() -> None:
    shares = _shares(_realistic_purchases())
    assert len(shares) == 5
    assert min(shares.values()) >= 0.08
    assert max(shares.values()) <= 0.40


def test_realistic_refinances_reach_all_five_brokers() -> None:
    shares = _shares(_realistic_refinances())
    assert len(shares) == 5
    assert min(shares.values()) >= 0.01
    assert max(shares.values()) <= 0.50


def _realistic_purchases() -> Iterator[Lead]:
    homes = [
        ("hdb", "resale", 450_000),
        ("hdb", "resale", 600_000),
        ("hdb", "bto", 400_000),
        ("ec", "new_launch", 1_400_000),
        ("private", "resale", 1_300_000),
        ("private", "new_launch", 1_900_000),
        ("landed", "resale", 4_000_000),
    ]
    for (kind, category, price), incomes, employment, when, debts in product(
        homes, _INCOMES, EmploymentType, PurchaseTimeline, (0, 800)
    ):
        yield lead(
            property_type=kind,
            property_category=category,
            property_price=price,
            incomes=incomes,
            ages=(35,) * len(incomes),
            employment_type=employment,
            purchase_timeline=when,
            existing_commitments=debts,
        )


def _realistic_refinances() -> Iterator[Lead]:
    loans, rates = (250_000, 500_000, 1_000_000), ("1.9", "2.6", "3.2", "4.1")
    for loan, rate, incomes, work, when, lock_in in product(
        loans, rates, _INCOMES, ("employed", "self-employed"), PurchaseTimeline, LockInStatus
    ):
        yield lead(
            loan_type="refinance",
            property_type="private",
            property_price=1_500_000,
            outstanding_loan=loan,
            current_rate=rate,
            incomes=incomes,
            ages=(42,) * len(incomes),
            employment_type=work,
            purchase_timeline=when,
            lock_in_status=lock_in,
        )


def _shares(leads: Iterator[Lead]) -> dict[str, float]:
    """Which broker's band the leads land in, as shares of all."""
    brokers, counted = seeded_brokers(), Counter[str]()
    for one in leads:
        persona = get_broker_persona(lead_score(one).total, brokers)
        counted[persona.slug if persona else "nobody"] += 1
    return {slug: count / counted.total() for slug, count in counted.items()}
