"""`check-models`: once a day, whether the provider still has the configured models, and for how long.

At the date it has announced, calls of a model simply fail. The job comes every quarter of an hour and finds most of the time
that a day has not passed: so a worker that starts, or a model that is newly configured, waits for no fixed hour, and a check
that fails is tried again soon.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from procrastinate import JobContext
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from nextnest.assistant import Assistant
from nextnest.breakers import MODEL
from nextnest.errors import NextNestError
from nextnest.logs import describe
from nextnest.rules.model_life import days_left, ending
from nextnest.settings import Settings
from nextnest.store import model_checks
from nextnest.tasks.application import app
from nextnest.tasks.desk import Desk

log = structlog.get_logger(__name__)
SINGAPORE = ZoneInfo("Asia/Singapore")
Pool = AsyncConnectionPool[AsyncConnection[Any]]

_EVERY_QUARTER = "*/15 * * * *"


@app.periodic(cron=_EVERY_QUARTER)
@app.task(name="check-models", queueing_lock="check-models", pass_context=True)
async def check_models(context: JobContext, timestamp: int) -> None:
    """Look the models up, when a day has passed since they last were."""
    desk, today = Desk.of(context), datetime.fromtimestamp(timestamp, SINGAPORE).date()
    if not await desk.breakers.is_open(MODEL):
        await look_up(desk.pool, desk.assistant, configured(desk.settings), today)


def configured(settings: Settings) -> list[str]:
    """The model, and the fallback if there is one."""
    names = (settings.openai_model, settings.openai_fallback_model)
    return [name for name in dict.fromkeys(names) if name]


async def look_up(pool: Pool, assistant: Assistant, models: list[str], today: date) -> None:
    """Ask the provider, keep what it says, and raise the alarm for every one of the models that ends."""
    async with pool.connection() as conn:
        if not await model_checks.due(conn, models):
            return
    try:
        listed = await assistant.listed_models()
    except NextNestError as error:
        log.warning("models not checked", error=describe(error))
        return
    async with pool.connection() as conn, conn.transaction():
        await keep(conn, models, listed)
    for model in models:
        tell(model, days_left(model in listed, listed.get(model), today))


async def keep(conn: AsyncConnection[Any], models: list[str], listed: dict[str, date | None]) -> None:
    """Remember it for the metrics, and until the next check is due."""
    for model in models:
        await model_checks.record(conn, model, listed=model in listed, shutdown_date=listed.get(model))
    await model_checks.forget_others(conn, models)


def tell(model: str, left: int | None) -> None:
    """An error line when the model is gone or ends soon."""
    if when := ending(left):
        log.error("model ends", model=model, when=when, days_left=left)
