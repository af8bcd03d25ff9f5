"""No key, token or password of anybody's is kept beside the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = {
    ".py",
    ".sql",
    ".md",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
    ".json",
    ".html",
    ".js",
    ".css",
    ".example",
    ".sh",
    "",
}
# Of this machine alone, never part of the project.
LEFT_OUT = {".env", ".venv", ".git", ".nextnest", "node_modules", "build", "dist"}

SECRETS = {
    "a key of a model provider": r"\bsk-(?!\.\.\.)[A-Za-z0-9_-]{20,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a key of a cloud": r"\bAKIA[0-9A-Z]{16}\b",
    "a token of a code host": r"\bgh[pousr]_[A-Za-z0-9]{30,}",
    "a signed token, such as Supabase's keys": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}",
}
# In .env.example a secret stands without a value, or as a comment.
EXAMPLE = re.compile(r"^\s*[A-Z_]*(?:TOKEN|SECRET|KEY|PASSWORD)[A-Z_]*=(.*)$", re.MULTILINE)


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_kept_beside_the_code(kind: str) -> None:
    pattern = re.compile(SECRETS[kind])
    assert [str(path.relative_to(ROOT)) for path, text in _texts() if pattern.search(text)] == []


def test_the_example_of_settings_holds_no_secret() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    values = EXAMPLE.findall(text)
    assert values, "the example names secrets"
    assert [value for value in values if len(value.strip()) > 0] == []


def _texts() -> Iterator[tuple[Path, str]]:
    for path in _files(ROOT):
        yield path, path.read_text(encoding="utf-8", errors="ignore")


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_OUT or path.name.endswith("_cache"):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in KEPT:
            yield path
