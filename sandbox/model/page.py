"""The model stand-in's one page: what it is, and its last calls."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import render_template

from sandbox.faults import Faults

SHOWN = 20
SINGAPORE_OFFSET_S = 8 * 3600


def render(calls: Sequence[Any], faults: Faults, base_url: str) -> str:
    """HTML; `calls` are ModelCalls, newest shown first."""
    return render_template(
        "model.html",
        calls=list(calls)[: -SHOWN - 1 : -1],
        faults=faults.active(),
        base_url=base_url,
        clock=_clock,
    )


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment + SINGAPORE_OFFSET_S, UTC).strftime("%H:%M:%S")
