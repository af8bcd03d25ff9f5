"""Kills at random moments under load, with Chatwoot losing answers at random."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from tests.pipelines.killing.scenarios import always_true, person, unsent
from tests.pipelines.world import World

# What Chatwoot does to one message beside the kill; as often nothing.
FAULTS = ("", "", "", "error_500_after", "drop_after", "unprocessable_422")
ANSWERED, FOR_A_PERSON = "What about question {}?", "Can I talk to a human please?"
# Two workers die in a round at most; each is noticed within 17 s, and lost answers settle meanwhile.
_QUIET_WITHIN_S = 90
_LONGEST_PAUSE_S = 1.5
_SENT_MESSAGES = (
    "select id, kind from outgoing_messages where conversation_id = %(id)s and state = 'sent'"
    " and kind not in ('attributes', 'status')"
)
_ANSWERED_TURNS = (
    "select count(distinct answered_by) as turns from incoming_messages where conversation_id = %(id)s"
)

_STORY = (
    "select status, held_by, handoff_reason, chatwoot_status, broker_id from broker_conversations"
    " where conversation_id = %(id)s",
    "select kind, turn, state, last_error, planned_at, sent_at from outgoing_messages"
    " where conversation_id = %(id)s order by planned_at",
    "select message_id, content, state, received_at from incoming_messages where conversation_id = %(id)s order by 1",
    "select * from job_outcomes where conversation_id = %(id)s order by job_id",
    "select event, status, delivery_id, received_at from webhook_events where conversation_id = %(id)s order by id",
    "select message_id, sent_at from person_messages where conversation_id = %(id)s order by message_id",
    "select j.id, j.task_name, e.type, e.at from procrastinate_jobs j join procrastinate_events e on e.job_id = j.id"
    " where (j.args ->> 'conversation_id')::bigint = %(id)s order by e.at",
)


@dataclass
class Tally:
    """What was tried and what came of it."""

    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    leads: int = 0
    questions: int = 0
    given_up: int = 0
    lost: int = 0
    doubled: int = 0
    recoveries: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        )

    def table(self) -> str:
        """One line for each."""
        return "\n".join(
            [
                f"{'kills':<24}{self.kills:>6}",
                f"{'faults of Chatwoot':<24}{self.faults.total():>6}  {dict(self.faults)}",
                f"{'leads':<24}{self.leads:>6}",
                f"{'questions':<24}{self.questions:>6}",
                f"{'given to a person':<24}{self.given_up:>6}  (three workers died over the job)",
                f"{'lost':<24}{self.lost:>6}",
                f"{'doubled':<24}{self.doubled:>6}",
                f"{'recovery p50 / max':<24}{statistics.median(self.recoveries):>6.1f} / {max(self.recoveries):.1f} s",
            ]
        )


@dataclass
class Storm:
    """One world under fire. A round is: some leads, some questions, kills in the middle, then quiet."""

    world: World
    chance: random.Random
    tally: Tally = field(default_factory=Tally)
    ids: list[int] = field(default_factory=list)

    def round(self, *, leads: int, questions: int, kills: int) -> None:
        """Bring load, kill, start another for each that was killed, and wait until everything is finished."""
        self._load(leads, questions)
        for _ in range(kills):
            # The moment of the kill is what is tried here, not something waited for.
            time.sleep(self.chance.uniform(0, _LONGEST_PAUSE_S))
            self._kill()
        began = time.monotonic()
        self.world.until(self._is_quiet, _QUIET_WITHIN_S)
        self.tally.recoveries.append(time.monotonic() - began)
        self.world.chatwoot.faults.clear()

    def judge(self) -> None:
        """Count what is missing and what is there twice; that the house is in order is asserted."""
        always_true(self.world)
        for conversation_id in self.ids:
            self._judge(conversation_id)

    def _judge(self, conversation_id: int) -> None:
        [state] = self._rows(
            "select * from broker_conversations where conversation_id = %(id)s", conversation_id
        )
        in_chatwoot = Counter(
            message["content_attributes"]["nextnest_id"]
            for message in self.world.chatwoot.messages(conversation_id)
            if "nextnest_id" in message["content_attributes"]
        )
        sent = self._rows(_SENT_MESSAGES, conversation_id)
        given_up = state["handoff_reason"] == "job_failed"
        kinds = Counter(row["kind"] for row in sent)
        known = {str(row["id"]) for row in sent}
        turns = self._rows(_ANSWERED_TURNS, conversation_id)[0]["turns"]
        arrived = min(1, kinds["activity"]) + min(1, kinds["greeting"])
        lost = len(known - set(in_chatwoot)) + (0 if given_up else 2 - arrived)
        doubled = in_chatwoot.total() - len(in_chatwoot) + len(set(in_chatwoot) - known)
        doubled += max(0, kinds["reply"] - turns)
        self.tally.given_up += given_up
        self.tally.lost += lost
        self.tally.doubled += doubled
        if lost or doubled:
            self.tally.wrong.append(f"lost {lost}, doubled {doubled}: {self._story(conversation_id)}")

    def _story(self, conversation_id: int) -> str:
        """All that is known of a conversation, for whoever must find out what went wrong."""
        parts = [self._rows(query, conversation_id) for query in _STORY]
        parts.append(self.world.chatwoot.messages(conversation_id))
        return "\n".join(str(row) for rows in parts for row in rows)

    def _rows(self, query: str, conversation_id: int) -> list[dict[str, Any]]:
        return self.world.rows(query, id=conversation_id)

    def _load(self, leads: int, questions: int) -> None:
        for _ in range(leads):
            self.ids.append(int(self.world.submit(**person()).json()["conversationId"]))
        if fault := self.chance.choice(FAULTS):
            self.world.chatwoot.faults.add(fault, method="POST", path="/messages$", times=1)
            self.tally.faults[fault] += 1
        for conversation_id in self.chance.sample(self.ids, min(questions, len(self.ids))):
            text = FOR_A_PERSON if self.chance.random() < 0.1 else ANSWERED.format(self.tally.questions)
            self.world.chatwoot.customer_says(conversation_id, text)
            self.tally.questions += 1
        self.tally.leads += leads

    def _kill(self) -> None:
        victim = self.chance.choice([worker for worker in self.world.workers if worker.poll() is None])
        victim.kill()
        victim.wait()
        self.world.start_worker()
        self.tally.kills += 1

    def _is_quiet(self) -> bool:
        return self.world.quiet() and not unsent(self.world)
