"""What tests of tasks share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.tasks.queue import Queue, open_queue


@pytest.fixture
async def queue(database_url: str) -> AsyncIterator[Queue]:
    async with open_queue(database_url) as queue:
        yield queue
