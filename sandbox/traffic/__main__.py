"""`make demo-traffic`: a day of made-up conversations in the running demo, or in DATABASE_URL.

The same seed again adds nothing; another one adds other conversations. A database with leads of real people in it is left
alone unless you say --yes-into-this-database: what is written cannot be taken out again by a command.
"""

from __future__ import annotations

import argparse
import os
import sys

import psycopg

from sandbox.demo import running_database
from sandbox.traffic import CONVERSATIONS_FROM, Filled, NotAllowed, fill
from sandbox.traffic.inbox import NotThere, hand_in, is_there
from sandbox.traffic.rows import Rows

_HALF_WRITTEN = (
    "What was written before is in the database alone: the console shows it, its links into Chatwoot lead nowhere. "
    "Another story, in both: make demo-traffic ARGS='--seed 2'"
)
_REAL_LEADS = "select exists (select from nextnest.leads where coalesce(conversation_id, 0) < %s)"


class Refused(Exception):
    """Why nothing was written, and what to do."""


def main() -> int:
    """The command line; 1 and one line when nothing was written."""
    options = _options()
    try:
        url, chatwoot = _where(options)
        _tell(_written(options, url, chatwoot), chatwoot)
    except NotThere as error:
        print(f"{error} {_HALF_WRITTEN}", file=sys.stderr)
        return 1
    except (Refused, NotAllowed, psycopg.OperationalError) as error:
        print(str(error) or type(error).__doc__, file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.traffic",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, help="which story; 1 unless given")
    parser.add_argument("--days", type=float, default=1.0, help="how far it goes back")
    parser.add_argument("--conversations", type=int, default=60, help="how many there are, up to a million")
    parser.add_argument("--chatwoot", help="address of the stand-in Chatwoot that shall know them, too")
    parser.add_argument(
        "--yes-into-this-database", action="store_true", help="DATABASE_URL may have real leads in it"
    )
    return parser.parse_args()


def _where(options: argparse.Namespace) -> tuple[str, str | None]:
    """The database, and the stand-in Chatwoot if there is one."""
    given = os.environ.get("DATABASE_URL", "")
    if given:
        if not options.yes_into_this_database and _has_real_leads(given):
            raise Refused(
                "DATABASE_URL has leads in it that are not made up. If you really want made-up ones among them: "
                "make demo-traffic ARGS=--yes-into-this-database"
            )
        return given, options.chatwoot
    url = running_database()
    if url is None:
        raise Refused(
            "No demo runs here. Start it with make demo, then say make demo-traffic in another terminal."
        )
    port = os.environ.get("CHATWOOT_SANDBOX_PORT") or "3000"
    return url, options.chatwoot or f"http://127.0.0.1:{port}"


def _has_real_leads(url: str) -> bool:
    with psycopg.connect(url) as conn:
        try:
            row = conn.execute(_REAL_LEADS, [CONVERSATIONS_FROM]).fetchone()
        except psycopg.errors.UndefinedTable as error:
            raise Refused("This database has no tables of ours yet: make migrate first.") from error
    return bool(row and row[0])


def _written(options: argparse.Namespace, url: str, chatwoot: str | None) -> Filled:
    if chatwoot and not is_there(chatwoot):
        raise Refused(
            f"Nothing was written: no stand-in Chatwoot answers at {chatwoot}. Start the demo with make demo, "
            "and give CHATWOOT_SANDBOX_PORT here, too, if you gave it there."
        )

    def also(rows: Rows) -> None:
        if chatwoot:
            hand_in(chatwoot, rows)

    return fill(
        url, options.seed, conversations=options.conversations, days=options.days, say=_progress, also=also
    )


def _progress(line: str) -> None:
    print(f"  {line}", end="\r" if sys.stdout.isatty() else "\n", flush=True)


def _tell(filled: Filled, chatwoot: str | None) -> None:
    if not filled.conversations:
        print(
            "\nThis story is there already: nothing was added. Another one: make demo-traffic ARGS='--seed 2'"
        )
        return
    places = "the database and the stand-in Chatwoot" if chatwoot else "the database"
    print(f"\n{len(filled.conversations):,} made-up conversations are in {places} now.")


if __name__ == "__main__":
    sys.exit(main())
