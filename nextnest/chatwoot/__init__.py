"""The one door to Chatwoot.

client         Chatwoot, what callers hold
├── contacts         find or make the person
├── conversations    open, read, change
├── messages         write, list, look an effect up
└── account          who we are there, inbox and webhooks: for the doctor
values         what Chatwoot tells us, as frozen values
texts          what Chatwoot can store, and Liquid made harmless
endpoints      every request we send, as a table
transport      one request: token, deadline, and which of our errors a failure is

Written against Chatwoot 4.15. Nothing is tried twice here; jobs are.
"""

from nextnest.chatwoot.account import Inbox, Profile, Webhook
from nextnest.chatwoot.client import Chatwoot
from nextnest.chatwoot.texts import harmless
from nextnest.chatwoot.values import ChatwootConversation, ChatwootMessage, Contact, MessageType, Sender

__all__ = [
    "Chatwoot",
    "ChatwootConversation",
    "ChatwootMessage",
    "Contact",
    "Inbox",
    "MessageType",
    "Profile",
    "Sender",
    "Webhook",
    "harmless",
]
