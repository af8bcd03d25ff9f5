"""Getting a browser for the tests never stands in the way of the tests."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import browser

ROOT = Path(__file__).parent.parent


def run(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """The script on a machine without browsers and without apt."""
    bare = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "none")}
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "browser.py")],
        env=bare | changes, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_without_a_browser_it_says_so_loudly_and_does_not_fail(tmp_path: Path) -> None:
    ended = run(tmp_path, NEXTNEST_NO_BROWSER="1")
    assert ended.returncode == 0
    assert "the pages are NOT tried in a browser" in ended.stdout
    assert "!!!!!" in ended.stdout


def test_where_nothing_can_be_fetched_it_gives_up_and_does_not_fail(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    ended = run(tmp_path, PLAYWRIGHT_DOWNLOAD_HOST=nowhere, HTTPS_PROXY=nowhere, https_proxy=nowhere)
    assert ended.returncode == 0
    assert "getting one for the browser tests" in ended.stdout
    assert "NOT tried in a browser" in ended.stdout


def test_a_browser_that_is_there_is_used_without_a_word(tmp_path: Path) -> None:
    _program(tmp_path / "chromium", "exit 0")
    ended = run(tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_a_stub_that_does_not_start_is_no_browser(tmp_path: Path) -> None:
    _program(tmp_path / "chromium", "exit 1")
    assert "NOT tried" in run(tmp_path, NEXTNEST_NO_BROWSER="1").stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_on_debian_root_fetches_first_and_installs_then(tmp_path: Path) -> None:
    log = tmp_path / "log"
    installed = tmp_path / "chromium"
    _program(
        tmp_path / "apt-get",
        f'echo "$@" >> {log}\ncase "$*" in *--download-only*) ;; *install*) /bin/cp /bin/true {installed};; esac',
    )
    ended = run(tmp_path)
    assert ended.returncode == 0
    assert "NOT tried" not in ended.stdout
    fetched, done = log.read_text().splitlines()
    assert fetched == f"{done} --download-only"
    assert all(package in done for package in browser.PACKAGES)


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
