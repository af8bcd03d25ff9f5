"""What the steps of a worker are called: a statement by its name in a .sql file, a request by its method and path."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from procrastinate import sql as procrastinate_sql

from nextnest import store
from nextnest.store import statements

# Jobs that are about a customer; the others are the clock's, and run whether anybody writes or not.
CUSTOMERS_TASKS = (
    "open-conversation",
    "new-conversation",
    "incoming-message",
    "deliver-effects",
    "settle-conversation",
)
FETCH = "fetch_jobs"

_PLACEHOLDERS = re.compile(r"%\(\w+\)s|\$\d+")
_COMMENTS = re.compile(r"--[^\n]*")


def of_statement(text: str) -> str:
    """The statement's name, or the beginning of its text when no .sql file holds it."""
    plain = _plain(text)
    return _names().get(plain, plain[:60])


def of_request(method: str, target: str) -> str:
    """Such as `POST /conversations/#/messages`: ids differ from trial to trial."""
    path = re.sub(r"^/api/v1/accounts/\d+|^/v1", "", target.partition("?")[0])
    return f"{method} {re.sub(r'(?<=/)[0-9]+', '#', path)}"


def of_fetch(answer: bytes) -> str | None:
    """What was fetched, when it was a customer's job."""
    found = [task for task in CUSTOMERS_TASKS if task.encode() in answer]
    return f"{FETCH} {found[0]}" if found else None


@cache
def _names() -> dict[str, str]:
    named = {_plain(text): name for name, text in procrastinate_sql.queries.items()}
    for file in Path(store.__file__).parent.glob("*.sql"):
        for name, statement in statements.read(file).items():
            named[_plain(statement.sql.decode())] = name
    return named


def _plain(text: str) -> str:
    """Psycopg numbers the parameters; layout and comments say nothing."""
    bare = _COMMENTS.sub("", _PLACEHOLDERS.sub("?", text)).replace("%%", "%")
    return " ".join(bare.split()).rstrip(";")
