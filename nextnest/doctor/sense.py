"""Settings that are each right and together wrong. Nothing is asked of anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from nextnest.doctor.findings import Check, Finding, green, red, yellow
from nextnest.settings import Settings

_HERE = {"localhost", "127.0.0.1", "::1"}


def checks(settings: Settings) -> list[Check]:
    """They take no time; the bound is the thread's."""
    return [Check("Settings", lambda: _judged(settings), 5)]


def _judged(settings: Settings) -> Iterable[Finding]:
    found = [*_of_webhooks(settings), *_of_addresses(settings), *_of_times(settings), *_of_money(settings)]
    return found or [green("complete, and they go together")]


def _of_webhooks(settings: Settings) -> Iterator[Finding]:
    if settings.chatwoot_webhook_secret is None and not settings.chatwoot_allow_unsigned:
        yield red(
            "without CHATWOOT_WEBHOOK_SECRET every webhook is refused",
            "Set it to the secret Chatwoot shows with the webhook.",
        )


def out_of_reach(settings: Settings, url: str) -> bool:
    """Whether a URL of ours means this machine to us and another one to Chatwoot."""
    return urlsplit(url).hostname in _HERE and urlsplit(settings.chatwoot_base_url).hostname not in _HERE


def _of_addresses(settings: Settings) -> Iterator[Finding]:
    web, chatwoot = urlsplit(settings.nextnest_public_url), urlsplit(settings.chatwoot_base_url)
    if out_of_reach(settings, settings.nextnest_public_url):
        says = f"NEXTNEST_PUBLIC_URL is {settings.nextnest_public_url}: neither customers nor Chatwoot find us there"
        yield red(says, "Set it to the address customers use.")
    elif web.scheme == "http" and web.hostname not in _HERE:
        yield yellow(
            "NEXTNEST_PUBLIC_URL is not https: chat links can be read on their way", "Serve it by https."
        )
    if chatwoot.scheme == "http" and chatwoot.hostname not in _HERE:
        yield yellow("CHATWOOT_BASE_URL is not https: our token can be read on its way", "Use https.")


def _of_times(settings: Settings) -> Iterator[Finding]:
    if settings.chatwoot_settle_s <= settings.chatwoot_timeout_s:
        yield yellow(
            "CHATWOOT_SETTLE_S is not above CHATWOOT_TIMEOUT_S: what still runs there could be sent twice",
            "Make it longer than Chatwoot lets a request run; 20 by default.",
        )
    if settings.nextnest_patience_s < settings.openai_timeout_s:
        yield yellow(
            "NEXTNEST_PATIENCE_S is below OPENAI_TIMEOUT_S: one slow answer fetches a person",
            "Let a customer wait at least as long as one answer may take.",
        )
    if settings.nextnest_pace != 1:
        yield yellow(
            f"NEXTNEST_PACE is {settings.nextnest_pace:g}: brokers do not pause like people", "Set it to 1."
        )


def _of_money(settings: Settings) -> Iterator[Finding]:
    names = [settings.openai_model, settings.openai_fallback_model]
    unpriced = [name for name in names if name and name not in (settings.openai_prices or {})]
    if unpriced:
        yield yellow(f"no price for {', '.join(unpriced)}: its calls are booked dearly", "Set OPENAI_PRICES.")
    if not settings.nextnest_cap_per_day:
        yield yellow(
            "NEXTNEST_CAP_PER_DAY is 0: nothing bounds a day's spending", "Set a cap you could bear."
        )
    elif settings.nextnest_cap_per_turn > settings.nextnest_cap_per_day:
        yield red(
            "NEXTNEST_CAP_PER_TURN is above NEXTNEST_CAP_PER_DAY: no turn fits into a day",
            "One answer must cost less than a day may.",
        )
