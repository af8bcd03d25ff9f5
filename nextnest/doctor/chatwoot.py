"""Chatwoot: our token, our inbox, the webhook that calls us; and the webhook made or mended when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from nextnest.chatwoot import Chatwoot, Webhook
from nextnest.doctor.database import compared
from nextnest.doctor.findings import Check, Finding, green, red, yellow
from nextnest.doctor.sense import out_of_reach
from nextnest.errors import ChatwootRefusesUs, ChatwootRejected, NextNestError
from nextnest.settings import Settings

# Each check makes one or two requests, and each of those has the settings' own deadline.
_REQUESTS = 2
PATH = "/api/chatwoot-webhook"
# What web reads; any other event would be thrown away (docs/operations.md, Chatwoot, once).
EVENTS = ("message_created", "conversation_status_changed", "conversation_updated")
_API = "Channel::Api"

Look = Callable[[Chatwoot], Awaitable[Iterable[Finding]]]


class ChatwootAccount:
    """What is found out with the settings' token. `webhook_url` is where Chatwoot should call."""

    def __init__(self, settings: Settings, webhook_url: str | None, *, set_up: bool) -> None:
        self._settings, self._set_up = settings, set_up
        self._url = webhook_url or f"{settings.nextnest_public_url}{PATH}"

    def checks(self) -> list[Check]:
        """In the order in which they make sense."""
        timeout_s = _REQUESTS * self._settings.chatwoot_timeout_s + 1
        return [
            Check("Chatwoot", lambda: self._ask(self._token), timeout_s),
            Check("Inbox", lambda: self._ask(self._inbox), timeout_s, needs="Chatwoot"),
            Check("Webhook", lambda: self._ask(self._webhook), timeout_s, needs="Chatwoot"),
        ]

    def _ask(self, look: Look) -> Iterable[Finding]:
        return asyncio.run(self._asked(look))

    async def _asked(self, look: Look) -> Iterable[Finding]:
        async with Chatwoot.from_settings(self._settings) as chatwoot:
            try:
                return await look(chatwoot)
            except ChatwootRefusesUs:
                return [
                    red("refuses our token", "Set CHATWOOT_API_TOKEN to an administrator's access token.")
                ]
            except NextNestError as error:
                return [
                    red(f"does not answer: {error.detail}", "Check CHATWOOT_BASE_URL, and that it is up.")
                ]

    async def _token(self, chatwoot: Chatwoot) -> Iterable[Finding]:
        account = self._settings.chatwoot_account_id
        roles = {one.id: one.role for one in (await chatwoot.profile()).accounts}
        if account not in roles:
            mend = "Check CHATWOOT_ACCOUNT_ID: the number after /accounts/ in Chatwoot's address bar."
            return [red(f"our token's user is not in account {account}", mend)]
        if roles[account] != "administrator":
            mend = "Use an administrator's token: an agent's sees only some conversations."
            return [red(f"our token is of the role {roles[account]}", mend)]
        return [green(f"answers, and our token is an administrator's of account {account}"), _clock(chatwoot)]

    async def _inbox(self, chatwoot: Chatwoot) -> Iterable[Finding]:
        number = self._settings.chatwoot_inbox_id
        try:
            inbox = await chatwoot.inbox()
        except ChatwootRejected:
            return [red(f"there is no inbox {number}", "Check CHATWOOT_INBOX_ID.")]
        if inbox.channel_type != _API:
            kind = inbox.channel_type or "unknown"
            mend = "Make an inbox of the kind API and set CHATWOOT_INBOX_ID to its number."
            return [red(f"inbox {number} is of the kind {kind}", mend)]
        return [green(f"inbox {number} is of the kind API")]

    async def _webhook(self, chatwoot: Chatwoot) -> Iterable[Finding]:
        found = [one for one in await chatwoot.webhooks() if urlsplit(one.url).path == PATH]
        ours = [one for one in found if one.url == self._url]
        if self._set_up and out_of_reach(self._settings, self._url):
            mend = "Set NEXTNEST_PUBLIC_URL to the address customers use, or give --webhook-url."
            return [red(f"not made: Chatwoot would not find us under {self._url}", mend)]
        if self._set_up:
            return [await self._made(chatwoot, ours), *self._secret_to_keep(ours)]
        if not ours:
            return [_missing(self._url, found)]
        return [*_events(ours), self._secret(ours[0])]

    async def _made(self, chatwoot: Chatwoot, ours: list[Webhook]) -> Finding:
        if ours:
            events = list(dict.fromkeys((*ours[0].subscriptions, *EVENTS)))
            await chatwoot.update_webhook(ours[0].id, self._url, events)
            return green(f"Chatwoot calls {self._url} with {', '.join(EVENTS)}")
        await chatwoot.create_webhook(self._url, EVENTS)
        return green(f"made: Chatwoot calls {self._url} with {', '.join(EVENTS)}")

    def _secret_to_keep(self, before: list[Webhook]) -> Iterable[Finding]:
        """What is printed may be kept somewhere, so the secret itself is not."""
        if before:
            return [self._secret(before[0])]
        mend = (
            "Chatwoot shows its secret under Settings, Integrations, Webhooks: "
            "put it into CHATWOOT_WEBHOOK_SECRET and start web anew."
        )
        return [yellow("it has a new secret", mend)]

    def _secret(self, webhook: Webhook) -> Finding:
        known, there = self._settings.chatwoot_webhook_secret, webhook.secret
        if known is None:
            mend = "Put the secret Chatwoot shows with the webhook into CHATWOOT_WEBHOOK_SECRET and start web anew."
            return red("CHATWOOT_WEBHOOK_SECRET is not set", mend) if there else _unsigned(self._settings)
        if there is None:
            return yellow(
                "Chatwoot does not show its secret", "Compare it with CHATWOOT_WEBHOOK_SECRET by hand."
            )
        if there.get_secret_value() != known.get_secret_value():
            mend = (
                "Put the one Chatwoot shows with the webhook into CHATWOOT_WEBHOOK_SECRET and start web anew."
            )
            return red("its secret is not CHATWOOT_WEBHOOK_SECRET: every call is refused", mend)
        return green("its secret is the one web knows")


