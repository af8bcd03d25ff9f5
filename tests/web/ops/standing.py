"""Puts the database of a test into the states the first pages show, as worker and webhooks would."""

from __future__ import annotations

from tests.web.conftest import Query


def worker(query: Query, silent_s: float = 0) -> None:
    """A worker that was heard of so long ago."""
    query(
        "insert into procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => %(s)s))",
        s=silent_s,
    )


def conversation(query: Query, number: int, status: str = "new", name: str = "Tan Wei Ming") -> None:
    """A conversation of a lead with this name; a waiting one has waited ten minutes."""
    query(
        """
        with lead as (
            insert into leads (raw, lead, conversation_id, loan_type)
            values ('{}', jsonb_build_object('name', %(name)s::text), %(n)s, 'refinance') returning id
        )
        insert into broker_conversations (conversation_id, lead_id, lead_score) select %(n)s, id, 64 from lead
        """,
        n=number,
        name=name,
    )
    if status != "new":
        query(
            "update broker_conversations set status = %(status)s, waiting_since = now() - interval '10 minutes'"
            " where conversation_id = %(n)s",
            n=number,
            status=status,
        )


def held(query: Query, number: int, slug: str, name: str = "Tan Wei Ming") -> None:
    """A conversation this broker holds a place for."""
    conversation(query, number, name=name)
    query(
        "update broker_conversations set status = 'active', assigned_at = now(), first_response_at = now(),"
        " broker_id = (select id from ai_brokers where slug = %(slug)s) where conversation_id = %(n)s",
        n=number,
        slug=slug,
    )
    query(
        "update ai_brokers set active_conversations = array_append(active_conversations, %(n)s::bigint)"
        " where slug = %(slug)s",
        n=number,
        slug=slug,
    )


def unanswered(query: Query, number: int, ago_s: float) -> None:
    """A message of that conversation, without an answer and without a job."""
    query(
        "insert into incoming_messages (conversation_id, message_id, content, source, received_at)"
        " values (%(n)s, %(n)s, 'Hello?', 'webhook', now() - make_interval(secs => %(s)s))",
        n=number,
        s=ago_s,
    )


def queued(query: Query, number: int) -> None:
    """A job that waits to answer in that conversation."""
    query(
        "insert into procrastinate_jobs (queue_name, task_name, lock, args)"
        " values ('default', 'incoming-message', 'conversation-' || %(n)s,"
        " jsonb_build_object('conversation_id', %(n)s::bigint))",
        n=number,
    )


def handed_over(query: Query, number: int, remind_in_s: float) -> None:
    """A conversation that went to a person, whom somebody is to be reminded of in so many seconds."""
    conversation(query, number)
    query(
        "update broker_conversations set status = 'handed_off', held_by = 'person', handoff_at = now(),"
        " handoff_reason = 'complaint' where conversation_id = %(n)s",
        n=number,
    )
    query(
        "insert into handover_briefs (conversation_id, turn, reason, brief, remind_at)"
        " values (%(n)s, 0, 'complaint', '{}', now() + make_interval(secs => %(s)s))",
        n=number,
        s=remind_in_s,
    )
