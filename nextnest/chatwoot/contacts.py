"""Finding or making the person. In Chatwoot an e-mail address, or a phone number, belongs to one contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nextnest.chatwoot import endpoints
from nextnest.chatwoot.door import Door
from nextnest.chatwoot.texts import fitting, storable
from nextnest.chatwoot.transport import Refused
from nextnest.chatwoot.values import Contact, ContactRow

# contacts_controller.rb; only used where Chatwoot does not say has_more, before 4.11.
_SEARCH_PAGE = 15
# Varchar columns of Chatwoot hold 255 characters (application_record.rb).
_LONGEST_NAME = 255


class Contacts(Door):
    """The contacts of the account, and their place in our inbox."""

    async def find_or_create_contact(
        self, *, name: str, email: str, phone: str, custom_attributes: Mapping[str, object]
    ) -> Contact:
        """The person with this e-mail address or phone number, in our inbox; a new one when there is none.

        Somebody who shares the phone and has another address is another person: the new contact is made
        without the phone number, which then stands in its attributes. Nobody's own facts are ever changed.
        """
        wanted = _NewContact(name, email, phone, dict(custom_attributes))
        # Ends: each refusal takes an attribute away, or is raised.
        while True:
            if found := await self.find_contact(email, phone):
                return await self._in_our_inbox(found)
            try:
                return await self._add(wanted)
            except Refused as refused:
                if not (lighter := wanted.without(refused.attributes)):
                    raise
                wanted = lighter

    async def find_contact(self, email: str | None, phone: str | None) -> Contact | None:
        """The contact with exactly this address, in any case; else the one with exactly this phone number.

        One that has this phone and another address is somebody else and is not returned.
        """
        if email and (found := await self._search(email, lambda row: _same(row.email, email))):
            return found
        if phone:
            return await self._search(phone, lambda row: row.phone_number == phone and _may_be(row, email))
        return None

    async def create_contact(
        self, *, name: str, email: str | None, phone: str | None, custom_attributes: Mapping[str, object]
    ) -> Contact:
        """A new contact in our inbox. ChatwootRejected when the address or the number is taken."""
        return await self._add(_NewContact(name, email, phone, dict(custom_attributes)))

    async def _add(self, wanted: _NewContact) -> Contact:
        body = {"inbox_id": self._inbox_id, **wanted.body()}
        return await self._transport.call(endpoints.CREATE_CONTACT, _created, body=body)

    async def _search(self, text: str, is_the_one: Callable[[ContactRow], bool]) -> Contact | None:
        """Chatwoot finds texts inside texts; ours is the first that passes the test."""
        page, has_more = 1, True
        while has_more:
            query: dict[str, str | int] = {"q": text, "page": page, "sort": "email"}
            rows, has_more = await self._transport.call(endpoints.SEARCH_CONTACTS, _search_page, query=query)
            for row in rows:
                if is_the_one(row):
                    return row.contact(self._inbox_id)
            page += 1
        return None

    async def _in_our_inbox(self, contact: Contact) -> Contact:
        """A contact of another channel gets one place in our inbox, not one for each conversation."""
        if contact.source_id:
            return contact
        source_id = await self._transport.call(
            endpoints.ADD_CONTACT_TO_INBOX,
            lambda answer: str(answer["source_id"]),
            body={"inbox_id": self._inbox_id},
            contact_id=contact.id,
        )
        return contact.model_copy(update={"source_id": source_id})


@dataclass(frozen=True)
class _NewContact:
    """What to create; an attribute Chatwoot will not take moves into the custom attributes."""

    name: str
    email: str | None
    phone_number: str | None
    custom_attributes: dict[str, object]

    def without(self, refused: tuple[str, ...]) -> _NewContact | None:
        """The same person with the refused attributes put aside; None when it was about something else."""
        takeable = {"email": self.email, "phone_number": self.phone_number}
        aside = {name: value for name, value in takeable.items() if value and name in refused}
        if not aside:
            return None
        kept: dict[str, Any] = dict.fromkeys(aside)
        return replace(self, **kept, custom_attributes={**self.custom_attributes, **aside})

    def body(self) -> dict[str, object]:
        fields = {
            "name": storable(self.name)[:_LONGEST_NAME],
            "email": self.email,
            "phone_number": self.phone_number,
        }
        known = {name: value for name, value in fields.items() if value is not None}
        return {**known, "custom_attributes": fitting(self.custom_attributes)}


def _search_page(answer: Any) -> tuple[list[ContactRow], bool]:
    rows = [ContactRow.model_validate(row) for row in answer["payload"]]
    has_more = answer["meta"].get("has_more", len(rows) == _SEARCH_PAGE)
    return rows, bool(rows and has_more)


def _created(answer: Any) -> Contact:
    """Nested twice, and the place in our inbox beside the contact."""
    row = ContactRow.model_validate(answer["payload"]["contact"])
    return Contact(
        id=row.id,
        source_id=str(answer["payload"]["contact_inbox"]["source_id"]),
        email=row.email,
        phone=row.phone_number,
    )


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.lower() == other.lower()


def _may_be(row: ContactRow, email: str | None) -> bool:
    """Whether a contact found by phone may be the person with this address."""
    return email is None or row.email is None or _same(row.email, email)
