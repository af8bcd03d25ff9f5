"""Waiting for something to become true, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK_S = 0.02


def until(true: Callable[[], object], seconds: float = 20, what: str = "") -> None:
    """Look again and again; AssertionError when it is still not so after that many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(LOOK_S)
