"""Which of the five brokers speaks to a lead of a given score.

The bands live with each broker (`persona.score_from`, `persona.score_to`, both inclusive) and are seeded by migration:
90+ Michelle Chen, 75-89 Jasmine Lee, 60-74 Rachel Tan, 45-59 Sarah Wong, 0-44 Grace Lim.
"""

from __future__ import annotations

from collections.abc import Iterable

from nextnest.models import Broker


def get_broker_persona(score: int, brokers: Iterable[Broker]) -> Broker | None:
    """The broker whose band holds the score, busy or not; None when no band does.

    Bands that overlap are an operator's choice: the narrower one wins, then the first slug.
    """
    suited = [broker for broker in brokers if distance_to_band(score, broker) == 0]
    return min(suited, key=_narrowest_first, default=None)


def distance_to_band(score: int, broker: Broker) -> int:
    """How many points the score lies outside the broker's band; 0 inside."""
    persona = broker.persona
    return max(persona.score_from - score, score - persona.score_to, 0)


def _narrowest_first(broker: Broker) -> tuple[int, str]:
    return broker.persona.score_to - broker.persona.score_from, broker.slug
