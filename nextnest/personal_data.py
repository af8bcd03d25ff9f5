"""One contact's personal data, on request: `python -m nextnest.personal_data export|erase --email jane@example.com`.

A contact is looked up by e-mail, phone, Chatwoot's contact id, or the id of one of its leads. What is found is everything
of the same e-mail address, of the same contact in Chatwoot, or in the same conversation. A phone number alone ties nobody
together: families share one.

Erasing blanks and keeps the rows: counts still add up, and no message is taken in a second time from Chatwoot, which keeps
a copy of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from nextnest import deferring, engagement, form_values
from nextnest.database import conninfo
from nextnest.errors import BeingWorkedOn, ConfigurationError, StillOpen
from nextnest.settings import database_settings
from nextnest.store import brokers, outbox
from nextnest.store import personal_data as store
from nextnest.store.personal_data import Contact, Key

_CHATWOOT_KEEPS = (
    "Chatwoot keeps its own copy: open the contact there, and delete it under its menu; its conversations go with it. "
    "Do it after the conversations are resolved there. The model provider was asked to store nothing. Backups of the "
    "database hold the data until they expire; after going back to one, erase again."
)


async def erase(conn: AsyncConnection[Any], contact: Contact, *, close: bool) -> dict[str, int]:
    """Blank everything of a contact in one transaction; how many rows of which table changed.

    Raises StillOpen when a conversation is not over and `close` does not allow to end it, BeingWorkedOn while a job has
    one of them in hand; nothing has changed then. Capacity and conversations are locked first, as everywhere: who defers a
    job about one of them holds its row and waits for none of ours.
    """
    async with conn.transaction():
        await brokers.lock_capacity(conn)
        standing = await store.lock(conn, contact)
        if standing.not_over and not close:
            raise StillOpen(f"Conversations: {', '.join(map(str, standing.not_over))}.")
        await store.call_off_jobs(conn, contact)
        if await store.is_under_way(conn, contact):
            raise BeingWorkedOn
        for conversation_id in standing.to_close:
            await engagement.resolve(conn, conversation_id)
        await store.end_unfinished(conn, contact)
        changed = await store.blank(conn, contact)
        for conversation_id in standing.to_close:
            await _tell_chatwoot(conn, conversation_id)
    return changed


async def _tell_chatwoot(conn: AsyncConnection[Any], conversation_id: int) -> None:
    """Close it there, too: what is pending there would be taken back."""
    # One closing for each time the conversation was taken up; no message has a negative number.
    turn = -1 - await store.newest_message(conn, conversation_id)
    await outbox.plan(conn, conversation_id, "status", {"status": "resolved"}, turn=turn)
    await deferring.deliver_effects(conversation_id).defer(conn)


async def export(conn: AsyncConnection[Any], contact: Contact) -> dict[str, Any]:
    """Everything we hold of a contact, as one JSON document."""
    return {"exported_at": datetime.now(UTC).isoformat(), **await store.export(conn, contact)}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 1 and one line when it cannot be done."""
    given = _parser().parse_args(arguments)
    try:
        asyncio.run(_run(given, database_settings()))
    except (ConfigurationError, StillOpen, BeingWorkedOn, psycopg.OperationalError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _run(given: argparse.Namespace, dsn: str) -> None:
    async with await AsyncConnection.connect(conninfo(dsn, "personal-data"), autocommit=True) as conn:
        contact = await store.find(conn, _key(given))
        if given.command == "export":
            _write(json.dumps(await export(conn, contact), indent=2, ensure_ascii=False), given.to)
            return
        changed = await erase(conn, contact, close=given.close)
    _say(contact, changed)


def _key(given: argparse.Namespace) -> Key:
    return Key(email=given.email, phone=given.phone, contact_id=given.contact, lead_id=given.lead)


def _write(document: str, to: Path | None) -> None:
    """A file is for its owner only: it holds everything somebody told us."""
    if to is None:
        sys.stdout.write(f"{document}\n")
        return
    to.touch(mode=0o600)
    to.write_text(f"{document}\n", encoding="utf-8")


def _say(contact: Contact, changed: dict[str, int]) -> None:
    if not any(changed.values()):
        sys.stdout.write("Nothing was left to erase.\n")
    for table, rows in changed.items():
        if rows:
            sys.stdout.write(f"{rows} erased in {table}\n")
    leads, conversations = map(str, contact.lead_ids), map(str, contact.conversation_ids)
    sys.stdout.write(f"leads: {', '.join(leads) or 'none'}\n")
    sys.stdout.write(f"conversations: {', '.join(conversations) or 'none'}\n")
    sys.stdout.write(f"{_CHATWOOT_KEEPS}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nextnest.personal_data", description="Export or erase what we hold of one contact."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    export_it = commands.add_parser("export", help="everything we hold, as one JSON document")
    export_it.add_argument("--to", type=Path, metavar="FILE", help="instead of standard output")
    erase_it = commands.add_parser("erase", help="blank it for good")
    erase_it.add_argument("--close", action="store_true", help="also when a conversation is open: close it")
    for command in (export_it, erase_it):
        by = command.add_mutually_exclusive_group(required=True)
        by.add_argument("--email", type=_email)
        by.add_argument("--phone", type=_phone, help="91234567, or with its country code: +60123456789")
        by.add_argument("--contact", type=int, help="Chatwoot's contact id")
        by.add_argument("--lead", type=UUID, help="the id of one of the contact's leads")
    return parser


def _email(written: str) -> str:
    """As leads have it; a refused form may hold one that is none."""
    try:
        return form_values.email(written).lower()
    except form_values.Unreadable:
        return written.strip().lower()


def _phone(written: str) -> str:
    try:
        return form_values.phone(written)
    except form_values.Unreadable as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
