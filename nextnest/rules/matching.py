"""Which free broker suits a lead best.

| fit | points | reason |
|---|---|---|
| score inside her band | 300 | the band decides who speaks to whom; more than all the rest together (60 + at most 198) |
| score outside her band | 200 less 2 a point of distance | when she is full, the neighbour takes over, not the far end |
| loan type | 20 | what she knows best; a commercial loan is another trade than a flat |
| property type | 15 | decides which limits and schemes apply |
| income | 15 | a lead at or above the income her clients usually have |
| timeline | 10 | pace of the conversation; the weakest sign, since plans move |

All specialities together weigh as much as 30 points of score: two bands of the usual width and no more.
An empty list in a persona means no preference and suits everybody. What the lead did not say gives nobody points.
Equal fits go to the larger free share, then to whoever was idle longest, then by slug, so the order is always the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from nextnest.models import Broker, Lead
from nextnest.rules.personas import distance_to_band

_IN_BAND = 300
_BESIDE_BAND = 200
_A_POINT_AWAY = 2
_LOAN_TYPE = 20
_PROPERTY_TYPE = 15
_INCOME = 15
_TIMELINE = 10


def rank_brokers(lead: Lead | None, score: int, brokers: Iterable[Broker]) -> list[Broker]:
    """The available brokers, best first. `lead` is None for a customer who wrote without a form: the score decides."""
    available = [broker for broker in brokers if broker.is_available]
    return sorted(available, key=lambda broker: _order(lead, score, broker))


def _order(lead: Lead | None, score: int, broker: Broker) -> tuple[int, float, float, str]:
    """Smaller is better."""
    return -_fit(lead, score, broker), -_free_share(broker), _last_active(broker), broker.slug


def _fit(lead: Lead | None, score: int, broker: Broker) -> int:
    distance = distance_to_band(score, broker)
    band = _IN_BAND if distance == 0 else _BESIDE_BAND - _A_POINT_AWAY * distance
    return band + (_speciality(lead, broker) if lead else 0)


def _speciality(lead: Lead, broker: Broker) -> int:
    """0 to 60: how well what the lead asks for matches what she does."""
    persona, income = broker.persona, lead.monthly_income
    return (
        _LOAN_TYPE * _suits(lead.loan_type, persona.loan_types)
        + _PROPERTY_TYPE * _suits(lead.property_type, persona.property_types)
        + _INCOME * (income is not None and income >= persona.income_from)
        + _TIMELINE * _suits(lead.purchase_timeline, persona.timelines)
    )


def _suits(wanted: StrEnum | None, choices: Sequence[StrEnum]) -> bool:
    return wanted is not None and (not choices or wanted in choices)


def _free_share(broker: Broker) -> float:
    """0 full, 1 idle; a broker without any place counts as full."""
    if broker.max_concurrent_chats == 0:
        return 0.0
    return (broker.max_concurrent_chats - broker.current_workload) / broker.max_concurrent_chats


def _last_active(broker: Broker) -> float:
    """Seconds since the epoch; never active sorts before everything."""
    return broker.last_active_at.timestamp() if broker.last_active_at else float("-inf")
