"""Keeps the rows in one SQLite file, so that a restarted sandbox carries on with the same ids."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from sandbox.chatwoot.records import Contact, ContactInbox, Conversation, Message, Stored, Webhook

KINDS: dict[str, type[Stored]] = {
    kind.__name__: kind for kind in (Contact, ContactInbox, Conversation, Message, Webhook)
}


class Archive:
    """Callers hold the state's lock: SQLite sees one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # What a killed process has written stays; only a power cut could lose the last moments.
        self._db.execute("pragma synchronous = off")
        self._db.execute("pragma journal_mode = wal")
        self._db.execute(
            "create table if not exists rows (kind text, id int, body text, primary key (kind, id))"
        )

    def rows(self) -> Iterator[Stored]:
        for kind, body in self._db.execute("select kind, body from rows order by kind, id"):
            yield KINDS[kind](**json.loads(body))

    def save(self, row: Stored) -> None:
        self._db.execute(
            "insert or replace into rows values (?, ?, ?)",
            (type(row).__name__, row.id, json.dumps(asdict(row))),
        )

    def close(self) -> None:
        self._db.close()
