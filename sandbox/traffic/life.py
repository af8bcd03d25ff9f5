"""One conversation, from its lead to its end or to now."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from string import Template

from sandbox.traffic import answers, handing_over
from sandbox.traffic.people import gap
from sandbox.traffic.rows import Rows, after
from sandbox.traffic.thread import Thread, World

# How many turns people take, by weight: some only send the form, few talk for long.
_TURNS, _TURN_WEIGHTS = (0, 1, 2, 3, 4, 5, 7), (14, 20, 22, 18, 13, 8, 5)
# One lead in so many had to wait for a place.
_IN_LINE = 0.03
_LOANS = {"new_purchase": "your home loan", "refinance": "your refinancing"}


def tell(number: int, arrival: datetime, world: World, rows: Rows) -> Thread:
    """Everything that happened in the `number`th conversation, as rows."""
    thread = Thread(number, arrival, world, rows)
    _be_opened(thread)
    _be_greeted(thread)
    _talk(thread)
    _end(thread)
    _keep(thread)
    return thread


def _be_opened(thread: Thread) -> None:
    """The form arrives; Chatwoot has a conversation at once, or after its outage."""
    received, random = thread.clock, thread.random
    thread.clock = after(received, random.uniform(0.15, 0.9))
    outage = thread.world.outages.at("chatwoot", received)
    if outage:
        deferred, thread.clock = after(received, 8.0), after(outage.end, random.uniform(4, 40))
        job = thread.rows.job(
            *("open-conversation", f"open-conversation-{thread.lead_id}", f"lead-{thread.lead_id}"),
            *({"lead_id": str(thread.lead_id)}, deferred, after(deferred, 0.1)),
        )
        thread.rows.again(job, after(deferred, 5.0), after(thread.clock, -0.6), "handed back")
        thread.rows.finish(job, thread.clock, "opened")
    _keep_lead(thread, received)
    thread.webhook("conversation_created", "ignored", after(thread.clock, 0.05))


def _keep_lead(thread: Thread, received: datetime) -> None:
    customer = thread.customer
    thread.rows.add(
        "leads",
        *(
            thread.lead_id,
            "opened",
            json.dumps(customer.raw),
            None,
            json.dumps(customer.lead),
            customer.email,
        ),
        *(
            customer.lead["loan_type"],
            customer.score,
            json.dumps(customer.points),
            customer.lead["session_id"],
        ),
        *(thread.conversation_id, thread.conversation_id, received, thread.clock),
    )
    thread.opened_at = thread.clock


def _be_greeted(thread: Thread) -> None:
    """Placed in line when nobody is free; then the broker's arrival, at the pace of people."""
    if thread.random.random() < _IN_LINE:
        _wait_in_line(thread)
    job = thread.job("new-conversation", f"new-conversation-{thread.conversation_id}", thread.clock)
    planned = after(job.started_at, 0.01)
    thread.standing.assigned_at = planned
    _, done = thread.effect("attributes", {"attributes": _attributes(thread)}, planned, after(planned, 0.01))
    joined = {"content": f"🤝 {thread.broker.name} has joined the conversation"}
    _, done = thread.effect("activity", joined, planned, after(done, 0.5), position=1, delay_s=0.5)
    _, done = thread.effect(
        "greeting", {"content": _greeting(thread)}, planned, after(done, 2.0), position=2, delay_s=2.0
    )
    thread.clock = after(done, 0.02)
    thread.rows.finish(job, thread.clock, "greeted", waited_s=2.5)


def _wait_in_line(thread: Thread) -> None:
    job = thread.job("new-conversation", f"new-conversation-{thread.conversation_id}", thread.clock)
    notice = (
        "Thanks for reaching out to NextNest! All our AI mortgage assistants are with other customers just now, and you "
        "are next in line."
    )
    _, done = thread.effect(
        "waiting_notice", {"content": notice}, job.started_at, after(job.started_at, 0.02)
    )
    thread.rows.finish(job, done, "put in line")
    patience = min(gap(thread.random, 240, 0.6), (thread.end - done) / 2)
    thread.clock = done + max(patience, timedelta(seconds=1))


