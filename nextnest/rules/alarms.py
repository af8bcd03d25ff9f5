"""What is wrong right now, in words, and what to do about it.

Readings in, alarms out: the console's first page shows them, and so can a command. `bad` means that customers suffer or soon
will; `warn` means that somebody should look today.

| what | warn | bad | why there |
|---|---|---|---|
| an answer is late | 30 s | 60 s | a burst and the model take no longer; twice that is not "within seconds" |
| a lead waits in line | 2 min | 5 min | in which the eager and the steady personas promise to be there |
| a lead waits beside a free place | | 45 s | upkeep serves the line every 15 s; three rounds for nothing are a fault |
| a worker is silent | 12 s | 30 s | then its jobs go to others; then readiness fails |
| spent of the day's cap | 80 % | all | a fifth is some hours of an ordinary day: time to raise the cap |
| an effect is unsettled | 60 s | 10 min | lost answers are looked up after some 20 s; later, Chatwoot cannot be read |
| no webhook after a reply of ours | | 2 min | the echo of our own message comes within seconds |
| a paused task | any | a customer's | somebody chose it; it is easily forgotten, and its jobs wait |
| messages found by the sweep | 3 an hour | | one or two get lost with a restart; more is a habit |
| a model's end | 60 days | 7 days | as in rules/model_life.py |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from nextnest.rules.model_life import ending

Level = Literal["bad", "warn"]

LATE_S, VERY_LATE_S = 30, 60
LONG_WAIT_S, VERY_LONG_WAIT_S = 120, 300
BESIDE_A_PLACE_S = 45
SILENT_S, DEAD_S = 12, 30
NEAR_CAP = Decimal("0.8")
UNSETTLED_S, LONG_UNSETTLED_S = 60, 600
NO_WEBHOOK_S = 120
SWEPT_AN_HOUR = 3

# Tasks that a customer waits for. What they leave undone is deferred again within half a minute, until it is done.
CUSTOMERS_WORK = frozenset(
    {"open-conversation", "new-conversation", "incoming-message", "forward-message", "deliver-effects"}
)

_OUTSIDE = {"chatwoot": "Chatwoot", "model": "The model"}
_MEND_REFUSED = {
    "chatwoot": "Check CHATWOOT_API_TOKEN: it must be an administrator's, and still valid. Then start web and worker anew.",
    "model": "Check OPENAI_API_KEY and the account's quota. Then start the worker anew.",
}


@dataclass(frozen=True)
class Away:
    """An open circuit breaker: `name` is `chatwoot` or `model`, `reason` is `unavailable` or `refused`."""

    name: str
    reason: str
    open_s: float
    next_look: datetime | None = None
    error: str | None = None


@dataclass(frozen=True)
class Model:
    """A configured model and the days until its provider ends it; None when no end is announced."""

    name: str
    days_left: int | None


@dataclass(frozen=True)
class Readings:
    """How things stand. Ages are seconds, None where there is nothing to be old; money is US dollars, a cap of 0 is none.

    `late_s` is the age of the oldest message that a broker should be answering, `no_webhook_s` the age of the oldest reply
    that no webhook has followed. `free_places` and `places` are those of brokers who are not paused.
    """

    drifting: tuple[str, ...] = ()
    without_job: int = 0
    late_s: float | None = None
    failed_jobs: int = 0
    paused_tasks: tuple[str, ...] = ()
    heartbeat_s: float | None = 0
    away: tuple[Away, ...] = ()
    spent: Decimal = Decimal(0)
    cap: Decimal = Decimal(0)
    no_webhook_s: float | None = None
    swept: int = 0
    unsettled: int = 0
    unsettled_s: float | None = None
    models: tuple[Model, ...] = ()
    waiting: int = 0
    waiting_s: float | None = None
    free_places: int = 1
    places: int = 1
    rollout: int = 100
    not_taken: int = 0


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong: its words, its mend, and the page of the console that acts on it, with its filters."""

    key: str
    level: Level
    says: str
    mend: str
    page: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    next_look: datetime | None = None


