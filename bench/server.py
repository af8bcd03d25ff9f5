"""A Postgres of the bench's own, with fsync on, and a fresh migrated database for each measurement."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from nextnest import embedded
from nextnest.migrate import migrate

TEMPLATE = "bench_template"
# Several web servers and workers at once; the default of 100 connections is just too few.
OPTIONS = ("-c", "max_connections=200")


@dataclass(frozen=True)
class BenchServer:
    """A running server: `url` of its first database, `pid` of its main process, `log` where it writes."""

    url: str
    pid: int
    log: Path

    @contextmanager
    def database(self) -> Iterator[str]:
        """The connection string of a new migrated database, dropped afterwards."""
        name = f"bench_{uuid.uuid4().hex[:12]}"
        _run(self.url, "create database {} template {} strategy file_copy", name, TEMPLATE)
        try:
            yield _in_database(self.url, name)
        finally:
            _run(self.url, "drop database {} with (force)", name)


@contextmanager
def own_server() -> Iterator[BenchServer]:
    """Started in a temporary folder, stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="nextnest-bench-"))
    folder.chmod(0o755)  # started by root, Postgres runs as another account that must get in
    server = replace(embedded.server_for(folder), options=OPTIONS)
    try:
        url = server.ensure_running()
        _run(url, "create database {}", TEMPLATE)
        migrate(_in_database(url, TEMPLATE), say=lambda _line: None)
        pid = int((server.data / "postmaster.pid").read_text().split()[0])
        yield BenchServer(url, pid, server.home / "server.log")
    finally:
        server.stop()
        shutil.rmtree(folder)


def _in_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _run(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
