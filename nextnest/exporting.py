"""The complete set of migrations as files for the Supabase CLI: `python -m nextnest.migrate export FOLDER`.

Ours are files already. Procrastinate's come with its package and name no schema and no version of the CLI's kind: here each
gets a name before ours, the schema's path for its transaction, and a row in our record of them. `migrate` records the
same versions, so a database may be brought up to date by either tool, today this one and tomorrow that one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from nextnest.errors import MigrationError

# Procrastinate names its migrations by release and place: 03.04.00_01_pre_add_retry.sql.
_NAME = re.compile(r"(\d\d)\.(\d\d)\.(\d\d)_(\d\d)_(\w+)\.sql")
_TEXT = """\
-- Procrastinate's {name}, from its package {package_version}.
--
-- Generated; do not edit. Procrastinate names no schema: for this transaction the path decides it.

create schema if not exists nextnest;
create table if not exists nextnest.procrastinate_migrations (
    name text primary key, package_version text not null, applied_at timestamptz not null default now());
select set_config('search_path', 'nextnest', true);

{sql}

insert into nextnest.procrastinate_migrations (name, package_version) values ('{name}', '{package_version}')
on conflict (name) do nothing;
"""


@dataclass(frozen=True)
class ExportedFile:
    """One of Procrastinate's migrations as the CLI knows it."""

    version: str
    name: str
    text: str

    @property
    def file_name(self) -> str:
        return f"{self.version}_{self.name}.sql"


def exported(name: str, sql: str) -> ExportedFile:
    """Procrastinate's migration of this file name. MigrationError when it is called in a new way."""
    parts = _NAME.fullmatch(name)
    if not parts:
        raise MigrationError(f"Procrastinate's {name} is called in a way we cannot order.")
    # Fourteen digits as the CLI's own, in a year long before ours; the order is that of Procrastinate's names.
    version = f"2000{parts[1]}{parts[2]}{parts[3]}{parts[4]}00"
    text = _TEXT.format(name=name, package_version=metadata.version("procrastinate"), sql=sql.strip())
    return ExportedFile(version, f"procrastinate_{parts[5]}", text)


def write(folder: Path, procrastinates: Mapping[str, str], ours: Path) -> list[str]:
    """Write both sets into the folder, made when missing; the names in order.

    MigrationError when a file is there and says something else; nothing is written then.
    """
    files = {file.file_name: file.text for file in (exported(*one) for one in procrastinates.items())}
    files |= {path.name: path.read_text("utf-8") for path in sorted(ours.glob("*.sql"))}
    for name, text in files.items():
        if (there := folder / name).exists() and _told(there.read_text("utf-8")) != _told(text):
            raise MigrationError(
                f"{there} is there and says something else; an applied migration is never changed."
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return list(files)


def _told(text: str) -> str:
    """A file but for the version of the package it came with, which a new release changes."""
    return re.sub(r"from its package \S+|values \('[^']+', '[^']+'\)", "", text)