def alarms(now: Readings) -> list[Alarm]:
    """Everything that is wrong, what is bad first; empty when all is well."""
    found = [*_of_workers(now), *_of_outside(now), *_of_answers(now), *_of_jobs(now)]
    found += [*_of_places(now), *_of_people(now), *_of_webhooks(now), *_of_money(now), *_of_settings(now)]
    return sorted(found, key=lambda alarm: alarm.level != "bad")


def _of_workers(now: Readings) -> Iterator[Alarm]:
    mend = "Start one with make worker, or see why its supervisor does not. Nothing is lost meanwhile: jobs wait."
    if now.heartbeat_s is None:
        yield Alarm("no_worker", "bad", "No worker is alive.", mend)
    elif now.heartbeat_s >= DEAD_S:
        says = f"No worker has been heard of for {_span(now.heartbeat_s)}."
        yield Alarm("no_worker", "bad", says, mend)
    elif now.heartbeat_s >= SILENT_S:
        says = f"The last sign of a worker is {_span(now.heartbeat_s)} old."
        yield Alarm(
            "silent_worker", "warn", says, "Look again in half a minute. If this stays, look at its log."
        )


def _of_outside(now: Readings) -> Iterator[Alarm]:
    for one in now.away:
        name, error = _OUTSIDE[one.name], f" Last said: {one.error}." if one.error else ""
        if one.reason == "refused":
            says = f"{name} has refused us for {_span(one.open_s)}.{error}"
            yield Alarm(f"{one.name}_refused", "bad", says, _MEND_REFUSED[one.name], next_look=one.next_look)
        else:
            says = f"{name} has been away for {_span(one.open_s)}.{error}"
            mend = "Its jobs wait and go on by themselves when it is back. See its own status page."
            yield Alarm(f"{one.name}_away", "bad", says, mend, next_look=one.next_look)


def _of_answers(now: Readings) -> Iterator[Alarm]:
    page, given = "conversations", {"open": "unanswered"}
    if now.without_job:
        says = f"{_many(now.without_job, 'message has', 'messages have')} no answer and no job."
        mend = "Upkeep defers them again within half a minute while a worker lives. One that stays: open it, run it again."
        yield Alarm("no_job", "bad", says, mend, page, given)
    if now.late_s is not None and now.late_s >= LATE_S:
        level: Level = "bad" if now.late_s >= VERY_LATE_S else "warn"
        says = f"A customer has waited {_span(now.late_s)} for an answer."
        mend = "Open the conversation and see where its job is. You can take it over and answer yourself."
        yield Alarm("late", level, says, mend, page, given)


def _of_jobs(now: Readings) -> Iterator[Alarm]:
    if now.failed_jobs:
        says = f"{_many(now.failed_jobs, 'job has', 'jobs have')} failed for good."
        mend = "See the error, then try it again or put it aside. A failed answer is with a person already."
        yield Alarm("failed_jobs", "bad", says, mend, "jobs", {"state": "failed"})
    if now.paused_tasks:
        says = (
            f"{_many(len(now.paused_tasks), 'task is', 'tasks are')} paused: {', '.join(now.paused_tasks)}."
        )
        level: Level = "bad" if CUSTOMERS_WORK.intersection(now.paused_tasks) else "warn"
        yield Alarm("paused", level, says, "Its jobs wait until it is resumed.", "jobs")
    if now.unsettled_s is not None and now.unsettled_s >= UNSETTLED_S:
        level = "bad" if now.unsettled_s >= LONG_UNSETTLED_S else "warn"
        what = _many(now.unsettled, "message of ours is", "messages of ours are")
        says = f"{what} neither known sent nor known unsent, the oldest for {_span(now.unsettled_s)}."
        mend = "They are looked up in Chatwoot before anything is sent again. See that Chatwoot can be read."
        yield Alarm("unsettled", level, says, mend, "jobs")


