"""Workers are killed at random moments under load, again and again."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world

SEED, KILLS, LEADS_PER_KILL = 20261122, 25, 4


@pytest.fixture
def killed_world(database_url: str, tmp_path: Path) -> object:
    """Two workers and waits short enough to get through, long enough to be killed in."""
    with running_world(database_url, tmp_path, workers=2, NEXTNEST_PACE="0.4") as world:
        world.execute("update ai_brokers set max_concurrent_chats = 1000")
        yield world


@pytest.mark.long
def test_twenty_five_random_kills_lose_nothing_and_double_nothing(
    killed_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world, chance = killed_world, random.Random(SEED)
    ids: list[int] = []
    for kill in range(KILLS):
        ids += [
            int(world.submit(**_person(len(ids) + n)).json()["conversationId"]) for n in range(LEADS_PER_KILL)
        ]
        for conversation_id in chance.sample(ids, min(3, len(ids))):
            world.chatwoot.customer_says(conversation_id, f"What about question {kill}?")
        # The moment of the kill is what is tried here, not something waited for.
        time.sleep(chance.uniform(0, 1.5))
        victim = world.workers[-1 - chance.randrange(2)]
        victim.kill()
        victim.wait()
        world.start_worker()
    began = time.monotonic()
    world.until(world.quiet, seconds=120)
    with capsys.disabled():
        print(
            f"\n{KILLS} kills, {len(ids)} leads, seed {SEED}: quiet {time.monotonic() - began:.1f} s after the last"
        )
    _nothing_lost_nothing_doubled(world, ids)


def _nothing_lost_nothing_doubled(world: World, ids: list[int]) -> None:
    assert not world.rows("select * from broker_capacity_drift")
    assert not world.rows("select * from unanswered_messages")
    assert not world.rows("select 1 from outgoing_messages where state not in ('sent', 'withheld')")
    failed = world.rows("select conversation_id, detail from job_outcomes where outcome = 'failed'")
    handed_over = {row["conversation_id"] for row in failed}
    for conversation_id in set(ids) - handed_over:
        assert len(world.activities(conversation_id)) == 1
        [replies] = world.rows(
            "select count(distinct answered_by) as n from incoming_messages where conversation_id = %(id)s",
            id=conversation_id,
        )
        assert len(world.said(conversation_id)) == 1 + replies["n"]
    # A job is given up only after three deaths of its worker; with one kill at a time that is rare.
    assert len(handed_over) <= 2


def _person(number: int) -> dict[str, str]:
    return {
        "email": f"killed{number}@example.com",
        "phone": f"+65 8200{number:04d}",
        "name": f"Koh Number {number}",
    }
