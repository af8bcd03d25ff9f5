"""The states of what we keep, as data: every step there is, what it means, and the commit it happens in.

The database refuses any other step (migrations/20261122000610_transitions.sql), docs/pipelines.md draws exactly these, and
the statements in nextnest/store take no others. Tests compare all four; whoever adds a step adds it in each place.
"""

from __future__ import annotations

from dataclasses import dataclass

# The commits by name: the function that opens the transaction. Two of one function are told apart by their names.
COMMITS = {
    "form": "web/conversations.py:open_conversation",
    "refused form": "web/conversations.py:_keep_refused",
    "form left": "web/conversations.py:_open_later",
    "opening": "nextnest/opening.py:_record",
    "webhook": "web/webhooks.py:chatwoot_webhook",
    "chat page": "web/chat.py:send",
    "sweep": "nextnest/tasks/sweep.py:take_in",
    "arrived": "nextnest/engagement_manager.py:_arrive",
    "engage": "nextnest/tasks/new_conversation.py:new_conversation",
    "greeted": "nextnest/tasks/new_conversation.py:new_conversation",
    "opened": "nextnest/tasks/open_conversation.py:open_conversation",
    "take back": "nextnest/tasks/incoming_message.py:take_back",
    "hand over": "nextnest/tasks/incoming_message.py:hand_over",
    "answered": "nextnest/tasks/incoming_message.py:incoming_message",
    "draft": "nextnest/tasks/drafting.py:_plan",
    "draft revived": "nextnest/tasks/answering.py:_plan_once_more",
    "settled": "nextnest/tasks/settle_conversation.py:settle_conversation",
    "delivered": "nextnest/tasks/deliver_effects.py:deliver_effects",
    "forwarded": "nextnest/tasks/forward_message.py:forward_message",
    "given up": "nextnest/tasks/attempts.py:give_up",
    "set back": "nextnest/tasks/attempts.py:set_back",
    "put back": "nextnest/tasks/attempts.py:_postpone",
    "rescued": "nextnest/tasks/upkeep.py:rescue",
    "buried": "nextnest/tasks/upkeep.py:bury",
    "upkeep": "nextnest/tasks/upkeep.py:upkeep",
    "erased": "nextnest/personal_data.py:erase",
    "console": "web/ops/access.py:acting",
    "intent": "nextnest/delivery.py:_intend",
    "taken back": "nextnest/delivery.py:_take_back",
    "sent": "nextnest/delivery.py:deliver",
    "answer lost": "nextnest/delivery.py:_note_unknown",
    "planned again": "nextnest/delivery.py:_plan_again",
    "withheld": "nextnest/delivery.py:withhold",
    "fetch": "nextnest/tasks/job_manager.py:_fetch",
    "retry": "nextnest/tasks/job_manager.py:retry_job",
    "finish": "nextnest/tasks/job_manager.py:finish_job",
    "unstarted": "nextnest/tasks/job_manager.py:unregister_worker",
    # Not ours: Procrastinate's periodic deferrer, its shell, and the lines of docs/operations.md.
    "clock": "Procrastinate",
    "by hand": "an operator",
}

# Whoever decides about a place serves the first in line in the same commit, and defers its job.
_ENGAGES = ("engage", "arrived", "take back", "settled")
_SERVES = (*_ENGAGES, "answered", "given up", "buried", "upkeep", "erased")


@dataclass(frozen=True)
class Transition:
    """One step. `before` is None for the first state of a row; `statements` are those of nextnest/store that take it."""

    before: str | None
    after: str
    event: str
    commits: tuple[str, ...]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Machine:
    """All steps of one column. `title` is the heading of its drawing in docs/pipelines.md."""

    title: str
    table: str
    column: str
    transitions: tuple[Transition, ...]

    @property
    def states(self) -> frozenset[str]:
        return frozenset(step.after for step in self.transitions)

    @property
    def pairs(self) -> frozenset[tuple[str | None, str]]:
        """What may follow what; (None, state) is a row's first state."""
        return frozenset((step.before, step.after) for step in self.transitions)


CONVERSATION = Machine(
    "A conversation",
    "broker_conversations",
    "status",
    (
        Transition(
            None,
            "new",
            "opened, or its first message",
            ("opening", "webhook", "chat page", "sweep"),
            ("ensure_conversation",),
        ),
        Transition("new", "active", "a broker has room", _ENGAGES, ("record_assignment",)),
        Transition("new", "waiting", "nobody is free", _ENGAGES, ("record_waiting",)),
        Transition(
            "waiting",
            "active",
            "a place is free",
            _SERVES,
            ("record_assignment",),
        ),
        *(
            Transition(
                before,
                "handed_off",
                "asked for, taken over, or given up",
                ("answered", "settled", "given up", "buried"),
                ("record_handoff",),
            )
            for before in ("new", "waiting", "active", "resolved")
        ),
        *(
            Transition(
                before,
                "resolved",
                "closed in Chatwoot, or erased",
                ("settled", "erased"),
                ("record_resolved",),
            )
            for before in ("new", "waiting", "active", "handed_off")
        ),
        Transition("handed_off", "new", "given back by a person", ("settled", "take back"), ("reopen",)),
        Transition(
            "resolved",
            "new",
            "set to pending, or the customer writes again",
            ("settled", "take back"),
            ("reopen",),
        ),
    ),
)

