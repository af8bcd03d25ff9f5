"""Every statement of the product is one the migrated schema understands."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nextnest.store.statements import Statement, read
from tests.databases import scratch_database

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "nextnest" / "store").glob("*.sql"))
STATEMENTS = [(file, statement) for file in FILES for statement in read(file).values()]
# These can only be run, not prepared; the migration tests run them.
NOT_PREPARABLE = ("create ", "do ", "alter ", "set ")
# Tables with rows for each lead, message, job or hour.
GROWING = {
    *(
        "leads",
        "incoming_messages",
        "outgoing_messages",
        "person_messages",
        "broker_conversations",
        "chat_posts",
    ),
    *("ai_replies", "ai_calls", "tool_runs", "conversation_spend", "webhook_events", "swept_conversations"),
    *("job_outcomes", "queue_samples", "procrastinate_jobs", "procrastinate_events"),
}
# By hand, now and then: an e-mail address stands in several places of a lead.
READS_ALL = {"find_contact"}


@pytest.fixture(scope="module")
def conn(postgres_url: str, migrated_template: str) -> object:
    with (
        scratch_database(postgres_url, migrated_template) as url,
        psycopg.connect(url, options="-c search_path=nextnest", autocommit=True) as connection,
    ):
        yield connection


@pytest.mark.parametrize(("file", "statement"), STATEMENTS, ids=lambda value: getattr(value, "name", ""))
def test_every_statement_can_be_prepared_against_the_schema(
    conn: psycopg.Connection[object], file: Path, statement: Statement
) -> None:
    text = re.sub(r"^\s*--.*$", "", statement.sql.decode(), flags=re.MULTILINE).strip().lower()
    if text.startswith(NOT_PREPARABLE):
        return
    conn.execute(f"prepare probe as {_numbered(statement.sql.decode())}".encode())
    conn.execute("deallocate probe")


def test_no_statement_has_to_read_a_table_that_grows_from_end_to_end(
    conn: psycopg.Connection[object],
) -> None:
    """With sequential scans switched off, one remains only where no index would do."""
    whole = set()
    for _, statement in STATEMENTS:
        plan = _planned(conn, statement)
        if any(step["Node Type"] == "Seq Scan" and step["Relation Name"] in GROWING for step in _steps(plan)):
            whole.add(statement.name)
    assert whole == READS_ALL


@pytest.mark.parametrize("name", ["chat_lines", "chat_total"])
def test_a_chat_page_reads_its_own_conversation_alone(conn: psycopg.Connection[object], name: str) -> None:
    [statement] = [statement for _, statement in STATEMENTS if statement.name == name]
    read = [
        step
        for step in _steps(_planned(conn, statement))
        if step.get("Relation Name", "").endswith("_messages")
    ]
    assert len(read) == 3
    assert {step.get("Index Cond", "").strip("(").split(" = ")[0] for step in read} == {"conversation_id"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_statement_is_used_and_has_a_sentence(file: Path) -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "nextnest").rglob("*.py"))
    code += "\n".join(path.read_text() for path in (ROOT / "web").rglob("*.py"))
    for statement in read(file).values():
        assert re.search(rf"\b{statement.name}\b", code), f"{file.name}: {statement.name} is never used"
        assert statement.sentence.endswith((".", "?")), f"{file.name}: {statement.name} needs a sentence"


def test_sql_stands_in_files_only() -> None:
    begins = re.compile(r"^\s*(select|insert|update|delete|with|create|alter)\s+\w", re.IGNORECASE)
    for path in [*(ROOT / "nextnest").rglob("*.py"), *(ROOT / "web").rglob("*.py")]:
        tree = ast.parse(path.read_text())
        docstrings = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                found = begins.match(node.value) and re.search(
                    r"\b(from|into|set|table|schema)\b", node.value, re.IGNORECASE
                )
                assert not found, f"{path.relative_to(ROOT)}:{node.lineno} has SQL in it: {node.value[:60]}"


def _has_docstring(node: ast.AST) -> bool:
    body = getattr(node, "body", None)
    return bool(
        isinstance(body, list)
        and body
        and isinstance(body[0], ast.Expr)
        and isinstance(body[0].value, ast.Constant)
    )


def _planned(conn: psycopg.Connection[object], statement: Statement) -> dict[str, Any]:
    """How it would be read, whatever it is asked; nothing for what cannot be planned."""
    with conn.transaction(force_rollback=True):
        conn.execute("set local enable_seqscan = off")
        conn.execute("set local enable_bitmapscan = off")
        asked = f"explain (generic_plan, format json) {_numbered(statement.sql.decode())}".replace("%%", "%")
        result = conn.pgconn.exec_(asked.encode())
        value = result.get_value(0, 0) if result.ntuples else None
    return json.loads(value)[0]["Plan"] if value else {}


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if plan:
        yield {"Node Type": "", **plan}
    for child in plan.get("Plans", []):
        yield from _steps(child)


def _numbered(sql: str) -> str:
    """Named parameters as the server counts them."""
    seen: dict[str, int] = {}
    return re.sub(r"%\((\w+)\)s", lambda found: f"${seen.setdefault(found[1], len(seen) + 1)}", sql)
