"""Which conversations are ours and which still go to the legacy path."""

from __future__ import annotations

import hashlib


def should_use_queue(conversation_id: int, percentage: int) -> bool:
    """Whether this conversation is on the queue, by a hash of its id: the same answer on every process and every day.

    Raising the percentage only adds conversations. 0 is never, 100 always.
    """
    digest = hashlib.sha256(f"rollout-{conversation_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10_000 < percentage * 100
