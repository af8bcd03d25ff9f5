"""JSON and how times appear in it: integers in REST, ISO in webhooks, with exceptions the callers know."""

from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def iso(moment: float | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, the way Rails prints times."""
    if moment is None:
        return None
    return (
        datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{int(moment * 1000) % 1000:03d}Z"
    )


def epoch(moment: float | None) -> int:
    """Whole seconds; zero stands for never."""
    return int(moment or 0)
