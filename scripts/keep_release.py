"""Keeps what a release asks of the database: `python scripts/keep_release.py` at each release, and commit the files.

Every file of statements of nextnest/store is copied to tests/previous/<version>/. A test prepares each against the schema of
today, as the roles of web and worker: what an old process may still send while the new schema is there must work.
"""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STORE = ROOT / "nextnest" / "store"
KEPT = ROOT / "tests" / "previous"
# These run in the migration and in the command that makes logins, which belong to the release that migrates.
NOT_SENT_BY_A_PROCESS = {"migrate.sql", "roles.sql"}


def main() -> int:
    """Write the files of the version in pyproject.toml, anew when they are there."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    kept = KEPT / version
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for path in STORE.glob("*.sql"):
        if path.name not in NOT_SENT_BY_A_PROCESS:
            shutil.copyfile(path, kept / path.name)
    sys.stdout.write(f"{kept.relative_to(ROOT)}: {len(list(kept.iterdir()))} files\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
