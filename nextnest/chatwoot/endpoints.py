"""Every request we send, as a table. Paths follow `/api/v1/accounts/{account_id}`, or `/api/v1` alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """`writes` says that a lost answer leaves it open whether something was done.

    `hides_faults`: its 422 may also stand for a passing fault of Chatwoot, so it proves nothing.
    """

    method: str
    path: str
    writes: bool = False
    hides_faults: bool = False
    of_account: bool = True

    @property
    def is_about_a_conversation(self) -> bool:
        return "{conversation_id}" in self.path

    def __str__(self) -> str:
        """For error texts: the template, never the ids or the query."""
        return f"{self.method} {self.path}"


SEARCH_CONTACTS = Endpoint("GET", "/contacts/search")
CREATE_CONTACT = Endpoint("POST", "/contacts", writes=True)
ADD_CONTACT_TO_INBOX = Endpoint("POST", "/contacts/{contact_id}/contact_inboxes", writes=True)
LIST_CONTACT_CONVERSATIONS = Endpoint("GET", "/contacts/{contact_id}/conversations")

LIST_CONVERSATIONS = Endpoint("GET", "/conversations")
CREATE_CONVERSATION = Endpoint("POST", "/conversations", writes=True)
GET_CONVERSATION = Endpoint("GET", "/conversations/{conversation_id}")
REPLACE_ATTRIBUTES = Endpoint("POST", "/conversations/{conversation_id}/custom_attributes", writes=True)
# Asking twice does no harm, and a conversation that is not opened is seen by no colleague: its 422 is not the last word.
SET_STATUS = Endpoint(
    "POST", "/conversations/{conversation_id}/toggle_status", writes=True, hides_faults=True
)
SET_TYPING = Endpoint("POST", "/conversations/{conversation_id}/toggle_typing_status", writes=True)
ASSIGN = Endpoint("POST", "/conversations/{conversation_id}/assignments", writes=True)
LIST_LABELS = Endpoint("GET", "/conversations/{conversation_id}/labels")
REPLACE_LABELS = Endpoint("POST", "/conversations/{conversation_id}/labels", writes=True)

LIST_MESSAGES = Endpoint("GET", "/conversations/{conversation_id}/messages")
# Its action turns every exception into a 422, a lost database connection included.
CREATE_MESSAGE = Endpoint("POST", "/conversations/{conversation_id}/messages", writes=True, hides_faults=True)

# What the doctor asks, and sets up when told to.
GET_PROFILE = Endpoint("GET", "/profile", of_account=False)
GET_INBOX = Endpoint("GET", "/inboxes/{inbox_id}")
LIST_WEBHOOKS = Endpoint("GET", "/webhooks")
CREATE_WEBHOOK = Endpoint("POST", "/webhooks", writes=True)
UPDATE_WEBHOOK = Endpoint("PATCH", "/webhooks/{webhook_id}", writes=True)
