"""One Postgres cluster: made, started and stopped with the server's own tools."""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from nextnest.embedded.errors import EmbeddedPostgresError

ROLE = "nextnest"
DATABASE = "postgres"  # the database Supabase uses, too
START_S = 60  # recovery after a crash takes longer than the usual tenth of a second
NO_PROCESS = 2**22 + 1  # above Linux's highest process number
# Another process may take the port between our choice and the start; a killed server's last processes may still be ending.
TRIES = 5


@dataclass(frozen=True)
class Server:
    """One cluster in `home`, run by `account` (None: ourselves) with `binaries`, the folder of initdb.

    `options` go to the server's command line at every start, such as ("-c", "fsync=off").
    """

    home: Path
    binaries: Path
    major: int
    account: pwd.struct_passwd | None = None
    options: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def url(self) -> str:
        """The connection string; EmbeddedPostgresError before the first start."""
        try:
            password, port = (self.home / "password").read_text(), (self.home / "port").read_text()
        except FileNotFoundError:
            raise EmbeddedPostgresError(f"Nothing was started in {self.home} yet.") from None
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}"

    def ensure_running(self) -> str:
        """Start it unless it answers; the connection string."""
        with self._alone():
            if not self.is_running():
                self._create()
                self._start()
        return self.url

    def stop(self) -> bool:
        """Stop it, ending its connections; False when it was not running."""
        with self._alone():
            if not self._pid_file().exists():
                return False
            stopped = self._run(
                "pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", str(START_S)
            )
            return stopped.returncode == 0

    def is_running(self) -> bool:
        """Whether this very server answers: the password is its own."""
        if not self._pid_file().exists():
            return False
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except (psycopg.OperationalError, EmbeddedPostgresError):
            return False
        return True

    def _create(self) -> None:
        """initdb, once. A crash in the middle leaves nothing that looks finished."""
        if self.data.exists():
            self._check_version()
            return
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.home / "password"
        self._write(password, secrets.token_urlsafe(24), 0o600)
        made = self._run(
            *("initdb", "-D", str(fresh), "-U", ROLE, f"--pwfile={password}", "--auth=scram-sha-256"),
            # The builtin provider needs no locale of the machine, so every machine sorts alike.
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            # No socket: its path may be at most 107 bytes long, a project's folder may be longer.
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "timezone=UTC"),
        )
        if made.returncode != 0:
            raise EmbeddedPostgresError(f"initdb said: {_last_lines(made.stdout)}")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(self.major):
            raise EmbeddedPostgresError(
                f"{self.data} was made by Postgres {found} and Postgres {self.major} is installed: "
                "install the former again, or remove the folder and its data."
            )

    def _start(self) -> None:
        port = self._last_port()
        for _ in range(TRIES):
            self._forget_a_dead_process()
            port = port if port and _is_free(port) else _free_port()
            started = self._run(
                *("pg_ctl", "start", "-D", str(self.data), "-l", str(self.home / "server.log")),
                *("-w", "-t", str(START_S), "-o", " ".join(("-p", str(port), *self.options))),
            )
            if started.returncode == 0:
                self._write(self.home / "port", str(port), 0o644)
                return
        log = self.home / "server.log"
        said = log.read_text(errors="replace") if log.exists() else started.stdout
        raise EmbeddedPostgresError(f"It does not start. {log} ends with: {_last_lines(said)}")

    def _forget_a_dead_process(self) -> None:
        """Correct the pid file of a crashed server whose number is a zombie's or another program's now.

        Both are usual in containers. The rest of the file stays: with it Postgres makes sure that no process of the
        crashed server is still at work.
        """
        try:
            pid, rest = self._pid_file().read_text().split("\n", 1)
            program, state = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")[::2]
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return  # no file, no such process, or no /proc: Postgres decides by itself
        if program != "postgres" or state.split()[0] == "Z":
            self._pid_file().write_text(f"{NO_PROCESS}\n{rest}")

    def _last_port(self) -> int | None:
        try:
            return int((self.home / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def _run(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of the server's tools, as the server's account, without our locale and PG variables."""
        icu = self.binaries.parent / "share" / "icu"  # packages for musl keep ICU's data in a file
        return subprocess.run(  # noqa: S603 - our own binaries, no shell
            [str(self.binaries / tool), *arguments],
            user=self.account.pw_uid if self.account else None,
            group=self.account.pw_gid if self.account else None,
            extra_groups=[] if self.account else None,
            env={"LC_ALL": "C", **({"ICU_DATA": str(icu)} if icu.is_dir() else {})},
            cwd="/",  # ours may be closed to the server's account
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is not for the database
            text=True,
            check=False,
        )

    def _write(self, path: Path, text: str, mode: int) -> None:
        """Write a small file that the server's account can read; it is never half written."""
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(text)
        if self.account:
            os.chown(fresh, self.account.pw_uid, self.account.pw_gid)
        fresh.rename(path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the server; the lock ends with the process that holds it."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            if self.account:
                self.home.chmod(0o755)
                os.chown(self.home, self.account.pw_uid, self.account.pw_gid)
            lock = (self.home / "lock").open("w")
        except PermissionError as error:
            raise EmbeddedPostgresError(f"{error}: made by another account?") from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of the last run may linger
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _last_lines(text: str) -> str:
    return " / ".join(text.strip().splitlines()[-4:])
