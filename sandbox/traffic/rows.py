"""What each event leaves behind, table by table: tuples in the order of `COLUMNS`, ready for COPY.

Jobs have numbers of their own here, counted from 0; `numbered` puts the database's in their place.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Row = tuple[Any, ...]

# In the order in which foreign keys allow them to be written.
COLUMNS: dict[str, str] = {
    "leads": "id state raw problems lead contact_key loan_type lead_score lead_score_points session_id contact_id "
    "conversation_id received_at opened_at",
    "broker_conversations": "conversation_id lead_id contact_id broker_id status held_by chatwoot_status lead_score "
    "loan_type property_type monthly_income timeline assignment_method assignment_reason created_at assigned_at "
    "first_response_at handoff_at handoff_reason resolved_at messages_exchanged broker_messages "
    "customer_messages last_message_at taken_at closed_after",
    "outgoing_messages": "id conversation_id kind turn position payload delay_s state attempts chatwoot_message_id "
    "last_error counted planned_at sending_at sent_at echoed_at",
    "incoming_messages": "conversation_id message_id content source sent_at received_at state started_at replied_at "
    "deliberate_wait_s answered_by settled_by_job",
    "person_messages": "conversation_id message_id content sent_at",
    "ai_replies": "conversation_id outgoing_id job_id turn model prompt_version input_tokens output_tokens total_tokens "
    "cost latency_s outcome verdict created_at",
    "ai_calls": "id conversation_id job_id turn model input_tokens cached_tokens output_tokens cost outcome latency_s "
    "day at",
    "tool_runs": "conversation_id turn job_id name arguments day version result created_at",
    "handover_briefs": "conversation_id turn reason brief created_at remind_at reminded_at",
    "conversation_spend": "conversation_id spent",
    "swept_conversations": "conversation_id message_id swept_at",
    "webhook_events": "event conversation_id delivery_id status received_at",
    "procrastinate_jobs": "id queue_name task_name lock queueing_lock args status attempts",
    "procrastinate_events": "job_id type at",
    "job_outcomes": "job_id attempt task_name conversation_id outcome detail started_at finished_at deliberate_wait_s",
    "lost_attempts": "job_id attempt task_name conversation_id reason error frames started_at ended_at",
}
# Where the errors of the stories came from.
FRAMES = ["nextnest/tasks/incoming_message.py:44 incoming_message", "nextnest/tasks/answering.py:70 answer"]
_JOB_COLUMNS = {"id", "job_id", "settled_by_job"}
_WITH_JOBS = (
    *("incoming_messages", "ai_replies", "ai_calls", "tool_runs"),
    *("procrastinate_jobs", "procrastinate_events", "job_outcomes", "lost_attempts"),
)
# What the customer reads as said by us, and what the counters count.
SPOKEN = {"greeting", "waiting_notice", "reply", "handoff_notice", "failure_notice"}


@dataclass
class Job:
    """A job under way: its number here, and where its attempts stand."""

    number: int
    task: str
    conversation_id: int | None
    deferred_at: datetime
    started_at: datetime
    attempts: int = 0


class Rows:
    """The rows of one batch."""

    def __init__(self) -> None:
        self.of: dict[str, list[Row]] = defaultdict(list)
        self.deferred: list[datetime] = []

    def add(self, table: str, *row: Any) -> None:
        self.of[table].append(row)

    def job(
        self, task: str, identity: str, lock: str | None, arguments: dict[str, Any], deferred: datetime, started: datetime
    ) -> Job:  # fmt: skip
        """A job that was deferred and begun; end it with `finish`."""
        job = Job(len(self.deferred), task, arguments.get("conversation_id"), deferred, started)
        self.deferred.append(deferred)
        self.event(job, "deferred", deferred)
        self.event(job, "started", started)
        job_row = (job.number, "default", task, lock, identity, json.dumps(arguments))
        self.of["procrastinate_jobs"].append(job_row)
        return job

    def again(self, job: Job, ended: datetime, started: datetime, why: str, error: str | None = None) -> None:
        """An attempt ended without success; the next one began. One that was handed back does not count."""
        self.lost(job, ended, why, error)
        self.event(job, "deferred_for_retry", ended)
        self.event(job, "scheduled", after(started, -0.02))
        self.event(job, "started", started)
        job.started_at = started
        job.attempts += why != "handed back"

    def lost(self, job: Job, ended: datetime, why: str, error: str | None = None) -> None:
        """What became of an attempt that did not end its job well; a dead worker leaves nobody who knows the beginning."""
        began = None if why == "worker died" else job.started_at
        self.add(
            "lost_attempts",
            *(job.number, job.attempts, job.task, job.conversation_id, why, error),
            *(FRAMES if error else [], began, ended),
        )

    def finish(
        self,
        job: Job,
        at: datetime,
        outcome: str,
        *,
        detail: str | None = None,
        waited_s: float = 0.0,
        status: str = "succeeded",
    ) -> None:
        """Ended in this commit."""
        self.event(job, status, at)
        jobs = self.of["procrastinate_jobs"]
        jobs[job.number] = (*jobs[job.number][:6], status, job.attempts + 1)
        self.add(
            "job_outcomes",
            *(
                job.number,
                job.attempts,
                job.task,
                job.conversation_id,
                outcome,
                detail,
                job.started_at,
                at,
                waited_s,
            ),
        )

    def event(self, job: Job, kind: str, at: datetime) -> None:
        self.of["procrastinate_events"].append((job.number, kind, at))

    def deferred_order(self) -> list[int]:
        """The jobs' numbers here, in the order in which they were deferred."""
        return sorted(range(len(self.deferred)), key=lambda number: (self.deferred[number], number))


def numbered(rows: Rows, ids: Sequence[int]) -> Iterator[tuple[str, list[Row]]]:
    """Every table with its rows, the database's job ids in place; `ids` in the order of deferring."""
    id_of = dict(zip(rows.deferred_order(), ids, strict=True))
    for table, columns in COLUMNS.items():
        place = _job_column(table, columns)
        found = rows.of.get(table, [])
        if found:
            yield table, found if place is None else _with_ids(found, place, id_of)


def _job_column(table: str, columns: str) -> int | None:
    if table not in _WITH_JOBS:
        return None
    names = columns.split()
    wanted = _JOB_COLUMNS if table == "procrastinate_jobs" else _JOB_COLUMNS - {"id"}
    return next(index for index, name in enumerate(names) if name in wanted)


def _with_ids(rows: list[Row], place: int, id_of: dict[int, int]) -> list[Row]:
    return [(*row[:place], id_of.get(row[place]), *row[place + 1 :]) for row in rows]


def after(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=seconds)
