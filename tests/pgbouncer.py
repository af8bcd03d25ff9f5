"""A real PgBouncer in front of a test's database: Debian's, installed where it is missing and we may."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from nextnest.embedded.places import account_to_run_as
from tests.pipelines.world import free_port
from tests.waiting import until

_INSTALL_S = 120


@contextmanager
def pgbouncer(database_url: str, mode: str = "transaction", **more: str) -> Iterator[str]:
    """The connection string through a PgBouncer of this `mode`; `more` are further settings of it."""
    program = installed_pgbouncer()
    if program is None:
        pytest.skip("NO PGBOUNCER: apt-get install pgbouncer, or run the tests as root on Debian")
    with TemporaryDirectory(prefix="pgbouncer-") as name:
        folder, port = Path(name), free_port()
        (folder / "pgbouncer.ini").write_text(_settings(database_url, port, mode, more))
        _open_to_its_account(folder)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, *_account(), str(folder / "pgbouncer.ini")], stdout=log, stderr=log
            )
        try:
            url = _at(database_url, port)
            until(lambda: _answers(url), 20, lambda: (folder / "log").read_text())
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


@cache
def installed_pgbouncer() -> str | None:
    """Its path. As root on Debian it is installed when missing; elsewhere None."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    command = [
        "apt-get",
        "install",
        "-y",
        "--no-install-recommends",
        "-o",
        "DPkg::Lock::Timeout=60",
        "pgbouncer",
    ]
    try:
        subprocess.run(command, capture_output=True, timeout=_INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    return shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")


def _settings(database_url: str, port: int, mode: str, more: dict[str, str]) -> str:
    """As poolers are run: no startup options, few servers for many clients. The server checks every password."""
    server = urlsplit(database_url)
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "pool_mode": mode,
        "auth_type": "any",
        "default_pool_size": "10",
        "max_client_conn": "200",
        "server_reset_query": "discard all",
    } | more
    target = (
        f"host={server.hostname} port={server.port} dbname={server.path.lstrip('/')} user={server.username}"
    )
    if server.password:
        target += f" password='{unquote(server.password)}'"
    settings = "\n".join(f"{name} = {value}" for name, value in lines.items())
    return f"[databases]\n{server.path.lstrip('/')} = {target}\n[pgbouncer]\n{settings}\n"


def _account() -> list[str]:
    """PgBouncer refuses to run as root, as Postgres does."""
    account = account_to_run_as()
    return ["-u", account.pw_name] if account else []


def _open_to_its_account(folder: Path) -> None:
    if account := account_to_run_as():
        folder.chmod(0o755)
        for path in [folder, *folder.iterdir()]:
            os.chown(path, account.pw_uid, account.pw_gid)


def _at(database_url: str, port: int) -> str:
    server = urlsplit(database_url)
    return f"postgresql://{server.username}@127.0.0.1:{port}{server.path}"


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
