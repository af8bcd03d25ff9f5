"""Everything our client can be asked, to be asked of a Chatwoot that fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from nextnest.chatwoot import Chatwoot, Contact

Attempt = Callable[[Chatwoot], Awaitable[object]]

EMAIL, PHONE, TEXT = "weiming@example.com", "+6591234567", "my income is 7200"
CONTACT = Contact(id=1, source_id="abc", email=EMAIL, phone=PHONE)
EFFECT = UUID("4d0f6f0a-9a0f-4b7e-8f0c-3b1f7d2f8a11")

READS: dict[str, Attempt] = {
    "find_contact": lambda c: c.find_contact(EMAIL, PHONE),
    "contact_conversations": lambda c: c.contact_conversations(1),
    "get_conversation": lambda c: c.get_conversation(1),
    "recent_conversations": lambda c: c.recent_conversations(1),
    "list_messages": lambda c: c.list_messages(1),
    "find_effect": lambda c: c.find_effect(1, EFFECT, newest_known=None),
}
WRITES: dict[str, Attempt] = {
    "create_contact": lambda c: c.create_contact(name="Tan", email=EMAIL, phone=PHONE, custom_attributes={}),
    "create_conversation": lambda c: c.create_conversation(contact=CONTACT, custom_attributes={}),
    "create_activity_message": lambda c: c.create_activity_message(1, TEXT, EFFECT),
    "send_message": lambda c: c.send_message(1, TEXT, EFFECT),
    "post_customer_message": lambda c: c.post_customer_message(1, TEXT, "page-1"),
}
SETS: dict[str, Attempt] = {
    "set_status": lambda c: c.set_status(1, "open"),
    "set_typing": lambda c: c.set_typing(1, True),
    "assign": lambda c: c.assign(1, assignee_id=1),
}
ANY = READS | WRITES | SETS
