"""Through which door a connection string leads, found out on a real PgBouncer."""

from __future__ import annotations

import psycopg
import pytest

from nextnest.database import AnyDoor, conninfo
from nextnest.door import Door, look
from nextnest.errors import ConfigurationError
from tests.pgbouncer import pgbouncer


def test_the_database_itself_keeps_sessions_and_finds_the_schema(database_url: str) -> None:
    assert look(database_url) == Door(pooled=False, keeps_session=True, finds_schema=True)


def test_a_session_pooler_is_told_from_the_database_and_keeps_sessions(database_url: str) -> None:
    with pgbouncer(database_url, "session") as url:
        door = look(url)
    assert (door.pooled, door.keeps_session) == (True, True)


@pytest.mark.parametrize("servers", ["1", "10"])
def test_a_transaction_pooler_is_recognised_however_many_servers_it_has(
    database_url: str, servers: str
) -> None:
    with pgbouncer(database_url, "transaction", default_pool_size=servers) as url:
        assert not look(url).keeps_session


def test_a_transaction_pooler_is_recognised_while_others_use_it(database_url: str) -> None:
    with pgbouncer(database_url, "transaction") as url:
        others = [psycopg.connect(url, autocommit=True) for _ in range(6)]
        for number, other in enumerate(others):
            other.execute("begin" if number % 2 else "select 1")
        assert not look(url).keeps_session
        for other in others:
            other.close()


def test_a_pooler_that_takes_no_options_is_entered_without_them(database_url: str) -> None:
    with pgbouncer(database_url, "session") as url:
        with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
            psycopg.connect(conninfo(url, "test"))
        with AnyDoor.connect(conninfo(url, "test")) as conn:
            assert conn.execute("select current_setting('application_name')").fetchone() == ("nextnest-test",)


def test_a_door_that_drops_the_search_path_is_refused_with_the_mend(database_url: str) -> None:
    with pgbouncer(database_url, "session") as url, pytest.raises(ConfigurationError, match="alter role"):
        look(url).require_schema()


def test_a_path_of_the_role_reaches_through_any_pooler(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("do $$ begin execute format('alter database %I set search_path = nextnest',"
                     " current_database()); end $$")  # fmt: skip
    for mode in ("session", "transaction"):
        with pgbouncer(database_url, mode) as url:
            assert look(url).finds_schema


def test_a_database_that_is_away_is_no_fault_of_the_settings() -> None:
    with pytest.raises(psycopg.OperationalError):
        look("postgresql://nobody@127.0.0.1:1/postgres")
