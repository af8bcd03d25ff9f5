"""Whether two bots talk to each other: replies that follow one another as no person's would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

# Our part of an exchange takes four seconds or more. Eight in ninety seconds leave seven for reading a reply and typing
# the next message, eight times in a row: a program does that, and people who type in pieces get one reply for them all.
_FAST = (8, timedelta(seconds=90))
# A slow program, such as an answering service that replies once a minute. A keen customer manages some thirty exchanges
# in an hour; forty without a pause and without a colleague are worth a look even when a person it is.
_LONG = (40, timedelta(hours=1))
LOOK_BACK = _LONG[1]
# Whoever has said less than this in a conversation altogether need not look. Half of what is too many: what was sent and is
# not counted yet is a reply or two.
WORTH_A_LOOK = _FAST[0] // 2


def too_many_turns(reply_times: Sequence[datetime], now: datetime) -> bool:
    """Whether another reply of ours would be one too many.

    `reply_times` are those of our replies within LOOK_BACK, in any order, since the last sign of a person on our side.
    """
    return any(
        sum(now - window < sent <= now for sent in reply_times) >= most for most, window in (_FAST, _LONG)
    )
