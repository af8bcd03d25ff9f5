"""Contacts as the database holds them: a form, a conversation in which everything was said, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from nextnest.models import Lead
from tests.rules.people import a_lead

Connection = psycopg.Connection[Any]

# In the order in which a conversation can come to each of them.
_ROADS = {
    "new": [],
    "waiting": ["waiting"],
    "active": ["active"],
    "handed_off": ["active", "handed_off"],
    "resolved": ["active", "resolved"],
}


@dataclass(frozen=True)
class Held:
    """One contact as put into the database. `words` are what nobody may find after erasing."""

    lead_id: UUID
    conversation_id: int
    contact_id: int
    lead: Lead
    words: tuple[str, ...]


def hold(
    conn: Connection, number: int, *, status: str = "resolved", at: datetime | None = None, **fields: Any
) -> Held:
    """Put a contact of this number into the database, with one row of everything there is, last heard of `at`."""
    names = {
        "name": f"Muthu Person{number}",
        "email": f"muthu{number}@example.com",
        "phone": f"+65{91000000 + number}",
    }
    lead = a_lead(**names | fields)
    held = Held(
        uuid4(),
        100 + number,
        9000 + number,
        lead,
        (*_identity(lead), f"durian{number}", f"kopi{number}", f"teh{number}"),
    )
    said = {"lead": held.lead_id, "conversation": held.conversation_id, "contact": held.contact_id, "at": at}
    said |= {"customer": f"durian{number}", "ours": f"kopi{number}", "colleague": f"teh{number}"}
    _hold_lead(conn, held, said)
    _hold_talk(conn, said)
    for step in _ROADS[status]:
        conn.execute(_STEPS[step].encode(), said)
    return held


def refuse(conn: Connection, form: object, at: datetime | None = None) -> UUID:
    """A form that was refused."""
    row = conn.execute(
        "insert into leads (state, raw, problems, received_at)"
        " values ('rejected', %s, %s, coalesce(%s, now())) returning id",
        [Jsonb(form), Jsonb([{"field": "email", "got": str(form), "expected": "better"}]), at],
    ).fetchone()
    assert row
    return UUID(str(row[0]))


def everything(conn: Connection) -> str:
    """Every row of every table of the schema, as text."""
    tables = conn.execute(
        "select tablename from pg_tables where schemaname = 'nextnest' order by 1"
    ).fetchall()
    lines: list[str] = []
    for (table,) in tables:
        rows = conn.execute(sql.SQL("select t::text from nextnest.{} t").format(sql.Identifier(table)))
        lines += [f"{table}: {row[0]}" for row in rows]
    return "\n".join(lines)


def found(conn: Connection, held: Held) -> list[str]:
    """What of the contact's words some table still holds."""
    text = everything(conn)
    return [word for word in held.words if word in text]


def _identity(lead: Lead) -> tuple[str, ...]:
    return lead.name, lead.email, lead.phone, lead.phone.removeprefix("+65")


def _hold_lead(conn: Connection, held: Held, said: dict[str, Any]) -> None:
    lead = held.lead
    form = {"formData": {"name": lead.name, "email": lead.email, "phone": lead.phone}}
    conn.execute(
        "insert into leads (id, raw, lead, contact_key, loan_type, lead_score, lead_score_points, session_id, received_at)"
        " values (%(lead)s, %(raw)s, %(meant)s, %(key)s, %(loan)s, 60, '{}', %(key)s, coalesce(%(at)s, now()))",
        said
        | {"raw": Jsonb(form), "meant": Jsonb(lead.model_dump(mode="json"))}
        | {"key": lead.email.lower(), "loan": lead.loan_type},
    )


_TALK = """
    update leads set state = 'opened', conversation_id = %(conversation)s, contact_id = %(contact)s where id = %(lead)s;
    insert into broker_conversations (conversation_id, lead_id, contact_id, loan_type, property_type, monthly_income,
                                      timeline, chatwoot_status, created_at, last_message_at)
    values (%(conversation)s, %(lead)s, %(contact)s, 'refinance', 'hdb', 11234.56, 'this_month', 'pending',
            coalesce(%(at)s, now()), coalesce(%(at)s, now()));
    insert into outgoing_messages (conversation_id, kind, turn, payload, sent_at)
    values (%(conversation)s, 'reply', 1, jsonb_build_object('content', %(ours)s::text), now()),
           (%(conversation)s, 'private_note', 1, jsonb_build_object('content', %(customer)s::text), now());
    update outgoing_messages set state = 'sent' where conversation_id = %(conversation)s;
    insert into incoming_messages (conversation_id, message_id, content, source, received_at)
    values (%(conversation)s, 1, %(customer)s, 'chat', coalesce(%(at)s, now()));
    update incoming_messages set state = 'answered', replied_at = now() where conversation_id = %(conversation)s;
    insert into person_messages (conversation_id, message_id, content, sent_at)
    values (%(conversation)s, 2, %(colleague)s, coalesce(%(at)s, now()));
    insert into handover_briefs (conversation_id, turn, reason, brief, remind_at)
    values (%(conversation)s, 1, 'unhappy', jsonb_build_object('wants', %(customer)s::text), now());
    insert into tool_runs (conversation_id, turn, job_id, name, arguments, day, version, result)
    values (%(conversation)s, 1, 7, 'tdsr', jsonb_build_object('income', %(customer)s::text), '2026-11-23', 'v', %(ours)s);
    insert into ai_replies (conversation_id, job_id, turn, model, prompt_version, total_tokens, latency_s, outcome, verdict,
                            tool_calls)
    values (%(conversation)s, 7, 1, 'm', 'v', 50, 1, 'used',
            jsonb_build_object('ok', false, 'broken', '["unproved_figure"]'::jsonb,
                               'reasons', jsonb_build_array(%(ours)s::text)),
            jsonb_build_array(%(customer)s::text));
    insert into chat_posts (lead_id, client_id, conversation_id, message_id)
    values (%(lead)s, gen_random_uuid(), %(conversation)s, 1);
    insert into job_outcomes (job_id, attempt, task_name, conversation_id, outcome, started_at)
    values (%(conversation)s, 0, 'incoming-message', %(conversation)s, 'answered', now())
"""
_STEPS = {
    "waiting": "update broker_conversations set status = 'waiting', waiting_since = now()"
    " where conversation_id = %(conversation)s",
    "active": "with b as (update ai_brokers set active_conversations = active_conversations || %(conversation)s::bigint"
    " where id = (select id from ai_brokers order by slug limit 1) returning id)"
    " update broker_conversations set status = 'active', broker_id = b.id, assigned_at = now() from b"
    " where conversation_id = %(conversation)s",
    "handed_off": "with b as (update ai_brokers set active_conversations = array_remove(active_conversations,"
    " %(conversation)s::bigint)) update broker_conversations set status = 'handed_off', held_by = 'person',"
    " handoff_at = now(), handoff_reason = 'unhappy' where conversation_id = %(conversation)s",
    "resolved": "with b as (update ai_brokers set active_conversations = array_remove(active_conversations,"
    " %(conversation)s::bigint)) update broker_conversations set status = 'resolved', resolved_at = now(),"
    " chatwoot_status = 'resolved' where conversation_id = %(conversation)s",
}


def _hold_talk(conn: Connection, said: dict[str, Any]) -> None:
    for statement in _TALK.split(";\n"):
        conn.execute(statement.encode(), said)
