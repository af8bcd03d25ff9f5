"""Documentation that cannot rot: what it names exists, and what exists is named."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import psycopg
import pytest

from nextnest.settings import Settings
from web import create_app

ROOT = Path(__file__).resolve().parents[2]
MAPPING = (ROOT / "docs" / "integration-mapping.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
HOMES = sorted(set(re.findall(r"`((?:nextnest|web|migrations)/[\w/]+\.(?:py|sql)):(\w+)`", MAPPING)))

# The functions of the document this project was asked to keep, and those it asked for.
FUNCTIONS = [
    "assignBestBroker",
    "markBrokerBusy",
    "releaseBrokerCapacity",
    "analyzeMessageUrgency",
    "getBrokerPersona",
    "sendInitialMessage",
    "hasExistingGreeting",
    "createActivityMessage",
    "updateConversationCustomAttributes",
    "checkIfEcho",
    "trackBotMessage",
    "checkForExistingConversation",
    "updateBrokerMetrics",
    "announceBrokerJoin",
    "generateBrokerResponse",
    "sendMessage",
    "shouldUseBullMQ",
    "processNewConversation",
    "processIncomingMessage",
    "updateConversationStatus",
]


@pytest.mark.parametrize(("path", "name"), HOMES, ids=lambda value: str(value))
def test_every_home_in_the_mapping_exists(path: str, name: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".py"):
        assert name in _defined(text), f"{path} defines no {name}"
    else:
        assert re.search(rf"^-- {name}: |\b{name}\b", text, re.MULTILINE), f"{path} has no {name}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_of_the_mapping_has_a_row_with_a_home(function: str) -> None:
    [row] = [line for line in MAPPING.splitlines() if line.startswith(f"| `{function}` |")]
    assert re.search(r"\.(py|sql):\w+`", row)


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_every_setting_is_in_the_example_and_in_the_operators_table(name: str) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert re.search(rf"^(# )?{name}=", example, re.MULTILINE)
    assert f"| `{name}` |" in operations


def test_no_setting_is_documented_that_does_not_exist() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z0-9_]+)=", example, re.MULTILINE))
    assert named <= {name.upper() for name in Settings.model_fields}


def test_every_command_is_in_the_readme_and_every_command_in_the_docs_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)) - {"help"}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {target for target in targets if f"`make {target}`" not in readme} == set()
    named = {
        name for page in PAGES for name in re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))
    }
    assert named <= targets


def test_every_route_is_documented() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for rule in create_app(_settings()).url_map.iter_rules():
        route = re.sub(r"<(?:\w+:)?\w+>", "<link>", rule.rule)
        if rule.endpoint != "static":
            assert f"`{route}`" in operations or f" {route}`" in operations, (
                f"{route} is not in docs/operations.md"
            )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_view_says_what_it_shows_and_is_named_for_operators(database_url: str) -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    with psycopg.connect(database_url) as conn:
        views = conn.execute(
            "select c.relname, obj_description(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = 'nextnest' and c.relkind = 'v'"
        ).fetchall()
    assert len(views) > 8
    for name, comment in views:
        assert comment, f"view {name} has no comment"
        assert f"`{name}`" in operations, f"view {name} is not in docs/operations.md"


def _defined(source: str) -> set[str]:
    """Functions, classes, methods and constants of a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _settings() -> Settings:
    """Enough of them to know the routes; nothing is opened."""
    return Settings.model_validate(
        {
            "database_url": "postgresql://nobody@127.0.0.1:9/nothing",
            "chatwoot_base_url": "http://127.0.0.1:9",
            "chatwoot_account_id": 1,
            "chatwoot_inbox_id": 1,
            "chatwoot_api_token": "token",
            "openai_api_key": "key",
            "openai_model": "model",
            "nextnest_secret_key": "secret",
        }
    )
