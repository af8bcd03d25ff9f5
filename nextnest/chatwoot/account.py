"""What an administrator sees of the account: who we are there, the inbox, the webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr

from nextnest.chatwoot import endpoints
from nextnest.chatwoot.door import Door


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Membership(_Wire):
    """One account the token's user belongs to, and as what: `administrator` or `agent`."""

    id: int
    role: str | None = None


class Profile(_Wire):
    """The user whose token we use."""

    accounts: tuple[Membership, ...] = ()


class Inbox(_Wire):
    """Our inbox. An API inbox is of the type `Channel::Api`."""

    id: int
    name: str | None = None
    channel_type: str | None = None


class Webhook(_Wire):
    """A webhook of the account. Its secret is there from Chatwoot 4.11.2 on."""

    id: int
    url: str
    subscriptions: tuple[str, ...] = ()
    secret: SecretStr | None = None


class Account(Door):
    """The account around our inbox."""

    async def profile(self) -> Profile:
        """Whose token it is."""
        return await self._transport.call(endpoints.GET_PROFILE, Profile.model_validate)

    async def inbox(self) -> Inbox:
        """Our inbox; ChatwootRejected when the account has none of that number."""
        return await self._transport.call(endpoints.GET_INBOX, Inbox.model_validate, inbox_id=self._inbox_id)

    async def webhooks(self) -> list[Webhook]:
        """Every webhook of the account; only an administrator may ask."""
        return await self._transport.call(
            endpoints.LIST_WEBHOOKS,
            lambda answer: [Webhook.model_validate(row) for row in answer["payload"]["webhooks"]],
        )

    async def create_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """A new webhook. Chatwoot makes its secret."""
        return await self._transport.call(
            endpoints.CREATE_WEBHOOK, _webhook, body={"url": url, "subscriptions": list(events)}
        )

    async def update_webhook(self, webhook_id: int, url: str, events: Sequence[str]) -> Webhook:
        """The webhook with this URL and these events; its secret stays."""
        body = {"url": url, "subscriptions": list(events)}
        return await self._transport.call(
            endpoints.UPDATE_WEBHOOK, _webhook, body=body, webhook_id=webhook_id
        )

    @property
    def clock(self) -> datetime | None:
        """What time it was in Chatwoot at its latest answer; None when it does not say."""
        return self._transport.clock


def _webhook(answer: Any) -> Webhook:
    return Webhook.model_validate(answer["payload"]["webhook"])