EFFECT = Machine(
    "An outgoing effect",
    "outgoing_messages",
    "state",
    (
        Transition(
            None,
            "planned",
            "with the decision that wants it",
            ("draft", "hand over", *_SERVES, "console"),
            ("plan", "plan_reply"),
        ),
        Transition(
            "planned", "sending", "about to be tried", ("intent", "draft"), ("intend", "intend_reply")
        ),
        Transition(
            "sending",
            "sent",
            "Chatwoot answered, or its echo came back",
            ("sent", "answered", "webhook", "sweep"),
            ("mark_sent", "adopt_echo"),
        ),
        Transition("sending", "unknown", "the answer was lost", ("answer lost",), ("mark_unknown",)),
        Transition(
            "sending",
            "planned",
            "certainly not done",
            ("planned again", "taken back"),
            ("plan_again", "take_intent_back"),
        ),
        Transition(
            "sending",
            "withheld",
            "refused for good, or erased",
            ("withheld", "erased"),
            ("withhold", "withhold_unfinished"),
        ),
        Transition("unknown", "withheld", "erased", ("erased",), ("withhold_unfinished",)),
        Transition(
            "unknown",
            "sent",
            "found in the conversation, or its echo came back",
            ("sent", "webhook", "sweep"),
            ("mark_sent", "adopt_echo"),
        ),
        Transition(
            "unknown",
            "planned",
            "not found, and every lost request has ended",
            ("planned again",),
            ("plan_again",),
        ),
        Transition(
            "planned",
            "withheld",
            "something newer, a person, or erased",
            (
                "withheld",
                "webhook",
                "sweep",
                "answered",
                "settled",
                "given up",
                "buried",
                "erased",
                "console",
            ),
            ("withhold", "withhold_arrival", "withhold_unfinished"),
        ),
        Transition(
            "withheld", "planned", "wanted after all", ("draft revived", "draft"), ("revive", "rewrite")
        ),
        Transition("planned", "sent", "a late answer shows that it was done", ("sent",), ("mark_sent",)),
        Transition("withheld", "sent", "a late answer shows that it was done", ("sent",), ("mark_sent",)),
        Transition("planned", "unknown", "the database was set back", ("by hand",)),
    ),
)

LEAD = Machine(
    "A lead",
    "leads",
    "state",
    (
        Transition(None, "received", "a form we understand", ("form",), ("keep_lead",)),
        Transition(
            None,
            "rejected",
            "a form with bad fields, or one that looks like a robot's",
            ("refused form",),
            ("keep_rejected",),
        ),
        Transition("received", "opened", "a conversation of its own", ("opening",), ("record_opened",)),
        Transition("received", "reused", "an earlier conversation goes on", ("opening",), ("record_opened",)),
        *(
            Transition(before, "erased", "its contact is forgotten", ("erased",), ("erase_leads",))
            for before in ("received", "rejected", "opened", "reused")
        ),
    ),
)

MESSAGE = Machine(
    "A customer's message",
    "incoming_messages",
    "state",
    (
        Transition(None, "unanswered", "it came in", ("webhook", "chat page", "sweep"), ("take_in_message",)),
        Transition(
            "unanswered", "answered", "a reply that took it in was sent", ("answered",), ("settle_answered",)
        ),
        Transition(
            "unanswered",
            "handed_over",
            "a person was fetched",
            ("answered", "given up", "buried"),
            ("settle_rest",),
        ),
        Transition(
            "unanswered",
            "left_to_person",
            "a person already has it, or erased",
            ("answered", "forwarded", "erased", "by hand"),
            ("settle_rest", "settle_forwarded", "leave_unanswered"),
        ),
        Transition("unanswered", "forwarded", "n8n has it", ("forwarded",), ("settle_forwarded",)),
    ),
)

JOB = Machine(
    "A job",
    "procrastinate_jobs",
    "status",
    (
        Transition(
            None,
            "todo",
            "deferred, in the commit of what it is about",
            (
                "form left",
                "opening",
                "webhook",
                "chat page",
                "sweep",
                "greeted",
                *_SERVES,
                "console",
                "clock",
            ),
        ),
        Transition(
            "todo", "doing", "a worker takes it", ("fetch",), ("fetch_jobs", "fetch_from_lock_to_lock")
        ),
        Transition(
            "doing",
            "succeeded",
            "with its business rows",
            ("opened", "greeted", "answered", "settled", "delivered", "forwarded", "finish"),
            ("complete_job", "finish_job"),
        ),
        Transition(
            "doing",
            "todo",
            "an attempt failed or its worker died, or nothing was tried",
            ("retry", "rescued", "put back", "unstarted"),
            ("retry_job", "rescue_job", "postpone_job", "return_unstarted"),
        ),
        Transition(
            "doing",
            "failed",
            "no attempt left, no use in trying, or called off",
            ("given up", "set back", "buried", "finish", "retry", "put back"),
            ("finish_job", "bury_job", "retry_job", "postpone_job"),
        ),
        Transition(
            "doing",
            "aborted",
            "called off, or its twin already waits",
            ("finish", "rescued", "put back", "unstarted"),
            ("finish_job", "rescue_job", "postpone_job", "return_unstarted"),
        ),
        Transition(
            "todo", "cancelled", "called off", ("erased", "by hand", "console"), ("call_off_jobs", "call_off")
        ),
        Transition("failed", "todo", "tried once more", ("by hand", "console"), ("try_again",)),
        Transition("cancelled", "todo", "wanted after all", ("console",), ("try_again",)),
        Transition("aborted", "todo", "wanted after all", ("console",), ("try_again",)),
        Transition("failed", "cancelled", "seen to", ("console",), ("put_aside",)),
    ),
)

# Those whose steps our own triggers guard; the jobs' table is Procrastinate's.
GUARDED = (CONVERSATION, EFFECT, LEAD, MESSAGE)
MACHINES = (*GUARDED, JOB)
