"""Connections of a pool are handed out without being asked first, save those that may be gone."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from nextnest.database import web_pool, web_transaction, worker_pool
from nextnest.settings import Settings
from tests.waiting import until


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(  # type: ignore[call-arg]
        _env_file=None,
        database_url=database_url,
        chatwoot_base_url="https://chat.example.com",
        chatwoot_account_id=1,
        chatwoot_inbox_id=1,
        chatwoot_api_token="unused",
        openai_api_key="unused",
        openai_model="unused",
        nextnest_secret_key="a-secret-for-tests",
    )


def closed_by_the_server(url: str, pid: int) -> None:
    """As when Postgres restarts."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("select pg_terminate_backend(%s)", [pid])
        gone = "select count(*) from pg_stat_activity where pid = %s"
        until(lambda: _one(conn.execute(gone, [pid])) == 0)


def test_web_is_not_handed_a_connection_that_the_server_has_closed(settings: Settings) -> None:
    with web_pool(settings) as pool:
        with web_transaction(pool, pooled=False) as conn:
            pid = conn.info.backend_pid
        closed_by_the_server(settings.database(), pid)
        for _ in range(4):
            with web_transaction(pool, pooled=False) as conn:
                assert conn.info.backend_pid != pid
                conn.execute("select 1")


async def test_a_worker_is_not_handed_a_connection_that_the_server_has_closed(settings: Settings) -> None:
    async with worker_pool(settings) as pool:
        async with pool.connection() as conn:
            pid = conn.info.backend_pid
        closed_by_the_server(settings.database(), pid)
        for _ in range(4):
            async with pool.connection() as conn:
                assert conn.info.backend_pid != pid
                await conn.execute("select 1")


def _one(cursor: psycopg.Cursor[Any]) -> Any:
    row = cursor.fetchone()
    assert row
    return row[0]
