"""What counts as wrong, from which moment on, and that each thing says what to do."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest

from nextnest.rules.alarms import Away, Model, Readings, alarms

WRONG = [
    ({"heartbeat_s": None}, "no_worker", "bad"),
    ({"heartbeat_s": 30}, "no_worker", "bad"),
    ({"heartbeat_s": 12}, "silent_worker", "warn"),
    ({"away": (Away("chatwoot", "unavailable", 40),)}, "chatwoot_away", "bad"),
    ({"away": (Away("chatwoot", "refused", 40),)}, "chatwoot_refused", "bad"),
    ({"away": (Away("model", "unavailable", 40),)}, "model_away", "bad"),
    ({"away": (Away("model", "refused", 40),)}, "model_refused", "bad"),
    ({"without_job": 1}, "no_job", "bad"),
    ({"late_s": 30}, "late", "warn"),
    ({"late_s": 60}, "late", "bad"),
    ({"failed_jobs": 1}, "failed_jobs", "bad"),
    ({"paused_tasks": ("retention",)}, "paused", "warn"),
    ({"paused_tasks": ("incoming-message", "retention")}, "paused", "bad"),
    ({"unsettled": 1, "unsettled_s": 60}, "unsettled", "warn"),
    ({"unsettled": 1, "unsettled_s": 600}, "unsettled", "bad"),
    ({"drifting": ("Grace Lim",)}, "drift", "bad"),
    ({"places": 0, "free_places": 0}, "no_places", "bad"),
    ({"waiting": 1, "waiting_s": 45, "free_places": 1}, "beside_a_place", "bad"),
    ({"waiting": 1, "waiting_s": 120, "free_places": 0}, "waiting", "warn"),
    ({"waiting": 1, "waiting_s": 300, "free_places": 0}, "waiting", "bad"),
    ({"not_taken": 1}, "not_taken", "bad"),
    ({"no_webhook_s": 120}, "no_webhook", "bad"),
    ({"swept": 3}, "swept", "warn"),
    ({"spent": Decimal(80), "cap": Decimal(100)}, "cap_near", "warn"),
    ({"spent": Decimal(100), "cap": Decimal(100)}, "cap_reached", "bad"),
    ({"models": (Model("m", 0),)}, "model_m", "bad"),
    ({"models": (Model("m", 7),)}, "model_m", "bad"),
    ({"models": (Model("m", 60),)}, "model_m", "warn"),
    ({"rollout": 99}, "rollout", "warn"),
]
NOT_YET = [
    {"heartbeat_s": 11.9},
    {"late_s": 29.9},
    {"unsettled": 1, "unsettled_s": 59},
    {"waiting": 1, "waiting_s": 44, "free_places": 1},
    {"waiting": 1, "waiting_s": 119, "free_places": 0},
    {"no_webhook_s": 119},
    {"swept": 2},
    {"spent": Decimal("79.99"), "cap": Decimal(100)},
    {"spent": Decimal(1000), "cap": Decimal(0)},
    {"models": (Model("m", 61), Model("n", None))},
]


def test_when_all_is_well_nothing_is_said() -> None:
    assert alarms(Readings()) == []


@pytest.mark.parametrize(("readings", "key", "level"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_said_with_its_mend(readings: dict[str, object], key: str, level: str) -> None:
    [alarm] = alarms(Readings(**readings))  # type: ignore[arg-type]
    assert (alarm.key, alarm.level) == (key, level)
    assert alarm.says.endswith(".")
    assert alarm.mend.endswith(".")


@pytest.mark.parametrize("readings", NOT_YET, ids=str)
def test_just_below_a_threshold_nobody_is_called(readings: dict[str, object]) -> None:
    assert alarms(Readings(**readings)) == []  # type: ignore[arg-type]


def test_every_reading_can_raise_an_alarm() -> None:
    raising = {name for readings, _, _ in WRONG for name in readings}
    assert raising == {one.name for one in fields(Readings)}


def test_what_customers_feel_stands_above_what_can_wait() -> None:
    found = alarms(Readings(rollout=50, swept=9, without_job=2, heartbeat_s=None))
    assert [alarm.level for alarm in found] == ["bad", "bad", "warn", "warn"]


def test_a_refusal_says_which_setting_to_check() -> None:
    found = alarms(Readings(away=(Away("chatwoot", "refused", 4000), Away("model", "refused", 9))))
    assert ["CHATWOOT_API_TOKEN" in found[0].mend, "OPENAI_API_KEY" in found[1].mend] == [True, True]
    assert "66 min" in found[0].says
