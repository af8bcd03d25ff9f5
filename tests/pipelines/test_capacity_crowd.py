"""Far more leads than places, all at once: never over at any commit, the rest in order, each place passed on at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from nextnest.links import ChatLinks
from nextnest.rules.greeting import waiting_notice
from tests.pipelines.watching import Watch
from tests.pipelines.world import World, running_world

LEADS, PLACES = 200, 15
# How many places are given back one by one afterwards.
FREED = 12


@pytest.fixture
def crowded(database_url: str, tmp_path: Path) -> Iterator[Watch]:
    """Five brokers with three places each, two workers, and a database that watches its commits.

    Two hundred at once keep the stand-in busy: a lost request may act for longer than in the other tests.
    """
    patience = {"CHATWOOT_TIMEOUT_S": "10", "CHATWOOT_SETTLE_S": "20"}
    with running_world(database_url, tmp_path, workers=2, **patience) as world:
        world.execute("update ai_brokers set max_concurrent_chats = 3")
        yield Watch.over(world)


def test_two_hundred_leads_at_once_are_never_overbooked_wait_in_order_and_follow_each_other(
    crowded: Watch,
) -> None:
    world = crowded.world
    _all_at_once(world)
    line = _line(world)
    assert len(line) == LEADS - PLACES
    _each_was_told_once(world, line)
    _each_sees_its_place(world, line)
    _each_freed_place_takes_the_next_in_its_own_commit(crowded, line)
    assert crowded.faults() == []
    assert crowded.commits() >= LEADS, "the watch was awake"


def _all_at_once(world: World) -> None:
    """Send the forms and wait until each lead is greeted or in line."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: world.submit(**_person(n)), range(LEADS)))
    # 202: kept, and a job opens the conversation.
    assert {answer.status_code for answer in answers} <= {201, 202}
    done = "select 1 from job_outcomes where task_name = 'new-conversation'"
    world.until(lambda: len(world.rows(done)) == LEADS and world.quiet(), seconds=180)


def _line(world: World) -> list[int]:
    rows = world.rows("select conversation_id, position from waiting_leads order by position")
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    return [row["conversation_id"] for row in rows]


def _each_was_told_once(world: World, line: list[int]) -> None:
    """Those in line read the place they had when they were told, and nothing else; the others were greeted."""
    assert [world.said(id_) for id_ in line] == [[waiting_notice(place)] for place in range(1, len(line) + 1)]
    greeted = world.rows("select conversation_id as id from broker_conversations where status = 'active'")
    assert len(greeted) == PLACES
    assert all(len(world.said(row["id"])) == len(world.activities(row["id"])) == 1 for row in greeted)


def _each_sees_its_place(world: World, line: list[int]) -> None:
    """What the customer's chat page reads."""
    links = ChatLinks(world.environment["NEXTNEST_SECRET_KEY"], world.web_url)
    leads = {row["conversation_id"]: row["id"] for row in world.rows("select id, conversation_id from leads")}
    with httpx.Client(base_url=world.web_url, timeout=30) as client:
        shown = [client.get(f"/api/chat/{links.link(leads[id_])}/messages").json() for id_ in line]
    assert [(page["status"], page["position"]) for page in shown] == [
        ("waiting", place) for place in range(1, len(line) + 1)
    ]


def _each_freed_place_takes_the_next_in_its_own_commit(watch: Watch, line: list[int]) -> None:
    world = watch.world
    active = (
        "select conversation_id as id from broker_conversations where status = 'active' order by assigned_at"
    )
    for row in world.rows(active)[:FREED]:
        world.chatwoot.resolve(row["id"])
    world.until(lambda: len(watch.moves("active", "resolved")) == FREED and world.quiet(), seconds=60)
    served = watch.moves("waiting", "active")
    assert [move["conversation_id"] for move in served] == line[:FREED]
    assert [move["txid"] for move in served] == [m["txid"] for m in watch.moves("active", "resolved")]
    assert _line(world) == line[FREED:]
    assert all(len(world.said(id_)) == 2 for id_ in line[:FREED]), "the notice, then the greeting"


def _person(number: int) -> dict[str, str]:
    return {
        "email": f"crowd{number}@example.com",
        "phone": f"+65 9300{number:04d}",
        "name": f"Ong Number {number}",
    }
