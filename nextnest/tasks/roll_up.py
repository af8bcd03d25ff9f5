"""`roll-up-hours`: each minute a sample of what waits; the facts of hours that are over, added up for the charts.

An hour is added up when it is over, and again each time its age has doubled: what is written down late, as after an outage,
is in it then. Hours from before there were roll-ups are taken from the newest on, some in each run.
"""

from __future__ import annotations

import time

from procrastinate import JobContext

from nextnest.store import rollups
from nextnest.tasks.application import app
from nextnest.tasks.desk import Desk

_EVERY_MINUTE = "* * * * *"
# A run must be over before the next: at the fifty or so hours a second of a small database, two days of history in each.
_HOURS_AT_ONCE, _SECONDS_AT_ONCE = 48, 10.0
# The longest chart shows thirty days.
SAMPLES_KEPT_DAYS = 40
_SAMPLES_DROPPED_AT_ONCE = 1000


@app.periodic(cron=_EVERY_MINUTE)
@app.task(name="roll-up-hours", queueing_lock="roll-up-hours", pass_context=True)
async def roll_up_hours(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """A sample, and what is due; each hour is a transaction of its own."""
    desk = Desk.of(context)
    async with desk.transaction() as conn:
        await rollups.take_sample(conn)
        await rollups.forget_samples(conn, SAMPLES_KEPT_DAYS, _SAMPLES_DROPPED_AT_ONCE)
        due = await rollups.due_hours(conn, _HOURS_AT_ONCE)
    ends = time.monotonic() + _SECONDS_AT_ONCE
    for hour in due:
        async with desk.transaction() as conn:
            await rollups.roll_up(conn, hour)
        if time.monotonic() > ends:
            break
