"""How long things take on purpose, in seconds.

The pace multiplies every deliberate wait: 1 is human-like, 0 does not wait at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# From the user's mapping document: "joined" after half a second, the greeting two seconds after it.
JOINED_DELAY_S = 0.5
GREETING_DELAY_S = 2.0

# From the same document: three attempts, exponential from two seconds.
MAX_ATTEMPTS = 3
_FIRST_RETRY_S = 2.0
# Jobs that failed together should not come back together.
_JITTER = 0.2

# A finished thought is followed up within about a second by people who type in pieces; a trailing "and" takes longer.
_COMPLETE_S = 0.8
_FRAGMENT_S = 2.5
_UNDECIDED_S = 1.5

_ENDS_A_THOUGHT = re.compile(r"[.!?。！？)\]]\s*$")
_TRAILS_OFF = re.compile(
    r"(\.\.\.|…|[,;:，、；：\-–])\s*$|\b(and|or|but|because|so|if|the|a|my|for|with|to)\s*$", re.IGNORECASE
)
_GREETING = re.compile(
    r"\s*(hi|hello|hey|good (morning|afternoon|evening)|你好|您好|hai|apa khabar|வணக்கம்)( there)?\W*",
    re.IGNORECASE,
)


def is_greeting(text: str) -> bool:
    """Whether a greeting is all that was said."""
    return _GREETING.fullmatch(text) is not None


def remaining_wait(response_time: float, spent_s: float, pace: float) -> float:
    """What is left of a human-like response time after `spent_s` seconds; never negative."""
    return max(0.0, response_time * pace - spent_s)


def listening_window(texts: Sequence[str], pace: float) -> float:
    """How long to listen for more before anything is drafted: short after a finished thought, longer after a fragment."""
    last = texts[-1] if texts else ""
    if is_greeting(last):
        seconds = _COMPLETE_S
    elif _TRAILS_OFF.search(last):
        seconds = _FRAGMENT_S
    elif _ENDS_A_THOUGHT.search(last):
        seconds = _COMPLETE_S
    else:
        seconds = _UNDECIDED_S
    return seconds * pace


def retry_delay(attempts: int, jitter: float) -> float:
    """Seconds before the next attempt: 2, 4, 8 …, spread by a fifth either way. `jitter` is a random number in [0, 1)."""
    return float(_FIRST_RETRY_S * 2**attempts * (1 - _JITTER + 2 * _JITTER * jitter))
