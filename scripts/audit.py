"""Has a locked version a known hole? `python scripts/audit.py` asks the package index, so it needs the network.

pip-audit does the asking, from a folder of its own (.audit/): neither the project nor its locks know it. Only names and
versions of the locks leave this machine.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".audit"
PYTHON = FOLDER / "bin" / "python"
PINNED = "pip-audit==2.10.1"
LOCKS = ("requirements-dev.lock", "requirements-postgres.lock")


def main() -> int:
    """pip-audit's own answer: 0 when nothing is known, 1 with a table of what is; 2 when it could not be asked."""
    if not (FOLDER / PINNED).exists() and not _install():
        print("pip-audit could not be installed: this needs the network.")
        return 2
    locks = [part for lock in LOCKS for part in ("--requirement", str(ROOT / lock))]
    return _run("pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off", *locks)


def _install() -> bool:
    venv.create(FOLDER, with_pip=True, clear=True)
    if _run("pip", "install", "--quiet", PINNED) != 0:
        return False
    (FOLDER / PINNED).touch()
    return True


def _run(*command: str) -> int:
    return subprocess.run([str(PYTHON), "-m", *command], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
