"""A Postgres server for the session and a fresh database for each test."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.pq import ExecStatus
from psycopg.rows import dict_row

from nextnest import embedded
from nextnest.roles import KINDS, make_login, url_for

# Nothing here outlives the session, so nothing needs to survive a power cut.
FAST = (
    "-c",
    "fsync=off",
    "-c",
    "synchronous_commit=off",
    "-c",
    "full_page_writes=off",
    "-c",
    "max_connections=200",
)

# A session with many databases at once needs about a quarter of it; containers often have 64 MB in all.
MEMORY_TO_SPARE = 2 * 1024**3


@contextmanager
def server_run_by_another_account() -> Iterator[str]:
    """A throw-away server for a session run by root, as whom pytest-postgresql cannot start one."""
    folder = Path(tempfile.mkdtemp(prefix="nextnest-tests-", dir=quick_folder()))
    folder.chmod(0o755)  # pytest's own folders are closed to the server's account
    server = replace(embedded.server_for(folder), options=FAST)
    try:
        yield server.ensure_running()
    finally:
        server.stop()
        shutil.rmtree(folder)


def quick_folder() -> str | None:
    """Memory where there is plenty of it: a new database is some 300 files, ten times as quick to make there."""
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() and shutil.disk_usage(shared).free > MEMORY_TO_SPARE else None


@contextmanager
def scratch_database(server_url: str, template: str = "template0") -> Iterator[str]:
    """A new database on the server, dropped afterwards whoever is still connected; its connection string."""
    name = f"nextnest_test_{uuid.uuid4().hex[:12]}"
    _run(server_url, "create database {} template {} strategy file_copy", name, template)
    try:
        yield in_database(server_url, name)
    finally:
        _run(server_url, "drop database {} with (force)", name)


class Look:
    """Looks into a database again and again, over one connection: a new one each time would cost more than the look.

    Each statement is a transaction of its own. A connection that was lost is opened anew.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: psycopg.Connection[dict[str, Any]] | None = None
        self._one_at_a_time = Lock()

    def rows(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        with self._one_at_a_time:
            try:
                return self._ask(query, params)
            except psycopg.OperationalError:
                self._close()
                return self._ask(query, params)

    def close(self) -> None:
        with self._one_at_a_time:
            self._close()

    def _ask(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        if self._conn is None:
            self._conn = psycopg.connect(
                self._url, options="-c search_path=nextnest", row_factory=dict_row, autocommit=True
            )
        cursor = self._conn.execute(query.encode(), params)
        # Not by its description: `select from` brings rows without columns.
        brings_rows = cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK
        return cursor.fetchall() if brings_rows else []

    def _close(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None


def in_database(url: str, name: str) -> str:
    """The same server's connection string for another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _run(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def as_login(url: str, kind: str) -> str:
    """The connection string of a login that may do what processes of this kind may, and no more."""
    name = f"test_{kind}_{uuid.uuid5(uuid.NAMESPACE_URL, url).hex[:12]}"
    with psycopg.connect(url, autocommit=True) as conn:
        make_login(conn, name, KINDS[kind], "a-password-for-tests")
    return url_for(url, name, "a-password-for-tests")


def drop_login(url: str, login_url: str) -> None:
    """Take the login away; its connections end."""
    name = urlsplit(login_url).username or ""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [name])
        conn.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
