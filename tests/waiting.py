"""Waiting for something to become true, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_S = 0.02


def until(probe: Callable[[], T], seconds: float = 20, what: str | Callable[[], str] = "") -> T:
    """Look again and again until the answer is true, and return it; AssertionError with `what` when time is up."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(LOOK_S)
    return answer
