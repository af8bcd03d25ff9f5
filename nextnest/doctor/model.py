"""The model provider: our key, the configured models, and how long it keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from nextnest.assistant import Assistant
from nextnest.doctor.findings import Check, Finding, green, red, yellow
from nextnest.errors import ModelRefusesUs, NextNestError
from nextnest.rules.model_life import days_left, ending
from nextnest.settings import Settings

SINGAPORE = ZoneInfo("Asia/Singapore")


class Model:
    """What is found out with the settings' key, without asking a model anything: it costs nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def checks(self) -> list[Check]:
        """One request, before the settings' own deadline."""
        return [Check("Model", lambda: asyncio.run(self._listed()), self._settings.openai_timeout_s + 1)]

    async def _listed(self) -> Iterable[Finding]:
        async with Assistant.from_settings(self._settings) as assistant:
            try:
                listed = await assistant.listed_models()
            except ModelRefusesUs:
                return [red("the provider refuses our key", "Check OPENAI_API_KEY and the account's quota.")]
            except NextNestError as error:
                return [
                    red(f"no answer: {error.detail}", "Check OPENAI_BASE_URL and the provider's status page.")
                ]
        today = datetime.now(SINGAPORE).date()
        first, second = self._settings.openai_model, self._settings.openai_fallback_model
        found = [_judged("OPENAI_MODEL", first, listed, today)]
        if second:
            found.append(_judged("OPENAI_FALLBACK_MODEL", second, listed, today))
        return found


def _judged(setting: str, name: str, listed: dict[str, date | None], today: date) -> Finding:
    left = days_left(name in listed, listed.get(name), today)
    when = ending(left)
    if when == "gone":
        return red(f"{name} is not among the provider's models", f"Correct {setting}, or choose another.")
    if when:
        return yellow(f"{name} ends in {left} days", f"Try another one and set {setting} (docs/money.md).")
    return green(f"{name} is there")
