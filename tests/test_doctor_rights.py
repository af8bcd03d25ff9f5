"""The doctor compares what our groups may with what the table of rights says they may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from nextnest.doctor.rights import granted


@pytest.fixture(scope="module")
def conn(module_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """As the owner; what a test changes is rolled back."""
    with psycopg.connect(module_database_url, options="-c search_path=nextnest") as connection:
        yield connection


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("revoke insert on leads from nextnest_web", "may not: nextnest_web insert leads"),
        ("grant delete on leads to nextnest_web", "should not be able to: nextnest_web delete leads"),
        (
            "grant insert on ai_usage to nextnest_readonly",
            "should not be able to: nextnest_readonly insert ai_usage",
        ),
        (
            "revoke select (cost) on ai_calls from nextnest_readonly",
            "may not: nextnest_readonly select (cost) ai_calls",
        ),
        (
            "revoke execute on all functions in schema nextnest from nextnest_worker",
            "may not: nextnest_worker execute",
        ),
    ],
)
def test_a_group_that_may_less_or_more_than_it_should_is_noticed(
    conn: psycopg.Connection[Any], change: str, says: str
) -> None:
    conn.execute(change.encode())
    found = list(granted(conn))
    conn.rollback()
    assert (found[0].mark, found[0].what[: len(says)]) == ("red", says)
    assert "Run make migrate" in found[0].mend


def test_what_make_migrate_leaves_is_right(conn: psycopg.Connection[Any]) -> None:
    conn.execute("grant all on all tables in schema nextnest to nextnest_web")
    conn.execute("revoke all on all functions in schema nextnest from nextnest_worker")
    assert [one.mark for one in granted(conn)][:2] == ["red", "red"]
    conn.execute("select apply_rights()")
    assert [one.mark for one in granted(conn)] == ["green"]
    conn.rollback()


def test_who_may_do_nothing_here_is_told_how_to_get_a_login(conn: psycopg.Connection[Any]) -> None:
    conn.execute("create role nobody_of_ours")
    conn.execute("set local role nobody_of_ours")
    [found] = granted(conn)
    conn.rollback()
    assert (found.mark, found.what) == ("red", "nobody_of_ours may do nothing here")
    assert "nextnest.roles" in found.mend
