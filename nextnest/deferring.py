"""The jobs, their ids and their order: one place that names them, on the caller's connection and in his transaction.

A queueing lock is the job's id: while a job waits, a second one with the same id is not made. A lock is the order: jobs
of one conversation run one at a time, in the order in which they were deferred. Arguments are ids, never personal data.

Each job has two functions: one for the worker's async connections, one for web's. Neither needs the tasks themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from procrastinate import PsycopgConnector, manager
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import JobDeferrer
from procrastinate.tasks import configure_task
from psycopg import AsyncConnection, Connection, errors

from nextnest.store import traces
from nextnest.telemetry import spans

# Never opened: every job is deferred on a connection that somebody hands in.
_jobs = manager.JobManager(PsycopgConnector())


@contextmanager
def twins_named() -> Iterator[None]:
    """AlreadyEnqueued for a twin that waits, also when the role is bound by row level security.

    Procrastinate reads the twin's lock out of the error's detail, which Postgres then leaves out, and stumbles over that.
    """
    try:
        yield
    except (AssertionError, TypeError) as error:
        refused = error.__context__
        if not isinstance(refused, errors.UniqueViolation):
            raise
        if refused.diag.constraint_name != manager.QUEUEING_LOCK_CONSTRAINT:
            raise
        raise AlreadyEnqueued from refused


@dataclass(frozen=True)
class Planned:
    """One job to be: its task, its id (queueing lock), its order (lock) and its arguments."""

    task: str
    queueing_lock: str
    lock: str | None
    arguments: dict[str, int | str]

    async def defer(self, conn: AsyncConnection[Any]) -> None:
        """Defer it in the caller's transaction; a twin that already waits is enough."""
        try:
            async with conn.transaction():
                with twins_named():
                    job_id = await self._on(conn).defer_async()
                if trace := spans.traceparent():
                    await traces.keep(conn, job_id, trace)
        except AlreadyEnqueued:
            return

    def defer_sync(self, conn: Connection[Any]) -> None:
        """The same on one of web's connections."""
        try:
            with conn.transaction():
                self.defer_first(conn)
        except AlreadyEnqueued:
            return

    def defer_first(self, conn: Connection[Any]) -> None:
        """Defer a job that cannot have a twin, without the savepoint that would survive one: two round trips less.

        AlreadyEnqueued all the same: then nothing more can be done in this transaction.
        """
        with twins_named():
            job_id = self._on(conn).defer()
        if trace := spans.traceparent():
            traces.keep_sync(conn, job_id, trace)

    def _on(self, conn: AsyncConnection[Any] | Connection[Any]) -> JobDeferrer:
        return configure_task(
            name=self.task,
            job_manager=_jobs,
            connection=conn,
            lock=self.lock,
            queueing_lock=self.queueing_lock,
            task_kwargs=dict(self.arguments),
        )


def open_conversation(lead_id: UUID) -> Planned:
    """Open the conversation the form could not open itself."""
    return Planned(
        "open-conversation", f"open-conversation-{lead_id}", f"lead-{lead_id}", {"lead_id": str(lead_id)}
    )


def new_conversation(conversation_id: int) -> Planned:
    """Assign a broker, announce her, greet."""
    return _of_conversation("new-conversation", conversation_id)


def incoming_message(conversation_id: int, message_id: int) -> Planned:
    """Answer the customer."""
    return Planned(
        "incoming-message",
        f"incoming-{conversation_id}-{message_id}",
        _order(conversation_id),
        {"conversation_id": conversation_id, "message_id": message_id},
    )


def deliver_effects(conversation_id: int) -> Planned:
    """Carry out what is planned for a conversation and has no job of its own."""
    return _of_conversation("deliver-effects", conversation_id)


def settle_conversation(conversation_id: int) -> Planned:
    """Bring assignment and capacity in line with what Chatwoot said. Not ordered: a person must not wait for the AI."""
    return Planned(
        "settle-conversation",
        f"settle-conversation-{conversation_id}",
        None,
        {"conversation_id": conversation_id},
    )


def forward_message(conversation_id: int, message_id: int) -> Planned:
    """Hand a message to the legacy path."""
    return Planned(
        "forward-message",
        f"forward-{conversation_id}-{message_id}",
        _order(conversation_id),
        {"conversation_id": conversation_id, "message_id": message_id},
    )


def upkeep(now: int) -> Planned:
    """What upkeep does every 15 s, at once: whoever waits beside a free place is served. `now` is a Unix time."""
    return Planned("upkeep", "upkeep", None, {"timestamp": now})


def _of_conversation(task: str, conversation_id: int) -> Planned:
    return Planned(
        task, f"{task}-{conversation_id}", _order(conversation_id), {"conversation_id": conversation_id}
    )


def _order(conversation_id: int) -> str:
    return f"conversation-{conversation_id}"
