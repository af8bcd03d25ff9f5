"""Python's garbage collector, and what it need not look at.

A full collection goes through every object there is. Most of them, modules and types, are made at the start and stay until
the process ends; going through them again and again holds up whoever waits for an answer by tens of milliseconds.
"""

from __future__ import annotations

import gc


def leave_what_is_there() -> None:
    """Whatever exists now is looked at no more; what is made from now on is, as ever."""
    gc.collect()
    gc.freeze()
