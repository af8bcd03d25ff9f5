"""The Postgres that starts by itself when DATABASE_URL is unset: for demos, tests and development.

The server's binaries come from a package; its files live in one folder (`.nextnest/postgres`):

    data/       the cluster          password    of the one role, readable by its owner only
    server.log  what it says         port        where it listened last; taken again when it is still free

It listens on 127.0.0.1 only and asks for the password, so other accounts of the machine stay out. It outlives
the process that started it; `python -m nextnest.embedded stop` ends it.

Postgres refuses to run as root. Started by root it runs as an unprivileged account of the machine, which must
be able to reach the folder. Where it is not (a project under root's own home), the files live under
/var/lib/nextnest instead; nobody's folders are opened up for it. Binaries that account cannot read are copied
beside the data.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from nextnest.embedded.errors import EmbeddedPostgresError
from nextnest.embedded.places import (
    account_to_run_as,
    can_enter,
    home_elsewhere,
    installed_binaries,
    readable,
)
from nextnest.embedded.server import Server

__all__ = ["EmbeddedPostgresError", "Server", "ensure_running", "remove", "server_for", "stop"]


def ensure_running(root: Path) -> str:
    """The connection string of the server whose files are in `root`/postgres, started if it is not running.

    Safe to call from several processes at once. Raises EmbeddedPostgresError when no server can be had.
    """
    return server_for(root).ensure_running()


def stop(root: Path) -> bool:
    """Stop that server; False when it was not running."""
    return server_for(root).stop()


def remove(root: Path) -> None:
    """Stop that server and delete its data."""
    server = server_for(root)
    server.stop()
    shutil.rmtree(server.home)


def server_for(root: Path) -> Server:
    """The server of a folder, with the account it must run as and binaries that account can read."""
    root = root.absolute()
    root.mkdir(parents=True, exist_ok=True)
    account = account_to_run_as()
    home = root / "postgres" if can_enter(account, root) else home_elsewhere(root)
    binaries, version = installed_binaries()
    return Server(home, readable(binaries, version, home, account), int(version.split(".")[0]), account)
