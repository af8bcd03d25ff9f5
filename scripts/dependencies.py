"""Are the packages those of the locks, and the locks whole? `python scripts/dependencies.py`, without any network.

Every line of a lock is one version with hashes; every package the project asks for is in its lock; both locks agree; what is
installed is what is locked, and each package finds what it needs. Whether a version has a known hole is not asked here:
that takes a database of holes, which `make audit` asks over the network.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
SERVERS = ("requirements-postgres.lock", "requirements-postgres-alternative.lock")
_LINE = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>[\w.!+]+)(?P<marker> ; [^\\]+?)?(?P<hashes>( --hash=sha256:[0-9a-f]{64})*)"
)
Lock = dict[str, str]


def main() -> int:
    """1 and a line for each fault; 0 and nothing when there is none."""
    found = sorted(set(faults(ROOT)))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


def faults(folder: Path) -> Iterator[str]:
    """Everything that is not as it should be, in words."""
    locks: dict[str, Lock] = {}
    for name in (RUNTIME, DEVELOPMENT, *SERVERS):
        locks[name] = {}
        yield from _read(folder / name, locks[name])
    yield from _disagreeing(locks[RUNTIME], locks[DEVELOPMENT])
    yield from _unlocked(folder, locks)
    yield from _installed_otherwise(locks)
    yield from _unmet()


def _read(path: Path, into: Lock) -> Iterator[str]:
    """Put name and version of each line into `into`; the lines that pin nothing or prove nothing are faults."""
    lines = path.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    for line in (" ".join(line.split()) for line in lines):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            yield f"{path.name}: {line.split()[0]} is not pinned to one version"
        elif not match["hashes"]:
            yield f"{path.name}: {match['name']} has no hash"
        else:
            into[canonicalize_name(match["name"])] = match["version"]


def _disagreeing(runtime: Lock, development: Lock) -> Iterator[str]:
    for name, version in runtime.items():
        if development.get(name) != version:
            yield f"{name} is {version} in {RUNTIME} and {development.get(name, 'missing')} in {DEVELOPMENT}"


def _unlocked(folder: Path, locks: dict[str, Lock]) -> Iterator[str]:
    """What pyproject.toml asks for and no lock has, or has in a version it does not want."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {RUNTIME: project["project"]["dependencies"], DEVELOPMENT: project["dependency-groups"]["dev"]}
    extras: Iterable[list[str]] = project["project"]["optional-dependencies"].values()
    asked |= dict(zip(SERVERS, extras, strict=True))
    for lock, requirements in asked.items():
        for written in requirements:
            wanted = Requirement(written)
            version = locks[lock].get(canonicalize_name(wanted.name))
            if version is None:
                yield f"{lock}: {wanted.name} is missing"
            elif not wanted.specifier.contains(version, prereleases=True):
                yield f"{lock}: {wanted.name} {version} is not {wanted.specifier}"


def _installed_otherwise(locks: dict[str, Lock]) -> Iterator[str]:
    allowed: dict[str, set[str]] = {}
    for lock in locks.values():
        for name, version in lock.items():
            allowed.setdefault(name, set()).add(version)
    for name, version in _installed().items():
        if version not in allowed.get(name, {version}):
            yield f"{name} {version} is installed, and {' or '.join(allowed[name])} is locked"
    for name in locks[DEVELOPMENT].keys() - _installed().keys() - _of_other_machines():
        yield f"{name} is locked and not installed: make setup"


def _unmet() -> Iterator[str]:
    """What an installed package needs here and does not find, extras aside."""
    installed = _installed()
    for one in metadata.distributions():
        for written in one.requires or ():
            need = Requirement(written)
            if need.marker is not None and not need.marker.evaluate({"extra": ""}):
                continue
            version = installed.get(canonicalize_name(need.name))
            if version is None or not need.specifier.contains(version, prereleases=True):
                yield f"{one.name} needs {need.name}{need.specifier} and finds {version or 'none'}"


def _of_other_machines() -> set[str]:
    """Locked for a system or a Python that is not this one."""
    lines = (ROOT / DEVELOPMENT).read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    conditional = [Requirement(line.split(" --hash")[0].strip()) for line in lines if " ; " in line]
    return {canonicalize_name(one.name) for one in conditional if one.marker and not one.marker.evaluate()}


def _installed() -> Lock:
    return {canonicalize_name(one.name): one.version for one in metadata.distributions()}


if __name__ == "__main__":
    sys.exit(main())
