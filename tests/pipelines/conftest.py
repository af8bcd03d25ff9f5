"""One running world per module: each test uses a contact and conversation of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.databases import scratch_database
from tests.pipelines.world import World, running_world

_people = count(1)


@pytest.fixture(scope="module")
def world(
    postgres_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with (
        scratch_database(postgres_url, migrated_template) as database_url,
        running_world(database_url, tmp_path_factory.mktemp("logs")) as running,
    ):
        running.execute("update ai_brokers set max_concurrent_chats = 100")
        yield running


@pytest.fixture
def somebody() -> dict[str, str]:
    """Form fields of a person no other test knows."""
    number = next(_people)
    return {
        "name": f"Lim Person {number}",
        "email": f"person{number}@example.com",
        "phone": f"+65 8{number:07d}",
    }
