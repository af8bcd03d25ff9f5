"""Real web and worker with unmistakable secrets, while everything outside refuses, fails and quotes them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.people_held import everything
from tests.pipelines.world import World, running_world
from tests.secrets_planted import PLANTED, SECRET_SETTINGS, found_in, secrets_of
from tests.web.ops.signing import Person

pytestmark = pytest.mark.long
_PAGES = (
    "/ops/",
    "/ops/brokers",
    "/ops/conversations",
    "/ops/jobs?state=failed",
    "/ops/jobs?state=running",
    "/ops/charts",
    "/ops/log",
)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Every secret is the planted one and works, on both sides."""
    with running_world(
        database_url,
        tmp_path,
        of_chatwoot={
            "token": PLANTED["chatwoot_api_token"],
            "webhook_secret": PLANTED["chatwoot_webhook_secret"],
        },
        of_model={"api_key": PLANTED["openai_api_key"]},
        NEXTNEST_LOG_LEVEL="DEBUG",
        NEXTNEST_PATIENCE_S="2",
        **{name.upper(): secret for name, secret in PLANTED.items()},
    ) as running:
        yield running


def test_no_secret_is_logged_stored_or_shown_whatever_outside_does(
    world: World, database_url: str, tmp_path: Path
) -> None:
    assert len(SECRET_SETTINGS) > 5
    conversation_id = world.greeted()
    _ask_and_wait(world, conversation_id, "What is TDSR?")
    for fault in ("error_500", "rate_limit_exceeded", "context_length_exceeded", "failed"):
        world.model.faults.add(fault, times=1, message=f"wrong key {PLANTED['openai_api_key']}")
        _ask_and_wait(world, conversation_id, f"And what is LTV? {fault}")
    quoting = f"no such token: {PLANTED['chatwoot_api_token']}"
    for fault in ("unprocessable_422", "refuse_401"):
        world.chatwoot.faults.add(fault, times=2, message=quoting, path="/messages$", method="POST")
    world.chatwoot.customer_says(conversation_id, "I want to talk to a person, please.")
    world.until(lambda: world.rows("select 1 from lost_attempts"), 30)
    _break_and_mend(world)
    with Person(world.web_url, PLANTED["nextnest_ops_password"]) as aisha:
        shown = {path: aisha.page(path) for path in (*_PAGES, f"/ops/conversations/{conversation_id}")}
    with psycopg.connect(database_url) as conn:
        stored = everything(conn)
    logged = {f"the log of {path.name}": path.read_text() for path in tmp_path.iterdir() if path.is_file()}
    assert "lost" in stored or "failed" in stored
    assert sum(map(len, logged.values())) > 10_000, "hardly anything was logged"
    assert found_in(logged | shown | {"the database": stored}, secrets_of(database_url)) == []


def _ask_and_wait(world: World, conversation_id: int, text: str) -> None:
    message = world.chatwoot.customer_says(conversation_id, text)
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{message['id']}"), 40)


def _break_and_mend(world: World) -> None:
    """Tables go missing under web and worker for a moment: errors nobody foresaw, in routes and in jobs."""
    world.execute("alter table nextnest.broker_conversations rename to away")
    try:
        assert world.submit(email="other@example.com", phone="9123 0000").status_code in (202, 500)
        world.until(lambda: "UndefinedTable" in world.logs(), 30)
    finally:
        world.execute("alter table nextnest.away rename to broker_conversations")
