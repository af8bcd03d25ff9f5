"""Arrows never turn back: who may import whom."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# A module may import from our own modules named here, and from outside packages named here besides the standard library.
LADDER: dict[str, tuple[set[str], set[str]]] = {
    "nextnest/errors.py": (set(), set()),
    "nextnest/models.py": (set(), {"pydantic"}),
    "nextnest/rules": ({"nextnest.models", "nextnest.rules"}, set()),
    "nextnest/chatwoot": (
        {
            "nextnest.models",
            "nextnest.errors",
            "nextnest.chatwoot",
            "nextnest.settings",
            "nextnest.telemetry",
        },
        {"httpx", "pydantic"},
    ),
    "nextnest/assistant": (
        {
            "nextnest.models",
            "nextnest.errors",
            "nextnest.settings",
            "nextnest.assistant",
            "nextnest.telemetry",
        },
        {"openai"},
    ),
    "nextnest/embedded.py": ({"nextnest.errors"}, {"psycopg"}),
    "nextnest/store": (
        {"nextnest.models", "nextnest.errors", "nextnest.store"},
        {"psycopg", "procrastinate"},
    ),
    "nextnest/form_values.py": (set(), {"email_validator", "phonenumbers"}),
    "nextnest/lead_form.py": ({"nextnest.errors", "nextnest.form_values", "nextnest.models"}, {"pydantic"}),
    "nextnest/links.py": (set(), {"itsdangerous"}),
    "nextnest/deferring.py": (
        {"nextnest", "nextnest.store", "nextnest.telemetry"},
        {"psycopg", "procrastinate"},
    ),
    "nextnest/telemetry": (
        {"nextnest.telemetry"},
        {"opentelemetry", "prometheus_client", "structlog"},
    ),
    "nextnest/engagement.py": (
        {"nextnest.deferring", "nextnest.models", "nextnest.rules", "nextnest.store", "nextnest"},
        {"psycopg"},
    ),
    "nextnest/reception.py": (
        {"nextnest.deferring", "nextnest.rules", "nextnest.store", "nextnest"},
        {"psycopg"},
    ),
}
NEVER = {"sandbox", "tests", "bench"}


@pytest.mark.parametrize("place", LADDER)
def test_a_module_imports_only_what_stands_below_it(place: str) -> None:
    ours, outside = LADDER[place]
    for path in _files(place):
        for name in _imports(path):
            top = name.split(".")[0]
            if top == "nextnest":
                assert any(
                    name == allowed or name.startswith(f"{allowed}.") for allowed in ours - {"nextnest"}
                ) or (name == "nextnest" and "nextnest" in ours), f"{path.relative_to(ROOT)} imports {name}"
            else:
                allowed = top in outside or top in sys.stdlib_module_names
                assert allowed, f"{path.relative_to(ROOT)} imports {name}"


def test_production_never_imports_stand_ins_or_tests() -> None:
    for folder in ("nextnest", "web"):
        for path in _files(folder):
            assert not {name.split(".")[0] for name in _imports(path)} & NEVER, path


def test_nextnest_never_imports_web() -> None:
    for path in _files("nextnest"):
        assert "web" not in {name.split(".")[0] for name in _imports(path)}, path


def test_stand_ins_never_import_the_product() -> None:
    for path in _files("sandbox"):
        if path.name != "demo.py":
            assert not {"nextnest", "web"} & {name.split(".")[0] for name in _imports(path)}, path


@pytest.mark.parametrize(
    ("package", "door"), [("openai", "nextnest/assistant/"), ("httpx", "nextnest/chatwoot/")]
)
def test_each_outside_thing_has_one_door(package: str, door: str) -> None:
    for path in [*_files("nextnest"), *_files("web")]:
        place = str(path.relative_to(ROOT))
        if not place.startswith(door) and place != "nextnest/legacy.py":
            assert package not in {name.split(".")[0] for name in _imports(path)}, place


def test_only_the_settings_read_the_environment() -> None:
    for path in [*_files("nextnest"), *_files("web")]:
        if path.name != "settings.py":
            text = path.read_text()
            assert "getenv" not in text, path
            reads = [line for line in text.splitlines() if "os.environ" in line and "# child's" not in line]
            assert not reads, f"{path}: {reads}"


def _files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module in {"nextnest", "nextnest.rules", "nextnest.store"}:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
            else:
                names.add(node.module)
    return names
