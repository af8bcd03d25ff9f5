"""Unmistakable words in every sensitive column of a contact's rows, to be looked for afterwards."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.people_held import Held
from tests.privacy_page import sensitive

Connection = psycopg.Connection[Any]

# A figure stands in pages with and without its commas.
FIGURE = 98_765_432
_ROWS_OF = {"leads": "id", "lead_openings": "lead_id"}


def word(table: str, column: str) -> str:
    """What is planted in a column: no other column holds it, and nobody writes it by chance."""
    return f"Quokka{table}{column}".replace("_", "")


def plant(conn: Connection, held: Held) -> dict[tuple[str, str], str]:
    """Put a word into every column docs/privacy.md calls sensitive, in all rows of this contact; which word is where.

    AssertionError names a column that no row of the contact has: then tests.people_held should hold one.
    """
    conn.execute(
        "insert into lead_openings (contact_key, lead_id, loan_type, claimed_until)"
        " values (%s, %s, 'refinance', now() - interval '1 minute')",
        [held.lead.email, held.lead_id],
    )
    words = {}
    for table, column in sensitive():
        planted = word(table, column)
        owner = _ROWS_OF.get(table, "conversation_id")
        statement = sql.SQL("update {} set {} = %s where {} = %s").format(
            *map(sql.Identifier, (table, column, owner))
        )
        whose = held.lead_id if table in _ROWS_OF else held.conversation_id
        shaped = _shaped(conn, table, column, f"{planted}{held.conversation_id}")
        changed = conn.execute(statement, [shaped, whose])
        assert changed.rowcount, f"no row of {table} to plant {column} in"
        words[table, column] = str(FIGURE) if _type(conn, table, column) == "numeric" else planted
    return words


def _shaped(conn: Connection, table: str, column: str, planted: str) -> object:
    kind = _type(conn, table, column)
    if kind == "numeric":
        return FIGURE
    if kind != "jsonb":
        return planted
    if column in ("tool_calls", "problems"):
        return Jsonb([{"name": "tdsr", "arguments": planted}])
    known = ("name", "email", "phone", "content", "wants", "summary")
    return Jsonb(
        dict.fromkeys(known, planted)
        | {"attributes": {"note": planted}, "ok": False, "broken": [], "reasons": [planted]}
    )


def _type(conn: Connection, table: str, column: str) -> str:
    row = conn.execute(
        "select data_type from information_schema.columns"
        " where table_schema = 'nextnest' and table_name = %s and column_name = %s",
        [table, column],
    ).fetchone()
    assert row, f"docs/privacy.md names {table}.{column}, which is not there"
    return str(row[0])