def _talk(thread: Thread) -> None:
    """Turn after turn, until the customer has no more questions, a person takes over, or now has come."""
    turns = thread.random.choices(_TURNS, _TURN_WEIGHTS)[0]
    for turn in range(turns):
        thread.clock += gap(thread.random, 45 if turn == 0 else 150)
        if not answers.time_for_a_turn(thread):
            return
        reason = handing_over.reason(thread, last=turn == turns - 1)
        if reason:
            handing_over.hand_over(thread, reason)
            return
        answers.answer(thread)


def _end(thread: Thread) -> None:
    """Closed by a colleague when it has been quiet for a while; else its broker goes on holding a place for it."""
    standing = thread.standing
    with_person = standing.status == "handed_off"
    closes = thread.clock + gap(thread.random, 150 * 60 if with_person else 50 * 60, 0.5)
    if with_person and (closes > thread.end or not standing.taken_at):
        return
    if closes > thread.end:
        if thread.broker.room > len(thread.broker.holds):
            thread.broker.holds.append(thread.conversation_id)
            return
        closes = thread.clock + (thread.end - thread.clock) * thread.random.uniform(0.5, 1)
    _close(thread, closes)


def _close(thread: Thread, at: datetime) -> None:
    standing = thread.standing
    standing.closed_after = thread.newest
    standing.status, standing.chatwoot_status, standing.resolved_at = "resolved", "resolved", after(at, 0.1)
    thread.webhook("conversation_status_changed", "recorded", at)
    job = thread.job("settle-conversation", f"settle-conversation-{thread.conversation_id}", at)
    thread.rows.finish(job, after(job.started_at, 0.02), "resolved")


def _keep(thread: Thread) -> None:
    """The conversation's own row, as it stands in the end."""
    lead, now = thread.customer.lead, thread.standing
    thread.rows.add(
        "broker_conversations",
        *(
            thread.conversation_id,
            thread.lead_id,
            thread.conversation_id,
            thread.broker.id,
            now.status,
            now.held_by,
        ),
        *(
            now.chatwoot_status,
            thread.customer.score,
            lead["loan_type"],
            lead["property_type"],
            lead["incomes"][0],
        ),
        *(lead["purchase_timeline"], "auto", _why(thread), thread.opened_at, now.assigned_at),
        *(now.first_response_at, now.handoff_at, now.handoff_reason, now.resolved_at),
        *(now.broker_messages + now.customer_messages, now.broker_messages, now.customer_messages),
        *(now.last_message_at, now.taken_at, now.closed_after),
    )
    swept = min(after(now.last_message_at or thread.opened_at, 30), thread.world.now)
    if thread.spent:
        thread.rows.add("conversation_spend", thread.conversation_id, thread.spent)
    thread.rows.add("swept_conversations", thread.conversation_id, thread.newest, swept)


def _why(thread: Thread) -> str:
    broker = thread.broker
    load = thread.random.randrange(max(1, broker.limit))
    return f"score {thread.customer.score}, {broker.personality}, load {load}/{broker.limit}"


def _attributes(thread: Thread) -> dict[str, object]:
    lead, broker = thread.customer.lead, thread.broker
    return {
        "ai_status": "bot_active",
        "broker_id": str(broker.id),
        "broker_name": broker.name,
        "broker_personality": broker.personality,
        "lead_score": thread.customer.score,
        "loan_type": lead["loan_type"],
        "property_type": lead["property_type"],
        "monthly_income": int(lead["incomes"][0]),
        "timeline": lead["purchase_timeline"],
    }


def _greeting(thread: Thread) -> str:
    return Template(thread.broker.greeting).safe_substitute(
        name=thread.customer.name,
        broker_name=thread.broker.name,
        loan=_LOANS[thread.customer.lead["loan_type"]],
        facts="I have read your form.",
    )