def _of_places(now: Readings) -> Iterator[Alarm]:
    if now.drifting:
        says = f"The places of {', '.join(now.drifting)} are not her open conversations."
        yield Alarm(
            "drift", "bad", says, "This must never be: report it, with the log of the last hour.", "brokers"
        )
    if not now.places:
        says = "No broker takes conversations: all are paused or have a limit of 0."
        yield Alarm("no_places", "bad", says, "Resume a broker or raise a limit.", "brokers")
    waited = now.waiting_s or 0
    if now.waiting and now.free_places > 0 and waited >= BESIDE_A_PLACE_S:
        says = f"A lead has waited {_span(waited)} although a broker has room."
        yield Alarm(
            "beside_a_place",
            "bad",
            says,
            "See that a worker lives: upkeep serves the line every 15 s.",
            "jobs",
        )
    elif now.waiting and waited >= LONG_WAIT_S:
        level: Level = "bad" if waited >= VERY_LONG_WAIT_S else "warn"
        line = _many(now.waiting, "lead waits", "leads wait")
        says = f"{line} for a broker, the first for {_span(waited)}."
        yield Alarm(
            "waiting",
            level,
            says,
            "Raise a limit, or resume a broker: the line is served at once.",
            "brokers",
        )


def _of_people(now: Readings) -> Iterator[Alarm]:
    if now.not_taken:
        says = f"{_many(now.not_taken, 'hand-over was', 'hand-overs were')} not taken by anybody in time."
        mend = "Take it in Chatwoot, or give it back to the AI. Colleagues were reminded once."
        yield Alarm("not_taken", "bad", says, mend, "conversations", {"status": "handed_off"})


def _of_webhooks(now: Readings) -> Iterator[Alarm]:
    mend = (
        "In Chatwoot, see that the webhook is there and that its secret is CHATWOOT_WEBHOOK_SECRET. "
        "The sweep takes in what was missed."
    )
    if now.no_webhook_s is not None and now.no_webhook_s >= NO_WEBHOOK_S:
        says = f"We replied {_span(now.no_webhook_s)} ago and Chatwoot's webhooks have been silent since."
        yield Alarm("no_webhook", "bad", says, mend)
    elif now.swept >= SWEPT_AN_HOUR:
        says = (
            f"{now.swept} messages of the last hour came by no webhook: the sweep found them, seconds later."
        )
        yield Alarm("swept", "warn", says, mend)


def _of_money(now: Readings) -> Iterator[Alarm]:
    if not now.cap:
        return
    both = f"US${now.spent:,.2f} of US${now.cap:,.2f}"
    if now.spent >= now.cap:
        says = f"Today's spending cap is reached: {both}. Conversations go to people."
        yield Alarm(
            "cap_reached",
            "bad",
            says,
            "Raise NEXTNEST_CAP_PER_DAY and start the worker anew, or wait for midnight.",
        )
    elif now.spent >= now.cap * NEAR_CAP:
        says = f"Today's spending nears its cap: {both}."
        yield Alarm(
            "cap_near",
            "warn",
            says,
            "At the cap every conversation goes to a person. See what is dear, or raise NEXTNEST_CAP_PER_DAY.",
        )


def _of_settings(now: Readings) -> Iterator[Alarm]:
    for model in now.models:
        if when := ending(model.days_left):
            says = (
                f"{model.name} is gone."
                if when == "gone"
                else f"{model.name} ends in {model.days_left} days."
            )
            level: Level = "bad" if when in {"gone", "within 7 days"} else "warn"
            mend = "Choose another with OPENAI_MODEL or OPENAI_FALLBACK_MODEL, and try it before it talks to customers."
            yield Alarm(f"model_{model.name}", level, says, mend)
    if now.rollout < 100:
        says = f"{now.rollout} % of conversations are on the queue; the others take the legacy path."
        yield Alarm("rollout", "warn", says, "QUEUE_ROLLOUT_PERCENTAGE=100 ends this when you are ready.")


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def _span(seconds: float) -> str:
    """As people say it: "40 s", "5 min", "3 h", "2 days"."""
    for size, unit in ((2 * 86400, "days"), (2 * 3600, "h"), (120, "min")):
        if seconds >= size:
            return f"{seconds // {'days': 86400, 'h': 3600, 'min': 60}[unit]:.0f} {unit}"
    return f"{seconds:.0f} s"
