"""No key, token or password of anybody's is kept beside the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.secret_scan import findings

ROOT = Path(__file__).resolve().parents[2]
# In .env.example a secret stands without a value, or as a comment.
EXAMPLE = re.compile(r"^\s*[A-Z_]*(?:TOKEN|SECRET|KEY|PASSWORD)[A-Z_]*=(.*)$", re.MULTILINE)


# Shapes of keys, made up and put together here, so that this file holds none.
MADE_UP = {
    "a key of a model provider": "sk-" + "a1B2" * 8,
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a key of a cloud": "AKIA" + "ABCD" * 4,
    "a token of a code host": "ghp" + "_" + "a1B2" * 9,
    "a token of a chat service": "xoxb" + "-1234567890" * 3,
    "a key of a payment provider": "sk" + "_live_" + "a1B2" * 6,
    "a key of Supabase": "sb" + "_secret_" + "a1B2" * 6,
    "a signed token, such as Supabase's older keys": "eyJ" + "a1B2" * 6 + ".eyJ" + "a1B2" * 6,
}


def test_no_secret_is_kept_beside_the_code() -> None:
    scan = [sys.executable, str(ROOT / "scripts" / "secret_scan.py")]
    ended = subprocess.run(scan, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "")


@pytest.mark.parametrize("kind", MADE_UP)
def test_the_scan_finds_each_kind_and_says_where(tmp_path: Path, kind: str) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.md").write_text(f"one\ntwo {MADE_UP[kind]} three\n")
    assert list(findings(tmp_path)) == [(tmp_path / "notes" / "todo.md", 2, kind)]


def test_the_example_of_settings_holds_no_secret() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    values = EXAMPLE.findall(text)
    assert values, "the example names secrets"
    assert [value for value in values if len(value.strip()) > 0] == []
