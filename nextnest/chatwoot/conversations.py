"""Opening, reading and changing conversations. Ids are the ones of Chatwoot's address bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nextnest.chatwoot import endpoints
from nextnest.chatwoot.door import Door, new_id
from nextnest.chatwoot.texts import fitting
from nextnest.chatwoot.values import ChatwootConversation, Contact, ConversationRow
from nextnest.errors import ChatwootRejected
from nextnest.models import ExistingConversation


class Conversations(Door):
    """The conversations of our inbox."""

    async def contact_conversations(self, contact_id: int) -> list[ExistingConversation]:
        """The contact's conversations in our inbox, latest activity first; Chatwoot shows twenty at most."""
        rows = await self._transport.call(
            endpoints.LIST_CONTACT_CONVERSATIONS,
            lambda answer: _rows(answer["payload"]),
            contact_id=contact_id,
        )
        return [row.existing() for row in rows if row.inbox_id == self._inbox_id]

    async def create_conversation(
        self, *, contact: Contact, custom_attributes: Mapping[str, object], status: str = "pending"
    ) -> int:
        """A new conversation's id. An inbox with a bot makes it `pending` whatever `status` says.

        Without the contact's source id Chatwoot would give the contact one more place in the inbox each time.
        """
        body: dict[str, object] = {
            "inbox_id": self._inbox_id,
            "contact_id": contact.id,
            "status": status,
            "custom_attributes": fitting(custom_attributes),
        }
        if contact.source_id:
            body["source_id"] = contact.source_id
        return await self._transport.call(endpoints.CREATE_CONVERSATION, new_id, body=body)

    async def get_conversation(self, conversation_id: int) -> ChatwootConversation:
        """The conversation as it is now."""
        return await self._transport.call(
            endpoints.GET_CONVERSATION,
            lambda answer: ConversationRow.model_validate(answer).conversation(),
            conversation_id=conversation_id,
        )

    async def recent_conversations(self, page: int = 1) -> list[ChatwootConversation]:
        """One page of our inbox, in any status, latest activity first; empty behind the last one.

        How many a page holds is Chatwoot's choice (25, or CONVERSATION_RESULTS_PER_PAGE there).
        """
        query: dict[str, str | int] = {
            "status": "all",
            "inbox_id": self._inbox_id,
            "sort_by": "last_activity_at_desc",
            "page": page,
        }
        rows = await self._transport.call(
            endpoints.LIST_CONVERSATIONS, lambda answer: _rows(answer["data"]["payload"]), query=query
        )
        return [row.conversation() for row in rows if row.inbox_id == self._inbox_id]

    async def update_conversation_custom_attributes(
        self, conversation_id: int, attributes: Mapping[str, object]
    ) -> None:
        """Set these attributes and keep the others. Chatwoot replaces all, so this reads, merges and writes.

        The caller holds the conversation's lock: two writers at once would undo each other. Nothing is
        written when nothing changes.
        """
        present = (await self.get_conversation(conversation_id)).custom_attributes
        merged = {**present, **fitting(attributes)}
        if merged == present:
            return
        await self._change(endpoints.REPLACE_ATTRIBUTES, conversation_id, {"custom_attributes": merged})

    async def set_status(self, conversation_id: int, status: str) -> None:
        """`open`, `pending`, `resolved` or `snoozed`. Without a status Chatwoot would toggle."""
        await self._change(endpoints.SET_STATUS, conversation_id, {"status": status})

    async def set_typing(self, conversation_id: int, on: bool) -> None:
        """Show or hide that the broker is typing. It never goes off by itself."""
        await self._change(endpoints.SET_TYPING, conversation_id, {"typing_status": "on" if on else "off"})

    async def assign(
        self, conversation_id: int, *, assignee_id: int | None = None, team_id: int | None = None
    ) -> None:
        """Give the conversation to a team, a person, or both. ChatwootRejected for an unknown id.

        Chatwoot takes one of the two per request. To an unknown id it answers `null`, having unassigned.
        """
        wanted = {"team_id": team_id, "assignee_id": assignee_id}
        for name, value in wanted.items():
            if (
                value is not None
                and await self._change(endpoints.ASSIGN, conversation_id, {name: value}) is None
            ):
                raise ChatwootRejected(f"{endpoints.ASSIGN}: unknown {name}")

    async def add_labels(self, conversation_id: int, labels: Iterable[str]) -> None:
        """Add labels, in Chatwoot's lower case, and keep the others. The caller holds the lock."""
        present = await self._transport.call(
            endpoints.LIST_LABELS,
            lambda answer: [str(label) for label in answer["payload"]],
            conversation_id=conversation_id,
        )
        merged = list(dict.fromkeys([*present, *(label.lower() for label in labels)]))
        if merged != present:
            await self._change(endpoints.REPLACE_LABELS, conversation_id, {"labels": merged})

    async def _change(
        self, endpoint: endpoints.Endpoint, conversation_id: int, body: Mapping[str, object]
    ) -> Any:
        return await self._transport.call(
            endpoint, lambda answer: answer, body=body, conversation_id=conversation_id
        )


def _rows(payload: Any) -> list[ConversationRow]:
    return [ConversationRow.model_validate(row) for row in payload]
