"""The locks are whole, and the check that says so finds what is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts.dependencies import DEVELOPMENT, ROOT, RUNTIME, SERVERS, faults


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's list of packages and its locks, to be spoilt."""
    for name in ("pyproject.toml", RUNTIME, DEVELOPMENT, *SERVERS):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_what_is_installed_is_what_is_locked_and_what_is_locked_is_whole() -> None:
    assert list(faults(ROOT)) == []


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("flask==", "flask>=", "requirements.lock: flask>="),
        ("flask==", "git+https://example.com/flask ==", "requirements.lock: git+https"),
        ("flask==", "flask==0.", "flask is 0."),
    ],
)
def test_a_line_that_pins_nothing_or_something_else_is_named(
    project: Path, was: str, now: str, says: str
) -> None:
    lock = project / RUNTIME
    lock.write_text(lock.read_text().replace(was, now, 1))
    assert [fault for fault in faults(project) if fault.startswith(says)]


def test_a_line_without_a_hash_is_named(project: Path) -> None:
    lock = project / RUNTIME
    lock.write_text(f"{lock.read_text()}unheard-of==1.0\n")
    assert "requirements.lock: unheard-of has no hash" in list(faults(project))


def test_a_package_somebody_asks_for_without_locking_it_is_named(project: Path) -> None:
    listed = project / "pyproject.toml"
    listed.write_text(listed.read_text().replace('"flask",', '"flask>=99",\n  "unheard-of",', 1))
    found = list(faults(project))
    assert "requirements.lock: unheard-of is missing" in found
    assert any(fault.startswith("requirements.lock: flask ") and ">=99" in fault for fault in found)


def test_a_package_that_is_locked_otherwise_than_installed_is_named(project: Path) -> None:
    for name in (RUNTIME, DEVELOPMENT):
        lock = project / name
        lock.write_text(lock.read_text().replace("flask==", "flask==0.", 1))
    assert [fault for fault in faults(project) if fault.startswith("flask ") and "is installed" in fault]
