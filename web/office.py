"""When colleagues are there, in words a customer reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from nextnest.rules.office_hours import SINGAPORE
from nextnest.settings import Settings

_TIME = re.compile(r"(\d\d):(\d\d)")


def hours(settings: Settings, now: datetime | None = None) -> dict[str, object]:
    """`words` such as "Mon–Fri 9 am–7 pm, Sat 9 am–2 pm", whether they are `open`, and when they open `next` in words."""
    moment = now or datetime.now(UTC)
    office = settings.office_hours()
    following = office.opens_after(moment)
    return {
        "words": _in_words(settings.nextnest_office_hours),
        "open": office.is_open(moment),
        "next": _moment(following, moment) if following else None,
    }


def _in_words(setting: str) -> str:
    return _TIME.sub(_twelve_hours, setting).replace("-", "–")


def _moment(opens: datetime, now: datetime) -> str:
    """Such as "today at 9 am" or "on Monday at 9 am", with the date when that is a week or more ahead."""
    local, today = opens.astimezone(SINGAPORE), now.astimezone(SINGAPORE).date()
    at = _TIME.sub(_twelve_hours, f"{local:%H:%M}")
    days = (local.date() - today).days
    if days < 2:
        return f"{'tomorrow' if days else 'today'} at {at}"
    return f"on {local:%A} at {at}" if days < 7 else f"on {local:%A}, {local.day} {local:%B}, at {at}"


def _twelve_hours(written: re.Match[str]) -> str:
    hour, minute = int(written[1]), written[2]
    if hour == 24:
        return "midnight"
    shown = f"{hour % 12 or 12}" + ("" if minute == "00" else f".{minute}")
    return f"{shown} {'am' if hour < 12 else 'pm'}"
