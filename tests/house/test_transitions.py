"""The table of transitions is what the statements do, what the pages draw, and what commits exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from nextnest.rules.transitions import COMMITS, MACHINES, Machine
from nextnest.store.statements import Statement, read

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
STATEMENTS = {
    name: statement
    for file in sorted((ROOT / "nextnest" / "store").glob("*.sql"))
    for name, statement in read(file).items()
}
PLACES = sorted({place for place in COMMITS.values() if ":" in place})
# An arrow as Mermaid writes it; its label ends with the commits it happens in.
ARROW = re.compile(r"(\S+) --> (\S+): (.+) \(([^)]+)\)")

each_machine = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.title)


@each_machine
def test_the_drawing_is_the_table(machine: Machine) -> None:
    table = {
        (step.before or "[*]", step.after, step.event, ", ".join(step.commits))
        for step in machine.transitions
    }
    assert set(_arrows(machine)) == table, "\n".join(_mermaid(machine))


@each_machine
def test_every_line_of_a_drawing_is_an_arrow_that_names_its_commits(machine: Machine) -> None:
    lines = [line.strip() for line in _drawing(machine).splitlines()[1:]]
    assert [line for line in lines if not ARROW.fullmatch(line)] == []
    # A colon or a semicolon would end the label.
    assert [line for line in lines if re.search(r"[:;#]", line.partition(": ")[2])] == []


@each_machine
def test_no_step_stands_twice_in_the_table(machine: Machine) -> None:
    assert len(machine.pairs) == len(machine.transitions)


@each_machine
def test_every_state_can_be_reached(machine: Machine) -> None:
    reached: set[str | None] = {None}
    for _ in machine.states:
        reached |= {after for before, after in machine.pairs if before in reached}
    assert reached == {None, *machine.states}


def test_the_page_says_where_each_commit_is_made() -> None:
    section = PAGE.split("## The commits\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| `?(.+?)`? \|", section, re.MULTILINE)
    assert dict(rows[1:]) == COMMITS


@pytest.mark.parametrize("place", PLACES)
def test_every_commit_is_made_where_the_table_says(place: str) -> None:
    path, _, name = place.partition(":")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    [function] = [node for node in ast.walk(tree) if isinstance(node, functions) and node.name == name]
    called = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    called |= {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    # `acting` is the console's transaction: see web/ops/access.py.
    assert called & {"transaction", "connection", "acting"}, f"{place} takes no connection"


def test_every_commit_of_the_table_takes_a_step() -> None:
    named = {commit for machine in MACHINES for step in machine.transitions for commit in step.commits}
    assert named == set(COMMITS)


@each_machine
def test_a_statement_takes_exactly_the_steps_the_table_says(machine: Machine) -> None:
    for name, statement in _writers(machine).items():
        cited = {(s.before, s.after) for s in machine.transitions if name in s.statements}
        assert cited == _taken(machine, statement, cited), name


@each_machine
def test_a_statement_of_the_table_is_one_that_writes_its_column(machine: Machine) -> None:
    cited = {name for step in machine.transitions for name in step.statements}
    begins = {name for name, statement in STATEMENTS.items() if _inserts(machine, statement)}
    assert cited == set(_writers(machine)) | begins


def _drawing(machine: Machine) -> str:
    after_heading = PAGE.split(f"## {machine.title}\n")[1]
    return after_heading.split("```mermaid\n")[1].split("```")[0].strip()


def _arrows(machine: Machine) -> list[tuple[str, ...]]:
    return [found.groups() for found in ARROW.finditer(_drawing(machine))]


def _mermaid(machine: Machine) -> list[str]:
    """What the page should hold, to be copied from the failure."""
    return [
        f"    {step.before or '[*]'} --> {step.after}: {step.event} ({', '.join(step.commits)})"
        for step in machine.transitions
    ]


def _writers(machine: Machine) -> dict[str, Statement]:
    """The statements that set the machine's column of a row that is there."""
    return {name: statement for name, statement in STATEMENTS.items() if _sets(machine, statement)}


def _sets(machine: Machine, statement: Statement) -> str | None:
    """The expression a statement sets the column to; an upsert's own rows count as inserted."""
    text = _code(statement)
    for found in re.finditer(rf"update {machine.table}(?: \w+)?\s+set (.*?)(?= from | where |$)", text):
        if assigned := re.search(rf"(?<![\w.]){machine.column} = (.+?)(?=, \w+ = |$)", found[1]):
            return assigned[1]
    return None


def _inserts(machine: Machine, statement: Statement) -> bool:
    return f"insert into {machine.table} " in _code(statement)


def _taken(
    machine: Machine, statement: Statement, cited: set[tuple[str | None, str]]
) -> set[tuple[str | None, str]]:
    """The steps a statement can take: from the states it asks for to those it sets.

    A state that is a parameter can be any; then the table says which are handed in.
    """
    assigned = _sets(machine, statement) or ""
    afters = set(re.findall(r"'(\w+)'", assigned)) & machine.states or {after for _, after in cited}
    return {(b, a) for b in _asked_for(machine, statement) for a in afters if b != a}


def _asked_for(machine: Machine, statement: Statement) -> set[str]:
    """The states a statement asks for, by the column alone or by one of the table's aliases; all when it does not ask."""
    text = _code(statement)
    aliases = re.findall(rf"\b{machine.table} (?!set\b|where\b)(\w+)\b", text)
    for prefix in ["", *(f"{alias}." for alias in aliases)]:
        asked = re.search(
            rf"(?:where|and|\() ?{re.escape(prefix)}{machine.column} (=|<>|in) (\([^)]*\)|'\w+')", text
        )
        if asked:
            named = set(re.findall(r"'(\w+)'", asked[2]))
            return set(machine.states) - named if asked[1] == "<>" else named
    return set(machine.states)


def _code(statement: Statement) -> str:
    """A statement without comments, on one line."""
    text = re.sub(r"--.*", "", statement.sql.decode())
    return " ".join(text.split())
