"""No key, token or password of anybody's beside the code: `python scripts/secret_scan.py`.

It names file, line and kind, never the secret. It knows the shapes of well-known keys; a password without a shape of its own
it cannot know.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What people write; the rest is pictures and the like. Files without a suffix are scripts and settings.
KEPT = {
    *("", ".py", ".sql", ".js", ".css", ".html", ".svg", ".md", ".txt", ".sh"),
    *(".toml", ".yaml", ".yml", ".json", ".lock", ".example", ".service", ".conf"),
}
# Of this machine alone, never part of the project.
LEFT_OUT = {".env", ".venv", ".git", ".nextnest", ".audit", ".hypothesis", "node_modules", "build", "dist"}

SECRETS = {
    "a key of a model provider": r"\bsk-(?!\.\.\.)[A-Za-z0-9_-]{20,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a key of a cloud": r"\bAKIA[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}\b",
    "a token of a code host": r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{40,}|\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of a chat service": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "a key of a payment provider": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "a key of Supabase": r"\bsb_secret_[A-Za-z0-9_-]{20,}|\bsbp_[0-9a-f]{40}\b",
    "a signed token, such as Supabase's older keys": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in SECRETS.items()}


def main() -> int:
    """1 and a line for each finding; 0 and nothing when there is none."""
    found = [f"{path.relative_to(ROOT)}:{line}: {kind}" for path, line, kind in findings(ROOT)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


def findings(folder: Path) -> Iterator[tuple[Path, int, str]]:
    """File, line from 1 on, and kind of everything that looks like a secret."""
    for path in _files(folder):
        text = path.read_text(encoding="utf-8", errors="ignore")
        for kind, pattern in _PATTERNS.items():
            for match in pattern.finditer(text):
                yield path, text.count("\n", 0, match.start()) + 1, kind


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_OUT or path.name.endswith("_cache") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in KEPT:
            yield path


if __name__ == "__main__":
    sys.exit(main())
