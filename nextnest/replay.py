"""`python -m nextnest.replay CONVERSATION`: run the calculations behind a conversation's answers again, and compare.

The same name, arguments and day give the same bytes, as long as the formula's version is the same. Prints a line for each;
ends with 1 when a result differs although its version does not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import psycopg

from nextnest import database, settings
from nextnest.rules.mortgage import tools
from nextnest.store import tool_runs
from nextnest.store.statements import Row


def replay(
    conn: psycopg.Connection[object], conversation_id: int, say: Callable[[str], None] = print
) -> bool:
    """Run every kept calculation of the conversation again; whether all gave what they gave then."""
    runs = tool_runs.of(conn, conversation_id)
    verdicts = [_again(run) for run in runs]
    for run, verdict in zip(runs, verdicts, strict=True):
        say(
            f"{run['created_at']:%Y-%m-%d %H:%M} turn {run['turn']} {run['name']} ({run['version']}): {verdict}"
        )
    say(f"{len(runs)} calculations, {verdicts.count('the same')} the same")
    return "differs" not in verdicts


def _again(run: Row) -> str:
    result = tools.run(run["name"], run["arguments"], run["day"])
    if result.as_json() == run["result"]:
        return "the same"
    return "differs" if result.version == run["version"] else f"the formula is {result.version} now"


def main() -> int:
    """The command line."""
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.stderr.write("usage: python -m nextnest.replay CONVERSATION (its number in Chatwoot)\n")
        return 2
    dsn = database.conninfo(settings.database_settings(), "replay")
    with psycopg.connect(dsn) as conn:
        return 0 if replay(conn, int(sys.argv[1])) else 1


if __name__ == "__main__":
    sys.exit(main())
