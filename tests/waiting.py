"""Waiting for something to become true, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# What comes soon is seen soon; what takes long is not asked for fifty times a second, on cores it needs itself.
LOOK_S, SELDOMEST_S, EASING = 0.02, 0.1, 1.1


def until(probe: Callable[[], T], seconds: float = 20, what: str | Callable[[], str] = "") -> T:
    """Look again and again until the answer is true, and return it; AssertionError with `what` when time is up."""
    deadline, pause = time.monotonic() + seconds, LOOK_S
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * EASING, SELDOMEST_S)
    return answer
