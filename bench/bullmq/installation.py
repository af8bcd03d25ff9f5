"""What the peer needs, in a folder of the bench's own that is kept between runs: npm's packages and Debian's Redis."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
# redis-server is a link to a program of redis-tools; the two libraries are those a small Debian lacks.
DEBIAN = ("redis-server", "redis-tools", "liblzf1", "libjemalloc2")
INSTALL_S = 300


class Unavailable(Exception):
    """Something cannot be had on this machine; the words say what."""


@dataclass(frozen=True)
class Installation:
    """Node and the folder of its programs; Redis and the variables it needs; what they are, in words."""

    node: str
    programs: Path
    redis: str
    redis_variables: Mapping[str, str]
    versions: str


def install() -> Installation:
    """Nothing is fetched that is there already. Raises Unavailable."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nextnest-bench"
    node = _found("node")
    programs = _programs(home / "bullmq")
    redis, variables = _redis(home / "redis")
    versions = (
        f"Node {_output([node, '--version'])}, bullmq {_version(programs, 'bullmq')},"
        f" ioredis {_version(programs, 'ioredis')}, pg {_version(programs, 'pg')},"
        f" Redis {_redis_version(redis, variables)}"
    )
    return Installation(node, programs, redis, variables, versions)


def _programs(folder: Path) -> Path:
    """Our own files, copied anew each time, beside their packages, where Node looks for them."""
    wanted = (HERE / "package.json").read_bytes()
    there = folder / "package.json"
    installed = (folder / "node_modules").is_dir() and there.exists() and there.read_bytes() == wanted
    if not installed:
        npm = _found("npm")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        there.write_bytes(wanted)
        quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
        _run([npm, "install", *quiet], folder)
    for file in HERE.glob("*.mjs"):
        shutil.copy(file, folder)
    return folder


def _redis(folder: Path) -> tuple[str, dict[str, str]]:
    """The machine's, or Debian's packages unpacked: nothing is installed, so nobody needs to be root."""
    if own := shutil.which("redis-server"):
        return own, {}
    program = folder / "usr" / "bin" / "redis-server"
    if not program.exists():
        apt, dpkg = _found("apt-get"), _found("dpkg")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _run([apt, "download", *DEBIAN], folder)
        for package in sorted(folder.glob("*.deb")):
            _run([dpkg, "-x", str(package), str(folder)], folder)
    libraries = [str(path) for path in (folder / "usr" / "lib").glob("*-linux-gnu")]
    return str(program), {"LD_LIBRARY_PATH": ":".join(libraries)}


def _found(program: str) -> str:
    if path := shutil.which(program):
        return path
    raise Unavailable(f"there is no {program} here")


def _run(command: list[str], folder: Path) -> None:
    """A folder that was left half filled would look installed, so it goes."""
    try:
        _output(command, folder)
    except Unavailable:
        shutil.rmtree(folder)
        raise


def _output(
    command: list[str], folder: Path | None = None, variables: Mapping[str, str] | None = None
) -> str:
    environment = os.environ | (variables or {})
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"`{Path(command[0]).name} {' '.join(command[1:3])}` fails here") from error
    return done.stdout.strip()


def _version(programs: Path, package: str) -> str:
    described = json.loads((programs / "node_modules" / package / "package.json").read_text())
    return str(described["version"])


def _redis_version(redis: str, variables: Mapping[str, str]) -> str:
    """Of the line `Redis server v=7.0.15 sha=...`."""
    words = _output([redis, "--version"], variables=variables).split()
    return next((word.removeprefix("v=") for word in words if word.startswith("v=")), "")
