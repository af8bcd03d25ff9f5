"""When leads come in, and when Chatwoot or the model was away: the shape of days in Singapore."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

SINGAPORE = ZoneInfo("Asia/Singapore")
HOUR = timedelta(hours=1)

# Leads by hour of the day, midnight first: quiet nights, lunch breaks, and most of them on the sofa in the evening.
_WORKDAY = (2, 1, 1, 0.5, 0.5, 1, 2, 4, 7, 9, 10, 11, 14, 12, 9, 9, 10, 11, 12, 15, 21, 22, 15, 7)
_WEEKEND = (3, 2, 1, 0.5, 0.5, 0.5, 1, 3, 5, 9, 12, 13, 12, 11, 12, 12, 11, 10, 10, 13, 16, 17, 12, 7)
# A newsletter or an open house: so much of all leads comes in bursts of so many minutes.
_IN_BURSTS = 0.18
_BURST = timedelta(minutes=12)
_BURSTS_PER_DAY = 1.5
# The newest leads are a little older than now, so that they have been greeted.
_YOUNGEST = timedelta(minutes=3)
# A day without its outage would leave the charts of failures empty; over by now, so that nothing waits for it.
_OUTAGES_PER_DAY = 0.6
_LAST_OUTAGE_ENDED = timedelta(minutes=40)


@dataclass(frozen=True)
class Outage:
    """`what` ("model" or "chatwoot") did not answer from `start` to `end`."""

    what: str
    start: datetime
    end: datetime


class Outages:
    """All of them, to be asked about a moment."""

    def __init__(self, outages: list[Outage]) -> None:
        self.all = sorted(outages, key=lambda outage: outage.start)
        self._starts = [outage.start for outage in self.all]

    def at(self, what: str, moment: datetime) -> Outage | None:
        before = self.all[: bisect_right(self._starts, moment)]
        return next((one for one in reversed(before[-2:]) if one.what == what and moment < one.end), None)


def arrivals(random: Random, now: datetime, days: float, count: int) -> list[datetime]:
    """`count` moments of the last `days` days, oldest first."""
    begin, end = now - timedelta(days=days), now - _YOUNGEST
    hours = [begin + index * HOUR for index in range(max(1, round(days * 24)))]
    chosen = random.choices(hours, [_weight(hour) for hour in hours], k=count)
    spread = [min(hour + HOUR * random.random(), end) for hour in chosen]
    bursts = _burst_starts(random, hours, end)
    return sorted(
        min(random.choice(bursts) + _BURST * random.random(), end) if random.random() < _IN_BURSTS else moment
        for moment in spread
    )


def outages(random: Random, now: datetime, days: float) -> Outages:
    """At least one, alternating between the model and Chatwoot, each of some minutes and none at the same time."""
    count = max(1, round(days * _OUTAGES_PER_DAY))
    span = (timedelta(days=days) - _LAST_OUTAGE_ENDED) / count
    found = []
    for index in range(count):
        end = now - _LAST_OUTAGE_ENDED - span * (index + 0.5 * random.random())
        length = min(timedelta(minutes=random.uniform(7, 26)), span / 3)
        found.append(Outage("model" if index % 2 == 0 else "chatwoot", end - length, end))
    return Outages(found)


def _burst_starts(random: Random, hours: list[datetime], end: datetime) -> list[datetime]:
    """The last one is just over, so that a database filled at night has somebody in it, too."""
    count = max(1, round(len(hours) / 24 * _BURSTS_PER_DAY))
    weights = [_weight(hour) for hour in hours]
    return [*random.choices(hours, weights, k=count), end - 3 * _BURST]


def _weight(moment: datetime) -> float:
    local = moment.astimezone(SINGAPORE)
    # Numbered from Monday.
    return (_WEEKEND if local.weekday() >= 5 else _WORKDAY)[local.hour]
