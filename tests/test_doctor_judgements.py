"""What the doctor makes of what it found: clocks that differ, connections that are not encrypted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nextnest.doctor.database import FAR_S, SOME_S, compared, encrypted


@pytest.mark.parametrize(
    ("seconds", "mark"),
    [
        (0.5, "green"),
        (SOME_S + 1, "yellow"),
        (-SOME_S - 1, "yellow"),
        (FAR_S + 1, "red"),
        (-FAR_S - 1, "red"),
    ],
)
def test_clocks_that_differ_are_judged_by_how_much(seconds: float, mark: str) -> None:
    assert compared("a clock", timedelta(seconds=seconds)).mark == mark


@pytest.mark.parametrize(
    ("in_use", "mode", "host", "address", "mark"),
    [
        (True, "verify-full", "db.example.com", "203.0.113.7", "green"),
        (True, "require", "db.example.com", "203.0.113.7", "yellow"),
        (False, "prefer", "db.example.com", "8.8.8.8", "red"),
        (False, "prefer", "postgres", "172.18.0.2", "yellow"),
        (False, "prefer", "postgres", "", "red"),
        (False, "prefer", "127.0.0.1", "127.0.0.1", "green"),
        (False, "prefer", "/var/run/postgresql", "", "green"),
    ],
)
def test_a_connection_anybody_can_read_is_wrong_and_one_in_a_private_network_deserves_a_look(
    in_use: bool, mode: str, host: str, address: str, mark: str
) -> None:
    found = encrypted(in_use, mode, host, address)
    assert found.mark == mark
    assert mark == "green" or "verify-full" in found.mend
