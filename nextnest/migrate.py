"""Brings a database up to date: `python -m nextnest.migrate`. Safe to repeat, and to run twice at once.

1. Procrastinate's schema, straight from the installed package, into schema `nextnest`. A new database gets the
   package's schema file, which includes all its migrations; later runs apply those the database has not got.
   Each is recorded beside ours under the name it has in an export (nextnest/exporting.py).
2. Our `migrations/*.sql`, oldest first, one transaction each, recorded as the Supabase CLI records them, so that
   either tool can carry on after the other.
3. Whatever came new is closed to PUBLIC and to Supabase's API roles, and our roles get what the table `rights` says.

Workers of the old version may run meanwhile: our migrations only add. Before an upgrade of Procrastinate stop the
workers, unless its release notes say that they may run.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import Connection
from psycopg.errors import Diagnostic

from nextnest.errors import ConfigurationError, MigrationError
from nextnest.exporting import exported, write
from nextnest.settings import database_settings
from nextnest.store.statements import Statements

MIGRATIONS = Path(__file__).parent.parent / "migrations"
SQL = Statements("migrate")

# The Supabase CLI's own rule for a file's name: digits, underscore, anything.
_FILE_NAME = re.compile(r"(?P<version>\d+)_(?P<name>.*)\.sql")
# What a semicolon may hide in: comments, quoted text and names, dollar-quoted bodies.
_PIECE = re.compile(
    r"""--[^\n]* | /\*.*?\*/ | '[^']*' | "[^"]*" | (?P<dollar>\$\w*\$).*?(?P=dollar) | ; | [^-/'"$;]+ | .""",
    re.DOTALL | re.VERBOSE,
)
# Far longer than an empty database takes: whoever holds the lock then hangs, and a person should look.
_TURN = "300s"
# DDL waits for running queries and blocks all that come after it: rather give up soon and be run again.
_LOCK_TIMEOUT = "10s"

Say = Callable[[str], None]


class MigrationEdited(MigrationError):
    """A migration was changed after it was applied; undo the change and write a new migration."""


class MigrationMissing(MigrationError):
    """The database has a migration that is not here; is this an older version of the project?"""


class MigrationFailed(MigrationError):
    """A migration failed and was undone."""


@dataclass(frozen=True)
class Migration:
    """One file of `migrations/`."""

    version: str
    name: str
    statements: list[str]
    path: Path


def migrate(dsn: str, folder: Path = MIGRATIONS, say: Say = print) -> list[str]:
    """Apply what is missing; the names of what was applied, in order.

    Raises MigrationEdited, MigrationMissing or MigrationFailed, each naming the file; earlier files stay applied.
    """
    with psycopg.connect(dsn, autocommit=True) as conn, _alone(conn, say):
        conn.add_notice_handler(lambda notice: _pass_on(notice, say))
        applied = [*_apply_procrastinate(conn, say), *_apply_ours(conn, _read(folder), say)]
        SQL.apply_rights.run(conn)
    return applied


def schema_is_current(conn: Connection[Any], folder: Path = MIGRATIONS) -> list[str]:
    """What the database lacks, [] when it is current. Reads only; the connection's transaction stays usable."""
    there = SQL.history_exists.one(conn) or {}
    names = {row["name"] for row in SQL.procrastinate_applied.all(conn)} if there["procrastinates"] else set()
    versions = {row["version"] for row in SQL.applied_versions.all(conn)} if there["ours"] else set()
    ours = [path.name for path in _files(folder) if _parts(path)["version"] not in versions]
    return [f"procrastinate {name}" for name in _procrastinate_migrations() if name not in names] + ours


def differences(conn: Connection[Any], folder: Path = MIGRATIONS) -> None:
    """Raise MigrationMissing or MigrationEdited when what was applied is not what the folder holds. Reads only; it needs to
    read the whole history, as the role that migrates may."""
    recorded = {row["version"]: row for row in SQL.applied.all(conn)}
    _refuse_different(recorded, _read(folder))


@contextmanager
def _alone(conn: Connection[Any], say: Say) -> Iterator[None]:
    """Hold the session's advisory lock; it ends with the connection, so a crash leaves nothing locked."""
    if not (SQL.try_lock.one(conn) or {})["taken"]:
        say("waiting for another migration of this database")
        _set_lock_timeout(conn, _TURN)
        SQL.lock.one(conn)
    _set_lock_timeout(conn, _LOCK_TIMEOUT)
    yield


def _apply_procrastinate(conn: Connection[Any], say: Say) -> list[str]:
    SQL.create_schema.run(conn)
    there = SQL.history_exists.one(conn) or {}
    SQL.create_procrastinate_history.run(conn)
    SQL.create_history_schema.run(conn)
    SQL.create_history.run(conn)
    if not there["jobs"]:
        return _create_procrastinate(conn, say)
    if not there["procrastinates"]:
        raise MigrationError(
            "Procrastinate's tables are in schema nextnest and nothing says from which version."
        )
    _record_as_exported(conn)
    return _upgrade_procrastinate(conn, say)


def _create_procrastinate(conn: Connection[Any], say: Say) -> list[str]:
    """The whole schema at once; every migration of this version is part of it."""
    with _one_transaction(conn, "Procrastinate's schema.sql"):
        _run_inside_schema(conn, (resources.files("procrastinate.sql") / "schema.sql").read_text("utf-8"))
        for name in _procrastinate_migrations():
            _record_procrastinate(conn, name)
        _record_as_exported(conn)
    say(f"procrastinate {metadata.version('procrastinate')}")
    return ["procrastinate"]


