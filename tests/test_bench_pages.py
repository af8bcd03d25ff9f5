"""What the bench writes: pictures that can be read, tables in their places, targets held against figures."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import psycopg
import pytest

from bench import pages, targets
from bench.__main__ import PARTS
from bench.figures import Table
from bench.pages import NoPlace, Result
from bench.plots import Bar, Bars, Line, Lines, Span
from bench.wire import counted

ROOT = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"
PLACED = "# Speed\n\n<!-- bench: {} -->\nold\n<!-- /bench -->\n\nsaid by a person\n"


def test_a_line_goes_up_where_its_values_do_and_names_are_not_upon_each_other() -> None:
    lines = [Line("first", [(0, 1), (10, 5)]), Line("second", [(0, 2), (10, 5)])]
    picture = drawn(Lines("plot", "Some <lines>", "s", "ms", lines, [Span(2, 4, "held")]))
    [first, _] = [line.get("points", "").split() for line in picture.iter(f"{SVG}polyline")]
    (x0, y0), (x1, y1) = (tuple(map(float, point.split(","))) for point in first)
    assert x1 > x0
    assert y1 < y0
    heights = {text.text: float(text.get("y", "")) for text in picture.iter(f"{SVG}text")}
    assert abs(heights["first"] - heights["second"]) >= 13
    assert {"Some <lines>", "held", "s", "ms", "0"} <= set(heights)


def test_lines_can_be_told_apart_without_colour() -> None:
    picture = drawn(Lines("plot", "t", "x", "y", [Line(str(n), [(0, n), (1, n)]) for n in range(1, 5)]))
    dashes = [line.get("stroke-dasharray") for line in picture.iter(f"{SVG}polyline")]
    assert len(set(dashes)) == 4


def test_a_bar_twice_as_high_is_twice_as_long_and_says_its_value() -> None:
    picture = drawn(
        Bars("plot", "t", "per second", [Bar("one", 1200, 900, 1300), Bar("half", 600, 600, 600)])
    )
    widths = [float(rect.get("width", "")) for rect in picture.iter(f"{SVG}rect")][1:]
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.01)
    assert {"1,200", "600"} <= {text.text for text in picture.iter(f"{SVG}text")}


def test_each_level_of_a_logarithmic_plot_is_ten_times_the_one_before() -> None:
    bars = [Bar("fast", 3, 2, 5), Bar("slow", 5000, 4900, 5100)]
    picture = drawn(Bars("plot", "t", "ms", bars, logarithmic=True))
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert [level for level in texts if level in ("1", "10", "100", "1,000", "10,000")] == [
        "1",
        "10",
        "100",
        "1,000",
        "10,000",
    ]


def test_a_scenario_is_written_into_its_place_and_what_people_wrote_stays(tmp_path: Path) -> None:
    page = a_page(tmp_path, "pipelines", "machine", "targets")
    pages.write(tmp_path / "pictures", [a_result("pipelines", message_commits=5.0)], ["Machine    two cores"])
    text = page.read_text()
    assert "old" not in text
    assert text.count("said by a person") == 3
    assert "Measured today. Repeat it: `make bench`" in text
    assert "| ours | 5 |" in text
    assert "![Rate](pictures/rate.svg)" in text
    drawn_text = (tmp_path / "pictures" / "rate.svg").read_text()
    assert drawn_text.startswith("<svg")


def test_writing_one_scenario_keeps_the_figures_of_the_others(tmp_path: Path) -> None:
    a_page(tmp_path, "cost", "replies", "machine", "targets")
    folder = tmp_path / "pictures"
    pages.write(folder, [a_result("cost", message_commits=5.0)], [])
    pages.write(folder, [a_result("replies", at_20_p50_ms=99.0)], [])
    assert set(json.loads((folder / "measured.json").read_text())) == {"cost", "replies"}


def test_a_scenario_without_a_place_is_refused_by_name(tmp_path: Path) -> None:
    a_page(tmp_path, "machine", "targets")
    with pytest.raises(NoPlace, match="pipelines"):
        pages.write(tmp_path / "pictures", [a_result("pipelines")], [])


def test_a_target_is_met_missed_or_not_measured() -> None:
    kept = {"cost": {"message_commits": 7.0}, "acknowledgements": {"times_insert": 0.9}}
    rows = {row[0]: row[2:] for row in targets.table(kept).rows}
    assert rows["commits of an answered message"] == ("7 commits", "missed")
    assert rows["webhooks beside one insert and commit"] == ("0.9 x", "met")
    assert rows["hand-off within a conversation, p99"] == ("not measured yet", "")


@pytest.mark.parametrize("name", [*PARTS, "machine", "targets"])
def test_every_scenario_has_its_place_in_the_documentation(name: str) -> None:
    texts = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    assert len(re.findall(pages.PLACE.format(name), texts, re.DOTALL)) == 1


def test_statements_and_round_trips_are_counted_as_the_server_sees_them(database_url: str) -> None:
    with counted(database_url) as (url, counter), psycopg.connect(url, prepare_threshold=None) as conn:
        conn.execute("select 1")
        conn.commit()
        trips, statements = counter.round_trips, counter.statements
        conn.execute("select %s::int", [2])
        conn.commit()
        # BEGIN, the statement, COMMIT: each waits for its answer.
        assert (counter.round_trips - trips, counter.statements - statements) == (3, 3)


def drawn(plot: Bars | Lines) -> ET.Element:
    return ET.fromstring(plot.svg())  # noqa: S314 - our own picture


def a_result(name: str, **figures: float) -> Result:
    plot = Bars("rate", "Rate", "per second", [Bar("ours", 5, 4, 6)])
    table = Table("Rate", ("who", "n"), [("ours", "5")], ("A note.",), (plot,), figures)
    return Result(name, table, "make bench", "Measured today.")


def a_page(folder: Path, *places: str) -> Path:
    page = folder / "speed.md"
    page.write_text("".join(PLACED.format(place) for place in places))
    return page
