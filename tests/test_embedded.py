"""The Postgres that starts by itself, with real servers in throw-away folders."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from nextnest import embedded
from nextnest.embedded.places import UNREACHABLE_HOME, installed_binaries

PROJECT = Path(__file__).parent.parent
START = "import sys, pathlib; from nextnest import embedded; print(embedded.ensure_running(pathlib.Path(sys.argv[1])))"


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder with a space in its name and a path longer than a socket's may be, which the server can reach."""
    top = Path(tempfile.mkdtemp(prefix="nextnest embedded "))
    top.chmod(0o755)
    folder = top / ("long " * 20).strip() / "state"
    folder.mkdir(parents=True)
    yield folder
    embedded.remove(folder)
    shutil.rmtree(top)


def test_a_second_start_of_the_embedded_database_keeps_its_data(root: Path) -> None:
    with psycopg.connect(embedded.ensure_running(root)) as conn:
        conn.execute("create table kept as select 'was here' as word")
    assert embedded.stop(root)
    with psycopg.connect(embedded.ensure_running(root)) as conn:
        assert conn.execute("select word from kept").fetchone() == ("was here",)


def test_the_connection_string_stays_the_same_after_a_restart(root: Path) -> None:
    before = embedded.ensure_running(root)
    embedded.stop(root)
    assert embedded.ensure_running(root) == before


def test_two_processes_starting_at_once_share_one_server(root: Path) -> None:
    command = [sys.executable, "-c", START, str(root)]
    both = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    urls = {process.communicate(timeout=60)[0] for process in both}
    assert len(urls) == 1
    assert [process.returncode for process in both] == [0, 0]


def test_a_killed_server_is_started_again_with_its_data(root: Path) -> None:
    server = embedded.server_for(root)
    with psycopg.connect(server.ensure_running()) as conn:
        conn.execute("create table kept as select 1 as one")
    os.kill(_postmaster(server), signal.SIGKILL)
    with psycopg.connect(server.ensure_running()) as conn:
        assert conn.execute("select one from kept").fetchone() == (1,)


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc to tell another program from Postgres")
def test_a_pid_file_whose_number_belongs_to_another_program_does_not_stop_it(root: Path) -> None:
    server = embedded.server_for(root)
    server.ensure_running()
    pid_file = server.data / "postmaster.pid"
    left_behind = pid_file.read_text()
    server.stop()
    stranger = subprocess.Popen(
        ["sleep", "60"], user=server.account.pw_uid if server.account else None, stdin=subprocess.DEVNULL
    )
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *left_behind.splitlines()[1:]]) + "\n")
        assert server.ensure_running().startswith("postgresql://")
    finally:
        stranger.kill()
        stranger.wait()


def test_it_listens_on_this_machine_only_and_asks_for_its_password(root: Path) -> None:
    url = embedded.ensure_running(root)
    with psycopg.connect(url) as conn:
        shown = [
            conn.execute(f"show {name}").fetchone()
            for name in ("listen_addresses", "unix_socket_directories")
        ]
    assert shown == [("127.0.0.1",), ("",)]
    password = url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password, "guessed"))


def test_its_password_is_readable_by_its_owner_only(root: Path) -> None:
    embedded.ensure_running(root)
    mode = (embedded.server_for(root).home / "password").stat().st_mode
    assert mode & 0o077 == 0


def test_text_is_utf8_whatever_the_locale_of_the_machine(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "xx_XX.not-generated")
    monkeypatch.setenv("LC_ALL", "xx_XX.not-generated")
    with psycopg.connect(embedded.ensure_running(root)) as conn:
        assert conn.execute("show server_encoding").fetchone() == ("UTF8",)
        assert conn.execute("select upper('陳小明 é')").fetchone() == ("陳小明 É",)


def test_data_of_another_major_version_is_refused_with_its_number(root: Path) -> None:
    server = embedded.server_for(root)
    server.ensure_running()
    server.stop()
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(embedded.EmbeddedPostgresError, match="was made by Postgres 9"):
        server.ensure_running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_starts_it_in_a_project_no_other_account_can_enter(tmp_path: Path) -> None:
    closed = tmp_path / "project"  # pytest's folders are closed to other accounts when root runs it
    try:
        url = embedded.ensure_running(closed)
        with psycopg.connect(url) as conn:
            folder = conn.execute("show data_directory").fetchone()
        assert folder is not None
        assert Path(folder[0]).is_relative_to(UNREACHABLE_HOME)
        assert tmp_path.stat().st_mode & 0o077 == 0, "nobody's folders are opened up"
    finally:
        embedded.remove(closed)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_starts_it_from_packages_no_other_account_can_read(root: Path, tmp_path: Path) -> None:
    module = installed_binaries()[0].parent.parent
    for folder in module.parent.glob(f"{module.name}*"):
        shutil.copytree(folder, tmp_path / folder.name)
    environment = {"PYTHONPATH": f"{tmp_path}:{PROJECT}"}
    found = subprocess.run(
        [sys.executable, "-c", START, str(root)], env=environment, capture_output=True, text=True
    )
    assert found.stderr == ""
    with psycopg.connect(found.stdout.strip()) as conn:
        assert conn.execute("select 1").fetchone() == (1,)
    assert list((root / "postgres").glob("server-*"))


def _postmaster(server: embedded.Server) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])
