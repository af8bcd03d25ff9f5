"""Makes a login for one kind of process: `python -m nextnest.roles web`. Safe to repeat: then it changes the password.

The migration makes groups (nextnest_web, nextnest_console, nextnest_worker, nextnest_readonly) and no login, because a
password has no place in a migration. This makes a member, with the search path and the time limits that a group cannot pass
on, and prints its connection string. The password is chosen here, shown once, and reaches the server as its SCRAM verifier.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import Connection

from nextnest.database import BOUNDS
from nextnest.errors import ConfigurationError
from nextnest.settings import database_settings
from nextnest.store import roles


@dataclass(frozen=True)
class Kind:
    """What a login is for: the groups it joins and the limits it gets."""

    groups: tuple[str, ...]
    limits: dict[str, str]


KINDS = {
    "web": Kind(("nextnest_web",), BOUNDS),
    "web-with-console": Kind(("nextnest_web", "nextnest_console"), BOUNDS),
    "worker": Kind(("nextnest_worker",), BOUNDS),
    # A question of a dashboard may take long; it must not stand in anybody's way, nor write.
    "dashboards": Kind(
        ("nextnest_readonly",), BOUNDS | {"lock_timeout": "2s", "default_transaction_read_only": "on"}
    ),
}


class NoGroups(ConfigurationError):
    """The groups are missing; run the migration first, as a role that may create roles."""


def make_login(conn: Connection[Any], name: str, kind: Kind, password: str) -> None:
    """Make the login, or give the one that exists this password, the kind's groups and limits; all or nothing.

    Raises NoGroups; psycopg.errors.InsufficientPrivilege when the connection's role may not make it.
    """
    if missing := roles.missing_groups(conn, kind.groups):
        raise NoGroups(f"Missing: {', '.join(missing)}.")
    verifier = conn.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    with conn.transaction():
        for step in roles.login_steps(conn, name, verifier, kind.groups, kind.limits):
            conn.execute(step.encode())


def url_for(dsn: str, name: str, password: str) -> str:
    """The same address for another login. Supabase's shared pooler finds the project behind the user's first dot."""
    parts = urlsplit(dsn)
    _, dot, project = (parts.username or "").partition(".")
    place = (parts.netloc.rpartition("@"))[2]
    return parts._replace(netloc=f"{name}{dot}{project}:{password}@{place}").geturl()


def main() -> int:
    """Make the login that the command line names; 1 and one line when it cannot be done."""
    asked = _arguments()
    name = asked.name or f"nextnest_{asked.kind.replace('-', '_')}_login"
    password = secrets.token_urlsafe(32)
    try:
        dsn = database_settings()
        with psycopg.connect(dsn, autocommit=True) as conn:
            make_login(conn, name, KINDS[asked.kind], password)
    except (ConfigurationError, psycopg.Error) as error:
        sys.stderr.write(f"{str(error).strip().splitlines()[0]}\n")
        return 1
    sys.stdout.write(f"{url_for(dsn, name, password)}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m nextnest.roles", description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=sorted(KINDS), help="which process it is for")
    parser.add_argument("--name", help="the login's name; nextnest_<kind>_login otherwise")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
