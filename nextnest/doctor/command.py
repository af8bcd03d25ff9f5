"""The command line: a line per finding as it comes, and an exit status for scripts."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

from nextnest import embedded
from nextnest.doctor import sense
from nextnest.doctor.chatwoot import ChatwootAccount
from nextnest.doctor.database import Database
from nextnest.doctor.findings import Finding, red, run
from nextnest.doctor.model import Model
from nextnest.embedded import EmbeddedPostgresError
from nextnest.errors import ConfigurationError
from nextnest.settings import STATE_FOLDER, Settings, database_given, load

# What a mark looks like with colour and without.
_WORDS = {"green": "ok    ", "yellow": "look  ", "red": "WRONG "}
_COLOURS = {"green": "\033[32m", "yellow": "\033[33m", "red": "\033[31m"}
_PLAIN = "\033[0m"
_NAME_WIDTH = 11


def main(arguments: Sequence[str]) -> int:
    """Look at everything; 0 when nothing is wrong, 1 when something is. What only deserves a look changes nothing."""
    asked = _arguments(arguments)
    marks: Counter[str] = Counter()
    for name, finding in _found(asked):
        marks[finding.mark] += 1
        _say(name, finding)
    sys.stdout.write(f"\n{marks['green']} ok, {marks['yellow']} to look at, {marks['red']} wrong\n")
    return 1 if marks["red"] else 0


def _found(asked: argparse.Namespace) -> Iterator[tuple[str, Finding]]:
    """What the settings lack keeps nobody from looking at the database: it comes first when a system is set up."""
    settings, wrong = _settings()
    if wrong:
        yield "Settings", wrong
    if settings:
        yield from run(sense.checks(settings))
    yield from _of_the_database(settings)
    if settings:
        account = ChatwootAccount(settings, asked.webhook_url, set_up=asked.set_up_webhook)
        yield from run([*account.checks(), *Model(settings).checks()])


def _of_the_database(settings: Settings | None) -> Iterator[tuple[str, Finding]]:
    try:
        dsn = database_given() or _embedded()
    except ConfigurationError:
        return  # named among the settings already
    if dsn:
        yield from run(Database(dsn, settings.web_database_url if settings else None).checks())
        return
    mend = "Set it (docs/supabase.md), or start the embedded one with make migrate."
    yield "Database", red("DATABASE_URL is not set, and no embedded database runs here", mend)


def _embedded() -> str | None:
    """Where it runs: who looks starts nothing."""
    with suppress(EmbeddedPostgresError):
        if STATE_FOLDER.exists() and (server := embedded.server_for(STATE_FOLDER)).is_running():
            return server.url
    return None


def _settings() -> tuple[Settings | None, Finding | None]:
    try:
        return load(), None
    except ConfigurationError as error:
        return None, red(
            error.detail, "See docs/operations.md, Settings. Chatwoot and the model are not looked at."
        )


def _say(name: str, finding: Finding) -> None:
    word = _WORDS[finding.mark]
    if sys.stdout.isatty():
        word = f"{_COLOURS[finding.mark]}{word}{_PLAIN}"
    mend = f"  -> {finding.mend}" if finding.mend else ""
    sys.stdout.write(f"{word}{name:<{_NAME_WIDTH}} {finding.what}{mend}\n")
    sys.stdout.flush()


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m nextnest doctor",
        description="Is everything as it must be? One line each, with the mend; exit status 1 when something is wrong.",
    )
    parser.add_argument(
        "--set-up-webhook",
        action="store_true",
        help="make the webhook in Chatwoot, or give it the events it lacks",
    )
    parser.add_argument(
        "--webhook-url", help="where Chatwoot reaches web, when not under NEXTNEST_PUBLIC_URL"
    )
    return parser.parse_args(arguments)
