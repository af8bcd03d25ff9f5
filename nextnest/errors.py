"""Every error of the product; the class says what happens next, the docstring is the message.

NextNestError
├── ConfigurationError          the process stops with one line
├── MigrationError              the schema is left as it was
├── Retryable                   the job is tried again
│   ├── ChatwootUnavailable     nothing was done there
│   ├── OutcomeUnknown          it may have been done: look before doing it again
│   ├── ChatwootRefusesUs       our token is at fault, not the customer: tried again, and an alarm
│   ├── Away                    known to be away; it was not even asked
│   ├── ModelUnavailable        no answer from any configured model
│   └── ModelRefusesUs          our key or quota is at fault: tried again, and an alarm
├── Permanent                   trying again cannot help: the conversation goes to a person
│   ├── ChatwootRejected        Chatwoot understood us and said no
│   ├── SpendingCapReached      another call of the model could cost more than it may
│   ├── ConversationGone        Chatwoot does not know this conversation
│   └── ReplyRejected           no draft passed the guard
├── StillOpen                   nothing is erased while somebody has the conversation
├── BeingWorkedOn               nothing is erased under a running job: try again in a moment
├── LostOwnership               a newer attempt owns this job: roll everything back
└── HandedBack                  the worker stops: the job goes back, and the attempt does not count
"""

from __future__ import annotations


class NextNestError(Exception):
    """Something went wrong."""

    def __init__(self, detail: str = "") -> None:
        sentence = (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(f"{sentence} {detail}".strip() if detail else sentence)
        self.detail = detail


class ConfigurationError(NextNestError):
    """The settings are incomplete."""


class MigrationError(NextNestError):
    """The schema could not be brought up to date."""


class Retryable(NextNestError):
    """A passing fault; the job is tried again."""


class ChatwootUnavailable(Retryable):
    """Chatwoot could not be reached or asked us to wait; nothing was done."""


class OutcomeUnknown(Retryable):
    """Chatwoot's answer was lost; what we asked for may have been done."""


class ChatwootRefusesUs(Retryable):
    """Chatwoot does not accept our token; check CHATWOOT_API_TOKEN."""


class Away(Retryable):
    """It is known to be away and was not asked; its circuit breaker is open."""


class ModelUnavailable(Retryable):
    """No configured model gave an answer in time."""


class ModelRefusesUs(Retryable):
    """The model provider does not accept our key or our quota is used up; check OPENAI_API_KEY."""


class Permanent(NextNestError):
    """Trying again cannot help; the conversation goes to a person."""


class ChatwootRejected(Permanent):
    """Chatwoot understood the request and refused it."""


class ConversationGone(Permanent):
    """Chatwoot does not know this conversation."""


class SpendingCapReached(Permanent):
    """Another call of the model could cost more than it may."""


class ReplyRejected(Permanent):
    """No draft of the reply passed the guard."""


class StillOpen(NextNestError):
    """Nothing was erased: a conversation of this contact is not over. Resolve it in Chatwoot first, or give --close."""


class BeingWorkedOn(NextNestError):
    """Nothing was erased: a job or a form is at work on this contact. Try again in a few seconds."""


class LostOwnership(NextNestError):
    """A newer attempt owns this job; nothing of this attempt is kept."""


class HandedBack(NextNestError):
    """This worker stops; the next one goes on with the job."""
