"""The database takes every step of the table of transitions, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import psycopg
import pytest
from psycopg import sql

from nextnest.rules.transitions import GUARDED, JOB, Machine

Connection = psycopg.Connection[Any]

# Everything a row needs to be in any of its states, so that only the step itself can be refused.
ROWS: dict[str, dict[str, object]] = {
    "broker_conversations": {
        "conversation_id": 42,
        "broker_id": "11111111-1111-1111-1111-111111111111",
        "waiting_since": "2026-11-23",
        "handoff_at": "2026-11-23",
        "handoff_reason": "asked_for_person",
    },
    "outgoing_messages": {
        "id": "22222222-2222-2222-2222-222222222222",
        "conversation_id": 7,
        "kind": "reply",
        "payload": '{"content": "something private"}',
        "sent_at": "2026-11-23",
    },
    "leads": {
        "id": "33333333-3333-3333-3333-333333333333",
        "raw": '{"name": "somebody"}',
        "lead": "{}",
        "problems": "[]",
        "conversation_id": 7,
    },
    "incoming_messages": {
        "conversation_id": 7,
        "message_id": 8,
        "content": "something private",
        "source": "webhook",
    },
}
NEEDED = """
    insert into broker_conversations (conversation_id) values (7);
    insert into ai_brokers (id, slug, name, personality_type, title, persona)
    values ('11111111-1111-1111-1111-111111111111', 'of-tests', 'Of Tests', 'balanced', 'Broker', '{}')
"""
STEPS = [
    pytest.param(machine, before, after, id=f"{machine.table}-{before}-{after}")
    for machine in GUARDED
    for before, after in product(sorted(machine.states), repeat=2)
]
BEGINNINGS = [
    pytest.param(machine, state, id=f"{machine.table}-{state}")
    for machine in GUARDED
    for state in sorted(machine.states)
]
# Procrastinate writes an event for each step it knows of.
EVENTS = {
    ("todo", "doing"): "started",
    ("doing", "succeeded"): "succeeded",
    ("doing", "todo"): "deferred_for_retry",
    ("doing", "failed"): "failed",
    ("doing", "aborted"): "aborted",
    ("todo", "cancelled"): "cancelled",
    ("failed", "todo"): "retried",
}


@pytest.fixture
def conn(module_database_url: str) -> Iterator[Connection]:
    """A transaction that is rolled back."""
    with psycopg.connect(module_database_url, options="-c search_path=nextnest") as connection:
        connection.execute(NEEDED)
        yield connection
        connection.rollback()


@pytest.mark.parametrize(("machine", "before", "after"), STEPS)
def test_a_step_of_the_table_is_taken_and_any_other_is_refused(
    conn: Connection, machine: Machine, before: str, after: str
) -> None:
    with _triggers_off(conn):
        _insert(conn, machine, before)
    if before == after or (before, after) in machine.pairs:
        assert _update(conn, machine, after) == 1
    else:
        with pytest.raises(psycopg.errors.CheckViolation, match=f'cannot go from "{before}" to "{after}"'):
            _update(conn, machine, after)


@pytest.mark.parametrize(("machine", "state"), BEGINNINGS)
def test_a_row_begins_in_a_first_state_of_the_table_only(
    conn: Connection, machine: Machine, state: str
) -> None:
    if (None, state) in machine.pairs:
        _insert(conn, machine, state)
    else:
        with pytest.raises(psycopg.errors.CheckViolation, match=f'cannot begin as "{state}"'):
            _insert(conn, machine, state)


@pytest.mark.parametrize("machine", GUARDED, ids=lambda machine: machine.table)
def test_the_table_knows_every_state_the_database_knows(conn: Connection, machine: Machine) -> None:
    [(allowed,)] = conn.execute(
        "select pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and conname = %s",
        [machine.table, f"{machine.table}_{machine.column}_check"],
    ).fetchall()
    assert set(re.findall(r"'(\w+)'", allowed)) == machine.states


def test_a_refusal_names_the_row_and_says_nothing_else_of_it(conn: Connection) -> None:
    [effect] = [machine for machine in GUARDED if machine.table == "outgoing_messages"]
    with _triggers_off(conn):
        _insert(conn, effect, "sent")
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        _update(conn, effect, "planned")
    assert str(refused.value.diag.message_primary) == (
        "outgoing_messages (id 22222222-2222-2222-2222-222222222222, conversation_id 7, kind reply)"
        ' cannot go from "sent" to "planned"'
    )
    assert refused.value.diag.constraint_name == "an_effect_goes"
    assert "private" not in str(refused.value)


def test_other_columns_of_a_row_change_in_any_state(conn: Connection) -> None:
    [message] = [machine for machine in GUARDED if machine.table == "incoming_messages"]
    with _triggers_off(conn):
        _insert(conn, message, "answered")
    assert conn.execute("update incoming_messages set deliberate_wait_s = 1").rowcount == 1


@pytest.mark.parametrize(("before", "after"), EVENTS)
def test_a_jobs_step_is_one_procrastinate_knows(conn: Connection, before: str, after: str) -> None:
    with _triggers_off(conn):
        conn.execute(
            "insert into procrastinate_jobs (id, queue_name, task_name, status) values (1, 'default', 'any', %s)",
            [before],
        )
    conn.execute("update procrastinate_jobs set status = %s", [after])
    written = conn.execute("select type::text from procrastinate_events").fetchall()
    assert written == [(EVENTS[before, after],)]


# What an operator does in the console; Procrastinate notes no event for it, the log of actions has it.
BY_AN_OPERATOR = {("cancelled", "todo"), ("aborted", "todo"), ("failed", "cancelled")}


def test_the_table_of_jobs_is_procrastinates_and_the_consoles() -> None:
    assert JOB.pairs == {(None, "todo"), *EVENTS, *BY_AN_OPERATOR}


@contextmanager
def _triggers_off(conn: Connection) -> Iterator[None]:
    conn.execute("set local session_replication_role = replica")
    yield
    conn.execute("set local session_replication_role = origin")


def _insert(conn: Connection, machine: Machine, state: str) -> None:
    row = ROWS[machine.table] | {machine.column: state}
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(machine.table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Placeholder, row)),
    )
    conn.execute(statement, row)


def _update(conn: Connection, machine: Machine, state: str) -> int:
    """How many rows took the step; beside the one of ROWS there is only the conversation that others refer to."""
    key = next(iter(ROWS[machine.table]))
    statement = sql.SQL("update {} set {} = %(state)s where {} = %(key)s").format(
        sql.Identifier(machine.table), sql.Identifier(machine.column), sql.Identifier(key)
    )
    return conn.execute(statement, {"state": state, "key": ROWS[machine.table][key]}).rowcount
