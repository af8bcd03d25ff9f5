"""Once a day the provider is asked for the configured models; nobody learns of an end when calls already fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from structlog.testing import capture_logs

from nextnest.assistant import Assistant
from nextnest.database import conninfo
from nextnest.tasks.models_check import Pool, look_up
from sandbox.model import ModelSandbox
from tests.doors.conftest import assistant_of
from tests.doors.wire import Answer, Request, says, server

TODAY = date(2026, 11, 22)
MODELS = ["gpt-6-luna", "gpt-6-sol"]


@dataclass
class Provider:
    """Lists what it is told to list, with its ends, and counts how often it was asked."""

    ends: dict[str, str | None]
    asked: int = field(default=0, init=False)

    def __call__(self, request: Request) -> Answer:
        self.asked += 1
        assert request.path == "/models"
        data = [
            {"id": name, "object": "model", "created": 1, "owned_by": "us", "shutdown_date": end}
            for name, end in self.ends.items()
        ]
        return says({"object": "list", "data": data})(request)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    opened: Pool = AsyncConnectionPool(
        conninfo(database_url, "test"), kwargs={"autocommit": True}, min_size=1, max_size=2, open=False
    )
    async with opened:
        yield opened


@contextmanager
def alarms() -> Iterator[list[tuple[str, str, int]]]:
    """Model, how soon, and days left of every alarm."""
    found: list[tuple[str, str, int]] = []
    with capture_logs() as lines:
        yield found
    found += [
        (line["model"], line["when"], line["days_left"])
        for line in lines
        if line["event"] == "model ends" and line["log_level"] == "error"
    ]


async def check(pool: Pool, provider: Any, models: list[str] = MODELS) -> list[tuple[str, str, int]]:
    with alarms() as found, server(provider) as url:
        async with _assistant(url) as assistant:
            await look_up(pool, assistant, models, TODAY)
    return found


async def test_a_model_that_ends_within_sixty_days_is_an_alarm(pool: Pool) -> None:
    provider = Provider({"gpt-6-luna": "2027-01-14", "gpt-6-sol": "2026-11-25T00:00:00Z", "o3": "2026-12-11"})
    assert await check(pool, provider) == [
        ("gpt-6-luna", "within 60 days", 53),
        ("gpt-6-sol", "within 7 days", 3),
    ]


async def test_a_model_that_is_not_listed_any_more_is_an_alarm(pool: Pool) -> None:
    assert await check(pool, Provider({"gpt-6-sol": None})) == [("gpt-6-luna", "gone", 0)]


async def test_models_without_an_announced_end_are_none(pool: Pool) -> None:
    assert await check(pool, Provider({"gpt-6-luna": None, "gpt-6-sol": "2028-01-01"})) == []


async def test_the_provider_is_asked_once_a_day_and_at_once_about_a_newly_configured_model(
    pool: Pool,
) -> None:
    provider = Provider({"gpt-6-luna": None, "gpt-6-sol": None})
    for _ in range(3):
        await check(pool, provider, MODELS[:1])
    assert provider.asked == 1
    await check(pool, provider)
    assert provider.asked == 2
    await _execute(pool, "update model_checks set checked_at = now() - interval '25 hours'")
    await check(pool, provider)
    assert provider.asked == 3


async def test_what_is_configured_no_more_is_forgotten(pool: Pool) -> None:
    provider = Provider({"gpt-6-luna": "2026-12-01", "gpt-6-sol": "2026-12-02"})
    await check(pool, provider, ["gpt-6-luna"])
    await check(pool, provider, ["gpt-6-sol"])
    assert await _execute(pool, "select model, listed, shutdown_date from model_checks") == [
        ("gpt-6-sol", True, date(2026, 12, 2))
    ]


@pytest.mark.parametrize(
    "answer",
    [says({"error": {}}, status=500), says(b"<html>", content_type="text/html"), says({"data": 3})],
    ids=["a fault", "no list", "an odd list"],
)
async def test_a_check_that_fails_is_no_alarm_and_comes_again(pool: Pool, answer: Any) -> None:
    assert await check(pool, answer) == []
    assert await check(pool, Provider({"gpt-6-sol": None})) == [("gpt-6-luna", "gone", 0)]


async def test_the_stand_in_lists_its_models_without_an_end() -> None:
    with ModelSandbox() as model:
        async with assistant_of(model) as assistant:
            assert await assistant.listed_models() == dict.fromkeys(model.models)


def _assistant(url: str) -> Assistant:
    return Assistant(
        api_key="a-key",
        base_url=url,
        model="gpt-6-luna",
        fallback_model=None,
        timeout_s=10,
        max_output_tokens=100,
    )


async def _execute(pool: Pool, statement: str) -> list[Any]:
    async with pool.connection() as conn:
        assert isinstance(conn, AsyncConnection)
        cursor = await conn.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []
