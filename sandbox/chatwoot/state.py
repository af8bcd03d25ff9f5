"""Everything the sandbox remembers, with the look-ups its endpoints need. Guarded by one lock."""

import threading
from collections import defaultdict
from pathlib import Path
from typing import Final, TypeVar

from sandbox.chatwoot.archive import Archive
from sandbox.chatwoot.errors import NotFound
from sandbox.chatwoot.records import (
    AgentBot,
    Contact,
    ContactInbox,
    Conversation,
    Inbox,
    Message,
    Principal,
    Stored,
    User,
    Webhook,
)

Row = TypeVar("Row")
UNIQUE_FIELDS: Final = ("email", "phone_number", "identifier")
# A past that was handed in has numbers from here on; what is made new goes on counting below them.
HISTORY_FROM: Final = 900_000_000


class State:
    """One account with one inbox. Hold `lock` around every read and write."""

    def __init__(
        self, account_id: int, account_name: str, inbox: Inbox, users: list[User], archive: Path | None
    ) -> None:
        self.lock = threading.RLock()
        self.account_id = account_id
        self.account_name = account_name
        self.inbox = inbox
        self.users = {user.id: user for user in users}
        self.bots: dict[int, AgentBot] = {}
        self.active_bot: AgentBot | None = None  # attached to the inbox
        self.teams: dict[int, str] = {}
        self.contact_attribute_keys: set[str] = set()  # defined custom attributes: filters know no others
        self.conversation_attribute_keys: set[str] = set()
        self.contacts: dict[int, Contact] = {}
        self.contact_inboxes: dict[int, ContactInbox] = {}
        self.conversations: dict[int, Conversation] = {}
        self.messages: dict[int, Message] = {}
        self.webhooks: dict[int, Webhook] = {}
        self._messages_of: dict[int, list[Message]] = defaultdict(list)
        self._conversations_of: dict[int, list[Conversation]] = defaultdict(list)
        self._inboxes_of: dict[int, list[ContactInbox]] = defaultdict(list)
        self._by_source_id: dict[str, ContactInbox] = {}
        self._taken: dict[tuple[str, str], int] = {}
        self._last_id: dict[type[Stored], int] = defaultdict(int)
        self._archive = Archive(archive) if archive else None
        self._load()

    def close(self) -> None:
        if self._archive:
            self._archive.close()

    def next_id(self, kind: type[Stored]) -> int:
        self._last_id[kind] += 1
        return self._last_id[kind]

    def add(self, row: Stored) -> None:
        """A new row: remembered, indexed, kept."""
        self._index(row)
        self.save(row)

    def save(self, row: Stored) -> None:
        """A row that was added before and has changed."""
        if self._archive:
            self._archive.save(row)

    def rename_unique(self, contact: Contact, field: str, old: str | None) -> None:
        """Moves a contact's entry in the unique index after `field` changed."""
        if old:
            self._taken.pop((field, old.lower()), None)
        self._index_unique(contact)

    def owner(self, field: str, value: str) -> int | None:
        """The contact that holds this e-mail, phone number or identifier."""
        return self._taken.get((field, value.lower()))

    def contact(self, contact_id: int | None) -> Contact:
        """Raises NotFound."""
        return _found(self.contacts.get(contact_id or 0))

    def conversation(self, conversation_id: int) -> Conversation:
        """Raises NotFound."""
        return _found(self.conversations.get(conversation_id))

    def message(self, conversation_id: int, message_id: int) -> Message:
        """Raises NotFound."""
        message = _found(self.messages.get(message_id))
        if message.conversation_id != conversation_id:
            raise NotFound
        return message

    def by_source_id(self, source_id: str) -> ContactInbox | None:
        return self._by_source_id.get(source_id)

    def inboxes_of(self, contact: Contact) -> list[ContactInbox]:
        return self._inboxes_of[contact.id]

    def conversations_of(self, contact: Contact) -> list[Conversation]:
        return self._conversations_of[contact.id]

    def messages_of(self, conversation: Conversation) -> list[Message]:
        """Oldest first."""
        return self._messages_of[conversation.id]

    def principal(self, token: str) -> Principal | None:
        owners: list[Principal] = [*self.users.values(), *self.bots.values()]
        return next((owner for owner in owners if owner.access_token == token), None)

    def sender(self, message: Message) -> User | AgentBot | Contact | None:
        if message.sender_id is None:
            return None
        if message.sender_type == "User":
            return self.users.get(message.sender_id)
        if message.sender_type == "AgentBot":
            return self.bots.get(message.sender_id)
        return self.contacts.get(message.sender_id)

    def _load(self) -> None:
        if self._archive:
            for row in self._archive.rows():
                self._index(row)

    def _index(self, row: Stored) -> None:
        # Messages go on above them: their numbers are their order.
        if row.id < HISTORY_FROM or isinstance(row, Message):
            self._last_id[type(row)] = max(self._last_id[type(row)], row.id)
        match row:
            case Contact():
                self.contacts[row.id] = row
                self._index_unique(row)
            case ContactInbox():
                self.contact_inboxes[row.id] = row
                self._inboxes_of[row.contact_id].append(row)
                self._by_source_id[row.source_id] = row
            case Conversation():
                self.conversations[row.id] = row
                self._conversations_of[row.contact_id].append(row)
            case Message():
                self.messages[row.id] = row
                self._messages_of[row.conversation_id].append(row)
            case Webhook():
                self.webhooks[row.id] = row

    def _index_unique(self, contact: Contact) -> None:
        for field in UNIQUE_FIELDS:
            value = getattr(contact, field)
            if value:
                self._taken[(field, value.lower())] = contact.id


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row
