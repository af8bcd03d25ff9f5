"""Has a locked version a known hole? `python scripts/audit.py` asks the package index, so it needs the network.

pip-audit does the asking, from a folder of its own (.audit/): neither the project nor its locks know it. Only names and
versions of the locks leave this machine. It has to reach pypi.org itself: a mirror of packages knows no holes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".audit"
PYTHON = FOLDER / "bin" / "python"
PINNED = "pip-audit==2.10.1"
LOCKS = ("requirements-dev.lock", "requirements-postgres.lock")


def main() -> int:
    """0 when all were asked about and nothing is known, 1 when holes are known, 2 when some could not be asked about."""
    if not (FOLDER / PINNED).exists() and not _install():
        print("pip-audit could not be installed: this needs the network.")
        return 2
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        locks = [part for lock in LOCKS for part in ("--requirement", str(ROOT / lock))]
        asking = ("--disable-pip", "--require-hashes", "--progress-spinner", "off")
        _run("pip_audit", *asking, "--format", "json", "--output", str(report), *locks)
        if not report.exists():
            print("pip-audit could not ask: its reason stands above.")
            return 2
        lines, code = judged(json.loads(report.read_text(encoding="utf-8")))
    print(*lines, sep="\n")
    return code


def judged(report: dict[str, Any]) -> tuple[list[str], int]:
    """What pip-audit's report says, and the exit code; pip-audit itself calls a version it could not ask about a success."""
    packages = report["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    holes = [
        f"{package['name']} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'nothing yet'}"
        for package in packages
        for hole in package.get("vulns", ())
    ]
    lines = [*holes, f"{len(packages) - len(unknown)} packages asked about, {len(holes)} known holes."]
    if unknown:
        lines.append(f"Not asked about, because pypi.org did not know or answer: {', '.join(unknown)}.")
    return lines, 1 if holes else 2 if unknown or not packages else 0


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
