"""The charts page says what the facts say, and says so when there are none."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from tests.store.facts import Connection, Facts

NAMES = [
    "volume",
    "response",
    "parts",
    "handovers",
    "failures",
    "latency",
    "tokens",
    "cost",
    "depth",
    "oldest",
    "guard",
]


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, options="-c search_path=nextnest", autocommit=True) as connection:
        yield connection


@pytest.fixture
def facts(conn: Connection) -> Facts:
    return Facts(conn)


@pytest.mark.parametrize(("span", "steps"), [("1h", 12), ("24h", 24), ("7d", 28), ("30d", 30)])
def test_every_chart_of_every_span_has_a_title_with_its_period_and_a_value_or_a_gap_per_step(
    operator: FlaskClient, facts: Facts, span: str, steps: int
) -> None:
    _a_busy_moment(facts)
    page = operator.get(f"/ops/charts?span={span}").text
    charts = _charts(page)
    assert list(charts) == NAMES
    for name, chart in charts.items():
        title = re.search(rf'id="title-{name}">([^<]+)', page)
        assert title
        assert ", last " in title[1]
        lengths = {len(one["values"]) for one in chart["series"]} | {len(chart["labels"])}
        assert chart["kind"] == "ranked" or lengths <= {steps, steps - 1}
        assert len(lengths) == 1


@pytest.mark.parametrize("span", ["1h", "24h", "7d", "30d"])
def test_the_numbers_are_those_of_the_facts_whatever_the_span(
    operator: FlaskClient, facts: Facts, span: str
) -> None:
    _a_busy_moment(facts)
    charts = _charts(operator.get(f"/ops/charts?span={span}").text)
    assert _summed(charts["volume"]) == {"Leads": 2, "Customers' messages": 1, "Replies": 1}
    assert _largest(charts["response"]) == pytest.approx(8, rel=0.045)
    assert _largest(charts["parts"]) == pytest.approx(6, rel=0.045)
    assert charts["handovers"]["labels"] == ["asked for person"]
    assert _summed(charts["failures"]) == {"failed for good": 1, "put back": 0}
    assert _largest(charts["latency"]) == pytest.approx(1.5, rel=0.045)
    assert _summed(charts["tokens"]) == {"sent, new": 80, "sent, cached": 20, "written": 10}
    assert sum(_summed(charts["cost"]).values()) == pytest.approx(0.002)
    assert charts["guard"]["labels"] == ["figures"]


def test_a_table_shows_the_numbers_of_the_drawing(operator: FlaskClient, facts: Facts) -> None:
    _a_busy_moment(facts)
    page = operator.get("/ops/charts?span=1h").text
    for name, chart in _charts(page).items():
        table = html.unescape(page.split(f'id="numbers-{name}"')[1].split("</table>")[0])
        assert table.count("<tr>") == len(chart["labels"]) + 1
        for one in chart["series"]:
            assert f">{one['name']}</th>" in table
    volume = page.split('id="numbers-volume"')[1].split("</table>")[0]
    assert volume.count('<td class="num">2</td>') == 1


def test_an_empty_house_says_so_everywhere(operator: FlaskClient) -> None:
    page = operator.get("/ops/charts").text
    assert "not added up yet" not in page
    for name in NAMES:
        assert re.search(rf'id="nothing-{name}">[^<]+\.</p>', page), name


def test_hours_that_are_missing_are_named(operator: FlaskClient, facts: Facts) -> None:
    facts.lead(datetime.now(UTC) - timedelta(hours=20))
    assert re.search(r"1\d hours are not added up yet", operator.get("/ops/charts").text)


def test_an_unknown_span_shows_the_last_day(operator: FlaskClient) -> None:
    page = operator.get("/ops/charts?span=900y").text
    assert re.search(r'aria-current="true">Last 24 hours<', page)


def test_a_viewer_sees_the_charts(viewer: FlaskClient) -> None:
    assert viewer.get("/ops/charts").status_code == 200


def _a_busy_moment(facts: Facts) -> None:
    """One of everything, a minute ago, and an hour that was too old for any chart."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    lead = facts.lead(at)
    facts.lead(at)
    facts.lead(at - timedelta(days=40))
    talk = facts.conversation(at, lead=lead, first_response_s=3, handoff=(at, "asked_for_person"))
    facts.answered(talk, at - timedelta(seconds=8), 8, deliberate_s=2)
    facts.call(talk, at)
    facts.draft(talk, at)
    facts.draft(talk, at, "figures")
    facts.event(facts.job("incoming-message", "failed"), "failed", at)


def _charts(page: str) -> dict[str, dict[str, Any]]:
    found = re.search(r"data-charts='([^']+)'", page)
    assert found
    return {chart["name"]: chart for chart in json.loads(html.unescape(found[1]))}


def _summed(chart: dict[str, Any]) -> dict[str, float]:
    return {one["name"]: sum(value or 0 for value in one["values"]) for one in chart["series"]}


def _largest(chart: dict[str, Any]) -> float:
    return max(value or 0 for one in chart["series"] for value in one["values"])
