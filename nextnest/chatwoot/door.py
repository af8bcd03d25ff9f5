"""What the parts of the client share."""

from __future__ import annotations

from typing import Any

from nextnest.chatwoot.transport import Transport


class Door:
    """One account, one inbox."""

    def __init__(self, transport: Transport, inbox_id: int) -> None:
        self._transport = transport
        self._inbox_id = inbox_id


def new_id(answer: Any) -> int:
    """The id of what was just made."""
    return int(answer["id"])
