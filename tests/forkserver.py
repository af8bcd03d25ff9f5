"""Processes that begin with everything imported: real ones, with their own environment, output and end.

A worker takes two seconds of a core to import what it needs, and the tests start hundreds. So one process imports it all,
once for each process of pytest, and forks; what it forked goes on as `python -m <module>` would. Where processes cannot be
watched by descriptor (not Linux) they are started the usual way.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
_LARGEST_REQUEST = 1 << 20
# What the processes of the tests need.
_IMPORTED = (
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "nextnest.doctor",
    "nextnest.migrate",
    "nextnest.personal_data",
    "nextnest.roles",
    "nextnest.tasks",
    "procrastinate.cli",
    "web",
)


def start(
    *command: str,
    environment: Mapping[str, str],
    output: IO[Any],
    errors: IO[Any] | None = None,
    new_session: bool = False,
    cwd: Path = ROOT,
    anew: bool = False,
) -> Process:
    """`python -m <command>` in the project's folder, writing to these files; `anew`: imports everything itself."""
    errors = errors or output
    if anew or not hasattr(os, "pidfd_open"):
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=new_session,
        )
    request = {
        "command": command,
        "environment": dict(environment),
        "session": new_session,
        "cwd": str(cwd),
    }
    return Forked(_server().fork(request, [output.fileno(), errors.fileno()]))


def run(
    *command: str, environment: Mapping[str, str], timeout: float = 60, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """`python -m <command>` to its end, with what it printed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = start(*command, environment=environment, output=output, errors=errors, cwd=cwd)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(command, code, _all_of(output), _all_of(errors))


def _all_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


class Forked:
    """A forked process; the methods are those of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._end, self._one_at_a_time = os.pidfd_open(pid), threading.Lock()

    def poll(self) -> int | None:
        return self._reap(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._reap(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._end, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _reap(self, timeout: float | None) -> int | None:
        """The exit code, once it has ended within so many seconds."""
        ended = self._has_ended(timeout)
        with self._one_at_a_time:
            if self.returncode is None and ended:
                self.returncode = _server().reap(self.pid)
        return self.returncode

    def _has_ended(self, timeout: float | None) -> bool:
        look = select.poll()
        look.register(self._end, select.POLLIN)
        return bool(look.poll(None if timeout is None else timeout * 1000))

    def __del__(self) -> None:
        os.close(self._end)


Process = subprocess.Popen[bytes] | Forked


class _Server:
    """The process that forks, as seen from here."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket, self._one_at_a_time = ours, threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forkserver", str(theirs.fileno())],
                cwd=ROOT,
                env={
                    name: os.environ[name]
                    for name in ("PATH", "HOME", "LANG", "TMPDIR")
                    if name in os.environ
                }
                | {"PYTHONWARNINGS": "error::ResourceWarning"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        atexit.register(self.close)

    def fork(self, request: dict[str, Any], files: list[int]) -> int:
        return self._ask(request, files)

    def reap(self, pid: int) -> int:
        """The exit code of a process that has ended; may be asked for once."""
        return self._ask({"reap": pid}, [])

    def close(self) -> None:
        """It ends what it forked, then itself."""
        self._socket.close()
        self._process.wait()

    def _ask(self, request: dict[str, Any], files: list[int]) -> int:
        with self._one_at_a_time:
            socket.send_fds(self._socket, [json.dumps(request).encode()], files)
            return int(self._socket.recv(64))


@cache
def _server() -> _Server:
    return _Server()


def serve(requests: socket.socket) -> dict[str, Any] | None:
    """Fork as asked. Returns in each child with what it is to become, and in this process, with None, at the end."""
    children: set[int] = set()
    while True:
        message, files, _, _ = socket.recv_fds(requests, _LARGEST_REQUEST, 2)
        if not message:
            return _end(children)
        request: dict[str, Any] = json.loads(message)
        if "reap" in request:
            children.discard(request["reap"])
            answer = os.waitstatus_to_exitcode(os.waitpid(request["reap"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                return request | {"files": files}
            children.add(answer)
            for file in files:
                os.close(file)
        requests.send(str(answer).encode())


def _end(children: set[int]) -> None:
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def become(request: dict[str, Any]) -> None:
    """Go on as `python -m <module> <arguments>` with this environment."""
    if request["session"]:
        os.setsid()
    for number, file in enumerate(request["files"], start=1):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    random.seed()
    module, *arguments = request["command"]
    sys.argv = [module, *arguments]
    if not hasattr(sys.modules.get(module), "__path__"):
        sys.modules.pop(module, None)  # it is run anew as the main module
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main() -> None:
    """Import, then fork until nobody asks any more."""
    for module in _IMPORTED:
        import_module(module)
    gc.freeze()  # what all share stays shared
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        what = serve(requests)
    if what:
        become(what)


if __name__ == "__main__":
    main()
