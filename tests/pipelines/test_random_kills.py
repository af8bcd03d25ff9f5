"""Workers are killed at random moments under load, again and again, while Chatwoot loses answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import reduce
from pathlib import Path

import pytest

from tests.databases import scratch_database
from tests.pipelines.killing.chaos import Storm, Tally
from tests.pipelines.world import running_world

# Each seed has a world of its own, side by side: after a kill there is mostly waiting.
SEEDS, KILLS, LEADS_PER_ROUND, QUESTIONS_PER_ROUND = (20261122, 20261123, 20261124, 20261125), 25, 4, 5


@pytest.fixture
def storms(postgres_url: str, migrated_template: str, tmp_path: Path) -> Iterator[list[Storm]]:
    """Two workers each, and waits short enough to get through, long enough to be killed in."""
    with ExitStack() as stack:
        found = []
        for seed in SEEDS:
            folder = tmp_path / str(seed)
            folder.mkdir()
            database_url = stack.enter_context(scratch_database(postgres_url, migrated_template))
            world = stack.enter_context(running_world(database_url, folder, workers=2, NEXTNEST_PACE="0.4"))
            world.execute("update ai_brokers set max_concurrent_chats = 1000")
            found.append(Storm(world, random.Random(seed)))
        yield found


@pytest.mark.long
def test_twenty_five_random_kills_lose_nothing_and_double_nothing(
    storms: list[Storm], capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(len(storms)) as threads:
        tally = reduce(Tally.plus, threads.map(_rage, storms))
    with capsys.disabled():
        print(f"\nseeds {SEEDS}\n{tally.table()}")
    assert (tally.lost, tally.doubled) == (0, 0), "\n".join(tally.wrong)
    assert tally.kills == KILLS * len(SEEDS)
    # A job is given up only when three workers died over it; that so many kills hit one job thrice is rare.
    assert tally.given_up <= 2 * len(SEEDS)


def _rage(storm: Storm) -> Tally:
    while (left := KILLS - storm.tally.kills) > 0:
        kills = min(left, storm.chance.choice((1, 2)))
        storm.round(leads=LEADS_PER_ROUND, questions=QUESTIONS_PER_ROUND, kills=kills)
    storm.judge()
    return storm.tally
