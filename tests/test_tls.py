"""sslmode=verify-full: who has the right certificate for the right host is believed, and nobody else, by every process."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from nextnest.database import opening_pool, web_pool, web_transaction, worker_connection, worker_pool
from nextnest.door import look
from nextnest.errors import ConfigurationError
from nextnest.settings import Settings
from tests.pipelines.world import ROOT, free_port
from tests.tls import Protected, protected_server

pytestmark = pytest.mark.skipif(
    not shutil.which("openssl"), reason="NO OPENSSL: TLS to Postgres is untested here"
)
ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


@pytest.fixture(scope="module")
def protected() -> Iterator[Protected]:
    with protected_server() as server:
        yield server


def settings(url: str, **changes: Any) -> Settings:
    usual: dict[str, Any] = {
        "database_url": url,
        "chatwoot_base_url": "https://chat.example.com",
        "chatwoot_account_id": 1,
        "chatwoot_inbox_id": 1,
        "chatwoot_api_token": "unused",
        "openai_api_key": "unused",
        "openai_model": "unused",
        "nextnest_secret_key": "a-secret-for-tests",
    }
    return Settings(_env_file=None, **usual | changes)


def test_the_right_authority_and_host_are_let_in(protected: Protected) -> None:
    assert look(protected.at()).keeps_session


def wrong(protected: Protected) -> dict[str, str]:
    """Connection strings that must lead nowhere."""
    return {
        "another authority": protected.at(authority=protected.stranger),
        "another host": protected.at("127.0.0.1"),
        "no such file": protected.at(authority=Path("/nowhere/prod-ca.crt")),
    }


@pytest.mark.parametrize("what", ["another authority", "another host", "no such file"])
def test_a_wrong_certificate_is_refused_in_one_line_that_names_the_setting(
    protected: Protected, what: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        look(wrong(protected)[what], "WEB_DATABASE_URL")
    line = str(refused.value)
    assert "WEB_DATABASE_URL" in line
    assert "certificate" in line
    assert "\n" not in line
    assert urlsplit(protected.url).password not in line  # type: ignore[operator]


@pytest.mark.parametrize("pooled", [False, True])
def test_every_connection_of_web_is_encrypted_and_verified(protected: Protected, pooled: bool) -> None:
    chosen = settings(protected.at(), web_database_url=protected.at() if pooled else None)
    pool: ConnectionPool[Any] = web_pool(chosen)
    with pool, web_transaction(pool, pooled=pooled) as conn:
        _assert_protected(conn)


def test_every_connection_of_the_worker_is_encrypted_and_verified(protected: Protected) -> None:
    chosen = settings(protected.at())
    with worker_connection(chosen) as conn:
        _assert_protected(conn)

    async def from_its_pools() -> None:
        for pool in (worker_pool(chosen, open=False), opening_pool(chosen)):
            async with pool, pool.connection() as conn:
                _assert_protected(conn)
                assert await (await conn.execute(ENCRYPTED)).fetchone() == (True,)

    asyncio.run(from_its_pools())


def _assert_protected(conn: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    assert conn.info.get_parameters()["sslmode"] == "verify-full"
    assert conn.pgconn.ssl_in_use


PROCESSES = {
    "worker": ["procrastinate", "--app=nextnest.tasks.app", "worker"],
    "web": ["gunicorn", "--bind", "127.0.0.1:{port}", "web:create_app()"],
    "migration": ["nextnest.migrate"],
}


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_that_may_not_believe_its_database_ends_with_one_line(
    protected: Protected, process: str
) -> None:
    module, *arguments = [part.format(port=free_port()) for part in PROCESSES[process]]
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": wrong(protected)["another authority"],
            "CHATWOOT_BASE_URL": "https://chat.example.com",
            "CHATWOOT_ACCOUNT_ID": "1",
            "CHATWOOT_INBOX_ID": "1",
            "CHATWOOT_API_TOKEN": "unused",
            "OPENAI_API_KEY": "unused",
            "OPENAI_MODEL": "unused",
            "NEXTNEST_SECRET_KEY": "a-secret-for-tests",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    [line] = [line for line in ended.stderr.splitlines() if "certificate" in line]
    assert "verify failed" in line
    assert "Traceback" not in ended.stderr
