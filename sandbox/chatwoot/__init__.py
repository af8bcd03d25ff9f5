"""A stand-in for Chatwoot 4.15: one account, one API inbox, what an integration calls and receives."""

from sandbox.chatwoot.events import Delivery
from sandbox.chatwoot.records import User
from sandbox.chatwoot.sandbox import ChatwootSandbox
from sandbox.faults import Fault, Faults, UnknownFault
from sandbox.journal import RequestRecord

__all__ = ["ChatwootSandbox", "Delivery", "Fault", "Faults", "RequestRecord", "UnknownFault", "User"]
