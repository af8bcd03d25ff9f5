"""The roads of a good day, a burst and a crash, through each door and with no more rights than each process needs.

Supabase's doors are the database itself, a pooler in session mode, and a pooler in transaction mode. A real PgBouncer
stands for the poolers. It takes no startup options, as Supabase's dedicated one: what is relied on stands with the roles.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import as_login, drop_login, scratch_database
from tests.pgbouncer import pgbouncer
from tests.pipelines import test_bursts, test_crash, test_main_road
from tests.pipelines.world import World, running_world

# The most telling promises of other pages, asked again in the worlds of this one.
for _promise in (
    test_main_road.test_a_lead_is_greeted_once_by_the_broker_it_was_given_to,
    test_main_road.test_a_question_is_answered_once_and_the_message_is_settled,
    test_main_road.test_twenty_copies_of_one_webhook_give_one_job_and_one_reply,
    test_main_road.test_the_same_form_ten_times_in_parallel_gives_one_conversation_and_one_greeting,
    test_main_road.test_the_chat_page_shows_the_conversation_and_carries_the_customers_words,
    test_bursts.test_a_burst_becomes_one_answer,
    test_crash.test_a_worker_killed_between_joined_and_greeting_loses_and_doubles_nothing,
):
    globals()[_promise.__name__] = _promise


@dataclass(frozen=True)
class Doors:
    """Through which door web and worker go: None is the database itself, else the pooler's mode."""

    web: str | None
    worker: str | None

    def __str__(self) -> str:
        return f"web {self.web or 'direct'}, worker {self.worker or 'direct'}"


DIRECT = Doors(None, None)
SESSION = Doors("session", "session")
WEB_POOLED = Doors("transaction", None)
ALL_POOLED = Doors("transaction", "transaction")


# The doors most take, and behind a mark the others: each of them is a world of its own and a minute.
WELL_TRODDEN = [DIRECT, WEB_POOLED]
LONG_WAY = [pytest.param(doors, marks=pytest.mark.long) for doors in (SESSION, ALL_POOLED)]


@pytest.fixture(scope="module", params=[*WELL_TRODDEN, *LONG_WAY], ids=str)
def world(
    request: pytest.FixtureRequest,
    postgres_url: str,
    migrated_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    with (
        scratch_database(postgres_url, migrated_template) as database_url,
        _world_behind(request.param, database_url, tmp_path_factory.mktemp("logs")) as running,
    ):
        running.execute("update ai_brokers set max_concurrent_chats = 100")
        yield running


@pytest.fixture(params=[WEB_POOLED, LONG_WAY[1]], ids=str)
def slow_world(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[World]:
    with _world_behind(request.param, database_url, tmp_path, NEXTNEST_PACE="1") as running:
        yield running


@contextmanager
def _world_behind(doors: Doors, database_url: str, log_folder: Path, **changes: str) -> Iterator[World]:
    with ExitStack() as stack:
        urls = {}
        for kind, mode in (("web", doors.web), ("worker", doors.worker)):
            login = as_login(database_url, kind)
            stack.callback(drop_login, database_url, login)
            # In session mode a client keeps its server: as many as the processes' budgets add up to.
            servers = "60" if mode == "session" else "10"
            urls[kind] = (
                stack.enter_context(pgbouncer(login, mode, default_pool_size=servers)) if mode else login
            )
        yield stack.enter_context(
            running_world(
                database_url,
                log_folder,
                # Only LISTEN, or the shorter interval where nothing is heard, can start a job sooner than this.
                of_workers={"DATABASE_URL": urls["worker"], "NEXTNEST_POLL_S": "30"},
                **changes | {"DATABASE_URL": urls["web"], "WEB_DATABASE_URL": urls["web"]},
            )
        )


def test_each_process_may_do_all_it_tries(world: World) -> None:
    world.until(world.quiet)
    assert "permission denied" not in world.logs()
    assert "InsufficientPrivilege" not in world.logs()


def test_a_worker_says_at_start_that_it_polls_and_what_mends_it(
    world: World, request: pytest.FixtureRequest
) -> None:
    [log] = [path.read_text() for path in world.log_folder.iterdir() if path.name == "worker-0"]
    lines = [line for line in log.splitlines() if "worker polls" in line]
    pooled = request.node.callspec.params["world"].worker == "transaction"
    assert len(lines) == (1 if pooled else 0)
    assert all("direct or the session connection string" in line for line in lines)


def test_a_message_is_taken_up_within_a_second_or_two_whatever_the_door(
    world: World, somebody: dict[str, str]
) -> None:
    conversation_id = world.greeted(**somebody)
    asked = world.chatwoot.customer_says(conversation_id, "What is MSR?")
    world.until(lambda: world.outcome_of(f"incoming-{conversation_id}-{asked['id']}") == "answered")
    [row] = world.rows(
        "select extract(epoch from started_at - received_at)::float as s from incoming_messages"
        " where conversation_id = %(id)s",
        id=conversation_id,
    )
    # A second of polling at most, and as long again for a busy machine.
    assert row["s"] < 2
