"""Runs a sandbox as a process of its own until Ctrl-C or SIGTERM."""

import signal
from types import FrameType
from typing import Protocol


class Runnable(Protocol):
    def start(self) -> None: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...


def run(sandbox: Runnable, announcement: str) -> None:
    """Starts, says so in one line, and stops cleanly on either signal."""
    signal.signal(signal.SIGTERM, _interrupt)
    sandbox.start()
    print(announcement, flush=True)
    try:
        sandbox.wait()
    except KeyboardInterrupt:
        pass
    finally:
        sandbox.stop()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