def _clock(chatwoot: Chatwoot) -> Finding:
    if chatwoot.clock is None:
        # Puma says no time of its own accord; the proxy in front of it usually does.
        return green("it does not say what time it is, so clocks are not compared")
    return compared("Chatwoot's clock", chatwoot.clock - datetime.now(UTC))


def _missing(url: str, elsewhere: list[Webhook]) -> Finding:
    mend = (
        "Run python -m nextnest doctor --set-up-webhook, or make it under Settings, Integrations, Webhooks."
    )
    if elsewhere:
        mend = f"If that is us under another name, give it with --webhook-url. {mend}"
        return red(f"Chatwoot calls {elsewhere[0].url}, not {url}", mend)
    return red(f"Chatwoot does not call {url}", mend)


def _events(ours: list[Webhook]) -> Iterable[Finding]:
    missing = [event for event in EVENTS if event not in ours[0].subscriptions]
    if missing:
        yield red(f"it brings no {', '.join(missing)}", "Run python -m nextnest doctor --set-up-webhook.")
    else:
        yield green(f"Chatwoot calls {ours[0].url} with what we need")
    if len(ours) > 1:
        yield yellow(f"there are {len(ours)} of that URL", "Delete all but one: each message comes as often.")


def _unsigned(settings: Settings) -> Finding:
    mend = "Upgrade Chatwoot to 4.11.2 or newer, which signs; until then CHATWOOT_ALLOW_UNSIGNED=true."
    if settings.chatwoot_allow_unsigned:
        return yellow("unsigned webhooks are taken in: anybody who knows the URL can write", mend)
    return red("it is not signed, so every call is refused", mend)
