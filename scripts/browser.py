"""Finds a Chromium for the browser tests, or gets one, for `make test`. Never fails: without one they are skipped.

Debian and Ubuntu as root: apt. Elsewhere: Playwright's own, into its usual folder. NEXTNEST_NO_BROWSER=1 gets none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Enough for a hundred megabytes on a slow line; a test run should not be held up longer.
LIMIT_S = 180
UPDATE_S = 60
PACKAGES = ("chromium", "fonts-noto-core")
LOUD = "!" * 72


def main() -> int:
    if find():
        return 0
    if os.environ.get("NEXTNEST_NO_BROWSER"):
        return _without("NEXTNEST_NO_BROWSER is set")
    print(
        "no Chromium here: getting one for the browser tests (NEXTNEST_NO_BROWSER=1 does without)", flush=True
    )
    if _by_apt() or _by_playwright():
        return 0
    return _without("none could be had")


def find() -> str | None:
    """The path of a Chromium that starts, of the system or Playwright's own."""
    candidates = [*filter(None, map(shutil.which, NAMES)), *_of_playwright()]
    return next((path for path in candidates if _starts(path)), None)


def _of_playwright() -> list[str]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return [str(path)] if path.exists() else []


def _starts(path: str) -> bool:
    """Ubuntu's package is a stub that asks for a snap, and libraries may be missing."""
    return _run(path, "--version", limit_s=20)


def _by_apt() -> bool:
    """Only fetching is cut off when it takes long: dpkg, once begun, must end."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    apt = ("apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=30")
    install = (*apt, "install", "--no-install-recommends", *PACKAGES)
    fetch = (*install, "--download-only")
    fetched = _run(*fetch, limit_s=LIMIT_S) or (
        _run(*apt, "update", limit_s=UPDATE_S) and _run(*fetch, limit_s=LIMIT_S)
    )
    return fetched and _run(*install) and find() is not None


def _by_playwright() -> bool:
    done = _run(sys.executable, "-m", "playwright", "install", "--no-shell", "chromium", limit_s=LIMIT_S)
    return done and find() is not None


def _run(*command: str, limit_s: float | None = None) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        ended = subprocess.run(
            command,
            env=environment,
            timeout=limit_s,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _without(reason: str) -> int:
    print(f"{LOUD}\nNo Chromium ({reason}): the pages are NOT tried in a browser.", flush=True)
    print(f"Debian: apt-get install {' '.join(PACKAGES)}\n{LOUD}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
