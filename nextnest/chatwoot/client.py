"""The client callers hold."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from nextnest.chatwoot.account import Account
from nextnest.chatwoot.contacts import Contacts
from nextnest.chatwoot.conversations import Conversations
from nextnest.chatwoot.endpoints import LIST_CONVERSATIONS
from nextnest.chatwoot.messages import Messages
from nextnest.chatwoot.transport import Transport
from nextnest.settings import Settings


class Chatwoot(Account, Contacts, Conversations, Messages):
    """One inbox of one Chatwoot account, for one event loop. `timeout_s` bounds each request as a whole.

    Every method may raise ChatwootUnavailable, ChatwootRefusesUs and ChatwootRejected; one that changes
    something also OutcomeUnknown, and one about a conversation also ConversationGone.
    """

    def __init__(
        self, *, base_url: str, account_id: int, inbox_id: int, token: str, timeout_s: float = 10
    ) -> None:
        transport = Transport(base_url=base_url, account_id=account_id, token=token, timeout_s=timeout_s)
        super().__init__(transport, inbox_id)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The Chatwoot the settings name."""
        return cls(
            base_url=settings.chatwoot_base_url,
            account_id=settings.chatwoot_account_id,
            inbox_id=settings.chatwoot_inbox_id,
            token=settings.chatwoot_api_token.get_secret_value(),
            timeout_s=settings.chatwoot_timeout_s,
        )

    async def look(self) -> None:
        """Ask for something small, to see whether Chatwoot answers and accepts our token."""
        await self._transport.call(
            LIST_CONVERSATIONS, _anything, query={"inbox_id": self._inbox_id, "status": "open"}
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _anything(_: object) -> None:
    """Whatever it answers: it answers."""
