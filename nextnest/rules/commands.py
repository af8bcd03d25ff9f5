"""Private notes that are commands: `/take` silences the AI, `/give` lets it go on."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"\s*/(take|give)(?!\w)", re.IGNORECASE)


def command_in(note: str) -> str | None:
    """`take` or `give` when the note begins with that command, whatever follows; else None."""
    found = _COMMAND.match(note)
    return found[1].lower() if found else None