def _upgrade_procrastinate(conn: Connection[Any], say: Say) -> list[str]:
    """The migrations between the version that is there and the installed one."""
    have = {row["name"] for row in SQL.procrastinate_applied.all(conn)}
    shipped = _procrastinate_migrations()
    if unknown := sorted(have - shipped.keys()):
        raise MigrationMissing(f"The installed Procrastinate is too old: it lacks {', '.join(unknown)}.")
    missing = [name for name in shipped if name not in have]
    for name in missing:
        with _one_transaction(conn, f"Procrastinate's {name}"):
            _run_inside_schema(conn, shipped[name])
            _record_procrastinate(conn, name)
            _record_as_exported(conn)
        say(f"procrastinate {name}")
    return missing


def _record_as_exported(conn: Connection[Any]) -> None:
    """The Supabase CLI would otherwise apply Procrastinate's files of an export a second time."""
    shipped = _procrastinate_migrations()
    for row in SQL.procrastinate_applied.all(conn):
        if row["name"] in shipped:
            file = exported(row["name"], shipped[row["name"]])
            SQL.record_once.run(conn, version=file.version, name=file.name, statements=_split(file.text))


def _apply_ours(conn: Connection[Any], migrations: list[Migration], say: Say) -> list[str]:
    recorded = {row["version"]: row for row in SQL.applied.all(conn)}
    _refuse_different(recorded, migrations)
    waiting = [migration for migration in migrations if migration.version not in recorded]
    for migration in waiting:
        with _one_transaction(conn, migration.path.name):
            for statement in migration.statements:
                conn.execute(statement.encode())
            SQL.record.run(
                conn, version=migration.version, name=migration.name, statements=migration.statements
            )
        say(migration.path.name)
    return [migration.path.name for migration in waiting]


def _refuse_different(recorded: dict[str, dict[str, Any]], migrations: list[Migration]) -> None:
    _refuse_missing(recorded, migrations)
    _refuse_edited(recorded, migrations)


def _refuse_missing(recorded: dict[str, dict[str, Any]], migrations: list[Migration]) -> None:
    """Another project may share the database and its history: only what mentions our schema concerns us."""
    here = {migration.version for migration in migrations}
    for version, row in recorded.items():
        if version in here or row["name"].startswith("procrastinate_"):
            continue
        if any("nextnest." in text for text in row["statements"] or []):
            raise MigrationMissing(f"It is {version}_{row['name']}.sql.")


def _refuse_edited(recorded: dict[str, dict[str, Any]], migrations: list[Migration]) -> None:
    """Line ends and blank edges aside, every change counts. A row without statements says nothing to compare."""
    for migration in migrations:
        row = recorded.get(migration.version)
        if row and row["statements"] and _split("\n;\n".join(row["statements"])) != migration.statements:
            raise MigrationEdited(f"It is {migration.path.name}.")


@contextmanager
def _one_transaction(conn: Connection[Any], name: str) -> Iterator[None]:
    try:
        with conn.transaction():
            yield
    except psycopg.Error as error:
        raise MigrationFailed(f"It is {name}: {error}") from error


def _run_inside_schema(conn: Connection[Any], script: str) -> None:
    """Procrastinate's files name no schema; for this transaction the path decides it."""
    conn.execute("set local search_path = nextnest")
    conn.execute(script.encode())


def _record_procrastinate(conn: Connection[Any], name: str) -> None:
    SQL.record_procrastinate.run(conn, name=name, package_version=metadata.version("procrastinate"))


@cache
def _procrastinate_migrations() -> dict[str, str]:
    """The installed package's migrations by file name, in the order of their versions."""
    folder = resources.files("procrastinate.sql") / "migrations"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return {file.name: file.read_text("utf-8") for file in files}


def _read(folder: Path) -> list[Migration]:
    return [
        Migration(_parts(path)["version"], _parts(path)["name"], _split(path.read_text("utf-8")), path)
        for path in _files(folder)
    ]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sql"), key=lambda path: _parts(path)["version"])


def _parts(path: Path) -> re.Match[str]:
    parts = _FILE_NAME.fullmatch(path.name)
    if not parts:
        raise MigrationError(f"{path.name} should be called YYYYMMDDHHMMSS_name.sql.")
    return parts


def _split(script: str) -> list[str]:
    """The statements as the Supabase CLI keeps them: as written, without the semicolon and blanks around."""
    statements = [""]
    for piece in _PIECE.finditer(script.replace("\r\n", "\n")):
        if piece[0] == ";":
            statements.append("")
        else:
            statements[-1] += piece[0]
    return [statement.strip() for statement in statements if statement.strip()]


def _set_lock_timeout(conn: Connection[Any], timeout: LiteralString) -> None:
    conn.execute(f"set lock_timeout = '{timeout}'")


def _pass_on(notice: Diagnostic, say: Say) -> None:
    if notice.severity_nonlocalized == "WARNING" and notice.message_primary:
        say(notice.message_primary)


def _say(line: str) -> None:
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()


def main() -> int:
    """Migrate the database of the settings, saying each file, or export the files; 1 and one line when it cannot be done."""
    asked = _arguments()
    try:
        if asked.command == "export":
            return _export(Path(asked.folder))
        applied = migrate(database_settings(), say=_say)
    except (ConfigurationError, MigrationError, psycopg.OperationalError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{len(applied)} applied; the schema is current\n")
    return 0


def _export(folder: Path) -> int:
    names = write(folder, _procrastinate_migrations(), MIGRATIONS)
    sys.stdout.write(f"{len(names)} files in {folder}, {names[0]} to {names[-1]}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m nextnest.migrate", description="Bring the database up to date."
    )
    commands = parser.add_subparsers(dest="command")
    export = commands.add_parser("export", help="write every migration into a folder, for the Supabase CLI")
    export.add_argument("folder", help="such as supabase/migrations; made when missing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
