"""What an operator changes about brokers, and what a customer has of it: web, worker and the two stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.world import World, running_world
from tests.web.ops.conftest import OPERATOR_PASSWORD
from tests.web.ops.signing import Person

# Upkeep jobs that somebody deferred beside the periodic ones.
CALLED_FOR = """
    select j.id from procrastinate_jobs j
    where j.task_name = 'upkeep' and j.status = 'succeeded'
      and not exists (select from procrastinate_periodic_defers d where d.job_id = j.id)
"""


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with running_world(database_url, tmp_path, NEXTNEST_OPS_PASSWORD=OPERATOR_PASSWORD) as running:
        yield running


def test_a_lead_in_line_is_greeted_in_new_words_when_a_limit_is_raised(world: World) -> None:
    world.execute("update ai_brokers set max_concurrent_chats = 0")
    number = int(world.submit().json()["conversationId"])
    world.until(lambda: world.rows("select from waiting_leads"), 60)
    with Person(world.web_url, OPERATOR_PASSWORD) as aisha:
        now = aisha.page("/ops/")
        assert "No broker takes conversations" in now
        assert f"Tan Wei Ming #{number}" in now
        slug = "sarah-wong"
        [row] = world.rows("select title, persona from ai_brokers where slug = %(slug)s", slug=slug)
        words = {"title": row["title"], "greeting": row["persona"]["greeting"]}
        words |= row["persona"]["response_style"]
        shown = {f"shown_{name}": text for name, text in words.items()}
        words["greeting"] = "Selamat datang, $name! I'm $broker_name, an AI. A human colleague is here, too."
        assert "Kept." in aisha.act(f"/ops/brokers/{slug}/wording", **words, **shown)
        assert "may hold 3 at once" in aisha.act(f"/ops/brokers/{slug}/limit", shown="0", limit="3")
        greeting = "Selamat datang, Tan Wei Ming! I'm Sarah Wong, an AI. A human colleague is here, too."
        world.until(lambda: greeting in world.said(number), 60)
        assert world.rows(CALLED_FOR)
        assert "1 of 3" in aisha.page("/ops/brokers")
    assert not world.rows("select from broker_capacity_drift")
