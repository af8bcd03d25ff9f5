"""Facts with known times, written straight into the tables: what the product would have left behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]


class Facts:
    """A history of our own making. Times are aware datetimes; spans are seconds."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self._conversation = 0
        self._message = 0

    @property
    def broker(self) -> UUID:
        """The first of the seeded brokers, by name."""
        return self._value("select id from ai_brokers order by name limit 1")

    def lead(self, at: datetime, state: str = "received") -> UUID:
        """A lead's form; `rejected` for one we refused."""
        if state == "rejected":
            return self._value(
                "insert into leads (state, raw, problems, received_at) values ('rejected', '{}', '[]', %s) returning id",
                at,
            )
        return self._value(
            "insert into leads (raw, lead, loan_type, received_at) values ('{}', '{}', 'refinance', %s) returning id",
            at,
        )

    def conversation(
        self,
        at: datetime,
        *,
        lead: UUID | None = None,
        first_response_s: float | None = None,
        handoff: tuple[datetime, str] | None = None,
    ) -> int:
        """A conversation of the first broker, assigned when it began."""
        self._conversation += 1
        handed_at, reason = handoff or (None, None)
        first = at + timedelta(seconds=first_response_s) if first_response_s is not None else None
        self.conn.execute(
            "insert into broker_conversations (conversation_id, lead_id, created_at) values (%s, %s, %s)",
            [self._conversation, lead, at],
        )
        self.conn.execute(
            "update broker_conversations set status = 'active', broker_id = %s, assigned_at = %s,"
            " first_response_at = %s, handoff_at = %s, handoff_reason = %s where conversation_id = %s",
            [self.broker, at, first, handed_at, reason, self._conversation],
        )
        return self._conversation

    def answered(
        self, conversation: int, at: datetime, response_s: float, deliberate_s: float = 0, queued_s: float = 0
    ) -> int:
        """A customer's message that came in at a time and its reply, sent some seconds later."""
        message = self.message(conversation, at)
        reply = self.reply(conversation, at + timedelta(seconds=response_s))
        self.conn.execute(
            "update incoming_messages set state = 'answered', started_at = %s, replied_at = %s,"
            " deliberate_wait_s = %s, answered_by = %s where conversation_id = %s and message_id = %s",
            [
                at + timedelta(seconds=queued_s),
                at + timedelta(seconds=response_s),
                deliberate_s,
                reply,
                conversation,
                message,
            ],
        )
        return message

    def message(self, conversation: int, at: datetime) -> int:
        """A customer's message without an answer."""
        self._message += 1
        self.conn.execute(
            "insert into incoming_messages (conversation_id, message_id, content, source, received_at)"
            " values (%s, %s, 'text', 'webhook', %s)",
            [conversation, self._message, at],
        )
        return self._message

    def reply(self, conversation: int, at: datetime) -> UUID:
        """A reply that was sent."""
        self._message += 1
        effect: UUID = self._value(
            "insert into outgoing_messages (conversation_id, kind, turn, payload)"
            " values (%s, 'reply', %s, '{}') returning id",
            conversation,
            self._message,
        )
        self.conn.execute(
            "update outgoing_messages set state = 'sent', sent_at = %s where id = %s", [at, effect]
        )
        return effect

    def job(self, task: str, status: str = "todo", scheduled_at: datetime | None = None) -> int:
        """A job as Procrastinate's table holds it; its `deferred` event is written by Procrastinate's own trigger."""
        return self._value(
            "insert into procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
            " values ('default', %s, %s, %s) returning id",
            task,
            status,
            scheduled_at,
        )

    def event(self, job: int, kind: str, at: datetime) -> None:
        """What happened to a job, when."""
        self.conn.execute(
            "insert into procrastinate_events (job_id, type, at) values (%s, %s, %s)", [job, kind, at]
        )

    def outcome(self, job: int, task: str, finished_at: datetime, run_s: float) -> None:
        """A job that ended by itself."""
        self.conn.execute(
            "insert into job_outcomes (job_id, attempt, task_name, outcome, started_at, finished_at)"
            " values (%s, 0, %s, 'done', %s, %s)",
            [job, task, finished_at - timedelta(seconds=run_s), finished_at],
        )

    def call(self, conversation: int, at: datetime, **changes: Any) -> None:
        """A call of the model."""
        row = {
            "model": "sandbox-model",
            "input_tokens": 100,
            "cached_tokens": 20,
            "output_tokens": 10,
            "cost": 0.002,
            "outcome": "answered",
            "latency_s": 1.5,
        } | changes
        self.conn.execute(
            "insert into ai_calls (id, conversation_id, job_id, turn, model, input_tokens, cached_tokens, output_tokens,"
            " cost, outcome, latency_s, day, at) values (gen_random_uuid(), %(conversation)s, 1, 1, %(model)s,"
            " %(input_tokens)s, %(cached_tokens)s, %(output_tokens)s, %(cost)s, %(outcome)s, %(latency_s)s,"
            " (%(at)s::timestamptz at time zone 'Asia/Singapore')::date, %(at)s)",
            row | {"conversation": conversation, "at": at},
        )

    def draft(self, conversation: int, at: datetime, *broken: str) -> None:
        """A draft and what the guard said of it."""
        verdict = Jsonb({"ok": not broken, "broken": list(broken)})
        self.conn.execute(
            "insert into ai_replies (conversation_id, job_id, turn, model, prompt_version, latency_s, outcome, verdict,"
            " created_at) values (%s, 1, 1, 'sandbox-model', 'v', 1, %s, %s, %s)",
            [conversation, "rejected" if broken else "used", verdict, at],
        )

    def _value(self, statement: str, *values: Any) -> Any:
        row = self.conn.execute(statement.encode(), values).fetchone()
        assert row
        return row[0]
