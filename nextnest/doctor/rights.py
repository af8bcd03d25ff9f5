"""Who may do what: as whom we sign in, whether our groups may what they should and no more, what stands open to others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from nextnest.doctor.findings import Finding, green, red, some, yellow
from nextnest.roles import KINDS
from nextnest.store import doctor as store
from nextnest.store import roles
from nextnest.store.statements import Row


def granted(conn: Connection[Any]) -> Iterator[Finding]:
    """Our login, and for the owner, who alone may ask, whether the grants are what the table of rights says."""
    row = store.server(conn)
    groups = sorted({group for kind in KINDS.values() for group in kind.groups})
    missing = roles.missing_groups(conn, groups)
    if missing:
        says = f"the groups {some(missing)} are missing: everything runs as the owner"
        yield yellow(says, "Have an administrator create them, then run make migrate.")
    if row["owner"]:
        yield from _drift(conn)
    if not missing:
        yield _login(row)


def _login(row: Row) -> Finding:
    if row["groups"]:
        return green(f"{row['login']} may do what {', '.join(row['groups'])} may")
    if row["owner"]:
        return green(f"{row['login']} owns the schema; logins with less: python -m nextnest.roles")
    return red(f"{row['login']} may do nothing here", "Make a login with python -m nextnest.roles.")


def _drift(conn: Connection[Any]) -> Iterator[Finding]:
    found = roles.misgranted(conn)
    for how, says in (("less", "may not"), ("more", "should not be able to")):
        if cases := [
            f"{row['role']} {row['privilege']} {row['written']}" for row in found if row["how"] == how
        ]:
            yield red(f"{says}: {some(cases)}", "Run make migrate: it grants what nextnest.rights says.")


def exposure(conn: Connection[Any]) -> Finding:
    """Whether anything is open to PUBLIC or to Supabase's API roles, or not guarded."""
    if found := [f"{row['what']} ({row['who']})" for row in store.exposed(conn)]:
        return red(f"open: {some(found)}", "Run make migrate: it takes every such right away.")
    return green("closed to PUBLIC, anon, authenticated and service_role; rows and views guarded")
