"""How long a configured model will still be there."""

from __future__ import annotations

from datetime import date

# A new model has to be tried before it may talk to customers; the provider has given as little as three months. So two
# months ahead, then more urgently: one month, one week.
_WARN_DAYS = (7, 30, 60)


def days_left(listed: bool, shutdown_date: date | None, today: date) -> int | None:
    """Days until the model ends, 0 when it has; None when no end is announced."""
    if not listed:
        return 0
    return None if shutdown_date is None else max(0, (shutdown_date - today).days)


def ending(left: int | None) -> str | None:
    """What to tell the operator, None when nothing: `gone` or `within 7 days`, 30, 60."""
    if left is None or left > max(_WARN_DAYS):
        return None
    if left == 0:
        return "gone"
    return next(f"within {days} days" for days in _WARN_DAYS if left <= days)
