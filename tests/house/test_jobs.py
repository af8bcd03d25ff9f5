"""Every job that can be deferred is one the worker knows, and its ids are the contract's."""

from __future__ import annotations

from uuid import UUID

import pytest

from nextnest import deferring, tasks

LEAD = UUID("00000000-0000-0000-0000-000000000007")
PLANNED = [
    deferring.open_conversation(LEAD),
    deferring.new_conversation(42),
    deferring.incoming_message(42, 7),
    deferring.deliver_effects(42),
    deferring.settle_conversation(42),
    deferring.forward_message(42, 7),
]


@pytest.mark.parametrize("planned", [*PLANNED, deferring.upkeep(0)], ids=lambda planned: planned.task)
def test_a_deferred_job_has_a_task(planned: deferring.Planned) -> None:
    assert planned.task in tasks.app.tasks


def test_ids_and_order_are_the_contracts() -> None:
    assert [(p.task, p.queueing_lock, p.lock) for p in PLANNED[:3]] == [
        ("open-conversation", f"open-conversation-{LEAD}", f"lead-{LEAD}"),
        ("new-conversation", "new-conversation-42", "conversation-42"),
        ("incoming-message", "incoming-42-7", "conversation-42"),
    ]


@pytest.mark.parametrize("planned", PLANNED, ids=lambda planned: planned.task)
def test_arguments_are_ids(planned: deferring.Planned) -> None:
    assert all(name.endswith("_id") for name in planned.arguments)
