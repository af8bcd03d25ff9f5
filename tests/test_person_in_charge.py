"""Who has a conversation after any sequence of what people do in Chatwoot, however their webhooks are repeated or mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from nextnest import reception
from nextnest.store.outbox import SQL as OUTBOX
from tests.databases import scratch_database

Connection = psycopg.Connection[Any]
Webhook = Callable[[Connection], object]
_ids = count(1)
ACTS = [
    *("write", "assign 2", "assign 3", "assign bot", "unassign", "label", "unlabel"),
    *("take", "give", "open", "pending"),
]


@dataclass
class Desk:
    """Chatwoot's side of one conversation, and who should have it. Each change that is one gives a webhook."""

    conversation_id: int
    holder: str = "ai"
    status: str = "pending"
    assignee: tuple[str, int] | None = None
    labelled: bool = False
    number: Iterator[int] = field(default_factory=lambda: count(1000))

    def act(self, what: str) -> Webhook | None:
        """Do it; its webhook, or None when it changed nothing."""
        verb, _, whom = what.partition(" ")
        match verb:
            case "write" | "take" | "give":
                return self._message(verb)
            case "assign" | "unassign":
                wanted = (
                    None
                    if verb == "unassign"
                    else (("AgentBot", 9) if whom == "bot" else ("User", int(whom)))
                )
                return self._assign(wanted)
            case "label" | "unlabel":
                return self._label(verb == "label")
            case status:
                return self._status(status)

    def _message(self, verb: str) -> Webhook:
        id_, number = self.conversation_id, next(self.number)
        self.holder = "ai" if verb == "give" else "person"
        if verb == "write":
            return lambda conn: reception.note_person_message(
                conn, conversation_id=id_, message_id=number, content="Hello", sent_at=datetime.now(UTC)
            )
        return lambda conn: reception.note_command(conn, conversation_id=id_, message_id=number, command=verb)

    def _assign(self, wanted: tuple[str, int] | None) -> Webhook | None:
        if wanted == self.assignee:
            return None
        had_person = self.assignee is not None and self.assignee[0] == "User"
        self.assignee, at, id_ = wanted, float(next(self.number)), self.conversation_id
        if wanted and wanted[0] == "User":
            self.holder = "person"
        elif wanted is None and had_person and not self.labelled:
            self.holder = "ai"
        kind, person = wanted or (None, None)
        return lambda conn: reception.note_assignee(
            conn, conversation_id=id_, assignee_type=kind, assignee_id=person, picture_at=at
        )

    def _label(self, labelled: bool) -> Webhook | None:
        if labelled == self.labelled:
            return None
        self.labelled, at, id_ = labelled, float(next(self.number)), self.conversation_id
        person = self.assignee is not None and self.assignee[0] == "User"
        if labelled or not person:
            self.holder = "person" if labelled else "ai"
        return lambda conn: reception.note_label(conn, conversation_id=id_, labelled=labelled, picture_at=at)

    def _status(self, status: str) -> Webhook | None:
        if status == self.status:
            return None
        self.status, at, id_ = status, float(next(self.number)), self.conversation_id
        self.holder = "person" if status == "open" else "ai"
        return lambda conn: reception.note_status(conn, conversation_id=id_, status=status, picture_at=at)


@pytest.fixture(scope="module")
def conn(postgres_url: str, migrated_template: str) -> Iterator[Connection]:
    with (
        scratch_database(postgres_url, migrated_template) as url,
        psycopg.connect(
            url, options="-c search_path=nextnest", row_factory=dict_row, autocommit=True
        ) as connection,
    ):
        yield connection


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.booleans()), min_size=1, max_size=12))
def test_a_reply_can_be_begun_exactly_while_the_ai_has_the_conversation(
    conn: Connection, acts: list[tuple[str, bool]]
) -> None:
    desk, delivered = Desk(_drafted(conn)), list[Webhook]()
    for what, repeats_all in acts:
        if (webhook := desk.act(what)) is None:
            continue
        with conn.transaction():
            webhook(conn)
        delivered.append(webhook)
        for earlier in delivered if repeats_all else []:
            with conn.transaction():
                earlier(conn)
        assert _may_begin(conn, desk.conversation_id) is (desk.holder == "ai"), (what, desk)


@pytest.mark.parametrize("act", ["write", "assign 2", "label", "take", "open"])
@pytest.mark.parametrize("moment", ["before the message", "before the draft", "before the intent"])
def test_whenever_it_is_taken_before_the_intent_no_reply_is_begun(
    conn: Connection, act: str, moment: str
) -> None:
    id_ = next(_ids)
    steps: list[tuple[str, Callable[[], object]]] = [
        ("before the message", lambda: _conversation(conn, id_)),
        ("before the draft", lambda: _message(conn, id_)),
        ("before the intent", lambda: _draft(conn, id_)),
    ]
    for name, step in steps:
        step()
        if name == moment:
            webhook = Desk(id_).act(act)
            assert webhook
            with conn.transaction():
                webhook(conn)
    assert not _may_begin(conn, id_)


def _drafted(conn: Connection) -> int:
    """A conversation the AI has, with a question and a draft that only waits."""
    id_ = next(_ids)
    _conversation(conn, id_)
    _message(conn, id_)
    _draft(conn, id_)
    return id_


def _conversation(conn: Connection, id_: int) -> None:
    conn.execute("insert into broker_conversations (conversation_id) values (%s)", [id_])
    conn.execute(
        "update broker_conversations set status = 'active', chatwoot_status = 'pending',"
        " broker_id = (select id from ai_brokers limit 1) where conversation_id = %s",
        [id_],
    )


def _message(conn: Connection, id_: int) -> None:
    conn.execute(
        "insert into incoming_messages (conversation_id, message_id, content, source, started_at)"
        " values (%s, 501, 'How much?', 'webhook', now())",
        [id_],
    )


def _draft(conn: Connection, id_: int) -> None:
    conn.execute(
        "insert into outgoing_messages (conversation_id, kind, turn, payload) values (%s, 'reply', 501, '{}')",
        [id_],
    )


def _may_begin(conn: Connection, id_: int) -> bool:
    """Whether the one statement that begins a reply would; nothing is left of the try."""
    [effect] = conn.execute(
        "select id from outgoing_messages where conversation_id = %s and kind = 'reply'", [id_]
    ).fetchall()
    with conn.transaction(force_rollback=True):
        fence = {"job_id": None, "attempt": None, "worker_id": None}
        return OUTBOX.intend_reply.one(conn, effect_id=effect["id"], whatever_came=True, **fence) is not None
