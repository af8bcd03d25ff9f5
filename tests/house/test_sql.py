"""Every statement of the product is one the migrated schema understands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import psycopg
import pytest

from nextnest.store.statements import Statement, read
from tests.databases import scratch_database

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "nextnest" / "store").glob("*.sql"))
STATEMENTS = [(file, statement) for file in FILES for statement in read(file).values()]
# These can only be run, not prepared; the migration tests run them.
NOT_PREPARABLE = ("create ", "do ", "alter ", "set ")


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


def _numbered(sql: str) -> str:
    """Named parameters as the server counts them."""
    seen: dict[str, int] = {}
    return re.sub(r"%\((\w+)\)s", lambda found: f"${seen.setdefault(found[1], len(seen) + 1)}", sql)
