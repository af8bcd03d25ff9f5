"""Calculations behind answers, run again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from nextnest.replay import replay
from nextnest.rules.mortgage import tools

DAY = date(2026, 11, 23)
Connection = psycopg.Connection[Any]


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, options="-c search_path=nextnest") as connection:
        connection.execute("insert into broker_conversations (conversation_id) values (7)")
        yield connection


def _keep(conn: Connection, *, result: str | None = None, version: str | None = None) -> None:
    run = tools.run("calculate_bsd", {"amount": "1200000", "use": "residential"}, DAY)
    conn.execute(
        "insert into tool_runs (conversation_id, turn, job_id, name, arguments, day, version, result)"
        " values (7, 1, 1, %s, %s, %s, %s, %s)",
        (
            run.name,
            psycopg.types.json.Jsonb(run.inputs),
            DAY,
            version or run.version,
            result or run.as_json(),
        ),
    )


def _replayed(conn: Connection) -> tuple[bool, list[str]]:
    said: list[str] = []
    return replay(conn, 7, said.append), said


def test_what_was_calculated_then_is_calculated_again_to_the_same_bytes(conn: Connection) -> None:
    _keep(conn)
    right, said = _replayed(conn)
    assert right
    assert said[-1] == "1 calculations, 1 the same"


def test_a_result_that_differs_is_named(conn: Connection) -> None:
    _keep(conn, result="{}")
    right, said = _replayed(conn)
    assert not right
    assert said[0].endswith("differs")


def test_another_version_of_a_formula_is_no_difference_but_is_said(conn: Connection) -> None:
    _keep(conn, result="{}", version="bsd/0")
    right, said = _replayed(conn)
    assert right
    assert "the formula is" in said[0]
