"""Documentation that cannot rot: what it names exists, and what exists is named."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import psycopg
import pytest
from procrastinate.jobs import Status
from pydantic import TypeAdapter

from nextnest import tasks
from nextnest.settings import Settings
from web import create_app

ROOT = Path(__file__).resolve().parents[2]
MAPPING = (ROOT / "docs" / "integration-mapping.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "deploy" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
OURS = r"(?:nextnest|web|sandbox|migrations|tests|scripts|bench|docs)/"
HOMES = sorted(
    {home for text in TEXTS.values() for home in re.findall(rf"`({OURS}[\w/]+\.(?:py|sql)):(\w+)`", text)}
)
PLACES = sorted({place for text in TEXTS.values() for place in re.findall(rf"`({OURS}[\w/.-]*)`", text)})

FOR_TESTS = ("CHATWOOT_OPENAPI", "CHATWOOT_CONTRACT_", "NEXTNEST_NO_BROWSER")

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
def test_every_home_that_is_named_exists(path: str, name: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".py"):
        assert name in _defined(text), f"{path} defines no {name}"
    else:
        assert re.search(rf"^-- {name}: |\b{name}\b", text, re.MULTILINE), f"{path} has no {name}"


@pytest.mark.parametrize("place", PLACES)
def test_every_file_and_folder_that_is_named_exists(place: str) -> None:
    assert (ROOT / place).exists()


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


DEFAULTS = {
    name.upper(): field
    for name, field in Settings.model_fields.items()
    if field.default is not None and not field.is_required()
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_is_the_same_everywhere(name: str) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [row] = [line for line in operations.splitlines() if line.startswith(f"| `{name}` |")]
    written = [row.split("|")[-2].strip(" `"), *re.findall(rf"^# {name}=(.*)$", example, re.MULTILINE)]
    meant = TypeAdapter(DEFAULTS[name].annotation)
    assert [value for value in written if meant.validate_python(value) != DEFAULTS[name].default] == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z0-9_]+)=", example, re.MULTILINE))
    ours = {name.upper() for name in Settings.model_fields}
    assert {name for name in named - ours if f"${{{name}" not in compose} == set()
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z0-9_]+)` \|", operations, re.MULTILINE)) == ours


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_no_setting_of_ours_that_does_not_exist(page: Path) -> None:
    named = re.findall(r"`((?:NEXTNEST|CHATWOOT|OPENAI|QUEUE|N8N)_[A-Z0-9_]+)(?:=\w+)?`", TEXTS[page])
    ours = {name.upper() for name in Settings.model_fields}
    assert {name for name in named if name not in ours and not name.startswith(FOR_TESTS)} == set()


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
    for target, place in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", TEXTS[page]):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file = page.parent / target if target else page
        assert file.exists(), f"{page.name} links to {target}"
        assert not place or place in _anchors(file), f"{page.name} links to {target}#{place}"


def test_every_decision_has_its_number_and_is_linked() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [(int(path.name[:4]), TEXTS[path].splitlines()[0]) for path in decisions]
    assert [number for number, _ in numbers] == list(range(1, len(decisions) + 1))
    assert all(title.startswith(f"# {number}. ") for number, title in numbers)
    linked = "".join(text for page, text in TEXTS.items() if page not in decisions)
    assert [path.name for path in decisions if f"decisions/{path.name}" not in linked] == []


@pytest.mark.parametrize(
    ("diagram", "table", "column"),
    [
        ("A conversation", "broker_conversations", "status"),
        ("An outgoing effect", "outgoing_messages", "state"),
    ],
)
def test_a_diagram_names_the_states_the_database_knows(
    database_url: str, diagram: str, table: str, column: str
) -> None:
    with psycopg.connect(database_url) as conn:
        [(check,)] = conn.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and conname = %s",
            [f"nextnest.{table}", f"{table}_{column}_check"],
        ).fetchall()
    assert _drawn(diagram) == set(re.findall(r"'(\w+)'", check))


def test_the_diagram_of_a_job_names_states_of_procrastinate() -> None:
    assert _drawn("A job") <= {status.value for status in Status}


def test_every_job_is_named_in_the_pages() -> None:
    pages = "".join(TEXTS.values())
    ours = [name for name in tasks.app.tasks if not name.startswith(("procrastinate.", "builtin"))]
    assert len(ours) > 6
    assert [name for name in ours if f"`{name}`" not in pages] == []


def test_every_metric_and_log_line_for_operators_exists() -> None:
    operations = TEXTS[ROOT / "docs" / "operations.md"]
    code = "".join(
        path.read_text() for folder in ("nextnest", "web") for path in (ROOT / folder).rglob("*.py")
    )
    metrics = re.findall(r"`nextnest_(\w+)`", operations)
    lines = [
        line
        for row in re.findall(r"^\| (`.+`) \| (?:info|warning|error) \|", operations, re.MULTILINE)
        for line in re.findall(r"`([^`]+)`", row)
    ]
    assert len(metrics) > 5
    assert len(lines) > 10
    assert [name for name in metrics if f'"{name}"' not in code] == []
    assert [line for line in lines if not re.search(rf'\(\s*"{line}"', code)] == []


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


def _drawn(heading: str) -> set[str]:
    """The states of the diagram under a heading of the pipelines' page."""
    page = TEXTS[ROOT / "docs" / "pipelines.md"]
    diagram = page.split(f"## {heading}\n")[1].split("```mermaid\n")[1].split("```")[0]
    assert ";" not in diagram, "a semicolon ends a line of Mermaid"
    return {state for pair in re.findall(r"(\w+) --> (\w+)", diagram) for state in pair}


def _anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


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
