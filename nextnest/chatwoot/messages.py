"""Writing and listing messages. Chatwoot has no idempotency key, so what we write carries an id of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from nextnest.chatwoot import endpoints
from nextnest.chatwoot.door import Door, new_id
from nextnest.chatwoot.texts import harmless, storable
from nextnest.chatwoot.values import CLIENT_KEY, EFFECT_KEY, ChatwootMessage, MessageType

# message_finder.rb: as many messages come for `after`, and twenty for `before` or for neither.
_PAGE_AFTER = 100


class Messages(Door):
    """The messages of a conversation. Writing one returns Chatwoot's id; a lost answer is OutcomeUnknown."""

    async def create_activity_message(self, conversation_id: int, text: str, effect_id: UUID) -> int:
        """A line of the system, such as who joined. It fires no webhook."""
        return await self._write(
            conversation_id,
            {
                "content": storable(text),
                "message_type": MessageType.ACTIVITY,
                "content_attributes": {EFFECT_KEY: str(effect_id)},
            },
        )

    async def send_message(
        self, conversation_id: int, text: str, effect_id: UUID, *, private: bool = False
    ) -> int:
        """A message to the customer, or with `private` a note that only colleagues see."""
        return await self._write(
            conversation_id,
            {
                "content": harmless(storable(text)),
                "message_type": MessageType.OUTGOING,
                "private": private,
                "content_attributes": {EFFECT_KEY: str(effect_id)},
            },
        )

    async def post_customer_message(self, conversation_id: int, text: str, client_id: str) -> int:
        """A message of the customer, from our chat page; `client_id` is the page's own id for it."""
        return await self._write(
            conversation_id,
            {
                "content": storable(text),
                "message_type": MessageType.INCOMING,
                "content_attributes": {CLIENT_KEY: client_id},
            },
        )

    async def list_messages(
        self, conversation_id: int, *, after: int | None = None, before: int | None = None
    ) -> list[ChatwootMessage]:
        """One page, oldest first, private notes and activities included, the bounds themselves left out.

        It is the oldest 100 after `after`, the newest 20 before `before`, at most 1000 between the two, or
        the newest 20 of all.
        """
        # Given both, Chatwoot counts the lower one in.
        lowest = after + 1 if after is not None and before is not None else after
        bounds = {"after": lowest, "before": before}
        return await self._transport.call(
            endpoints.LIST_MESSAGES,
            lambda answer: [ChatwootMessage.model_validate(row) for row in answer["payload"]],
            query={name: value for name, value in bounds.items() if value is not None},
            conversation_id=conversation_id,
        )

    async def messages_after(self, conversation_id: int, after: int = 0) -> AsyncIterator[ChatwootMessage]:
        """Every message newer than `after`, through all pages."""
        while True:
            page = await self.list_messages(conversation_id, after=after)
            for message in page:
                yield message
            if len(page) < _PAGE_AFTER:
                return
            # Pages are cut by id and sorted by time, which need not agree.
            after = max(message.id for message in page)

    async def find_effect(
        self, conversation_id: int, effect_id: UUID, *, newest_known: int | None
    ) -> int | None:
        """The id of the message sent with `effect_id`, or None when the conversation holds none.

        Only messages newer than `newest_known` are looked at: the effect must have come after that one. Texts
        are never compared: people repeat themselves.
        """
        async for message in self.messages_after(conversation_id, newest_known or 0):
            if message.effect_id == effect_id:
                return message.id
        return None

    async def _write(self, conversation_id: int, body: dict[str, object]) -> int:
        return await self._transport.call(
            endpoints.CREATE_MESSAGE, new_id, body=body, conversation_id=conversation_id
        )
