"""What a check says, and how checks are run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Literal

from nextnest.logs import describe

Mark = Literal["green", "yellow", "red"]


@dataclass(frozen=True)
class Finding:
    """One line: what is so, and when it should not be, the mend."""

    mark: Mark
    what: str
    mend: str = ""


@dataclass(frozen=True)
class Check:
    """`look` finds things out. `timeout_s` bounds it as a whole; `needs` names the check without which it makes no sense."""

    name: str
    look: Callable[[], Iterable[Finding]]
    timeout_s: float
    needs: str = ""


def green(what: str) -> Finding:
    """As it must be."""
    return Finding("green", what)


def yellow(what: str, mend: str) -> Finding:
    """It works; somebody should look."""
    return Finding("yellow", what, mend)


def red(what: str, mend: str) -> Finding:
    """It does not work."""
    return Finding("red", what, mend)


def some(names: list[str]) -> str:
    """The first three, and how many more."""
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


def run(checks: Iterable[Check]) -> Iterator[tuple[str, Finding]]:
    """Every check's findings under its name, as they come. What a failed check was needed for is named and left out."""
    failed: set[str] = set()
    for check in checks:
        if check.needs in failed:
            failed.add(check.name)
            yield check.name, yellow("not looked at", f"Mend {check.needs} first.")
            continue
        for finding in _within_its_time(check):
            if finding.mark == "red":
                failed.add(check.name)
            yield check.name, finding


def _within_its_time(check: Check) -> Iterator[Finding]:
    """In a thread of its own that nobody waits for at the end: what hangs must not keep the others, or the command."""
    found: SimpleQueue[Finding | None] = SimpleQueue()
    Thread(target=_look, args=(check, found), daemon=True, name=f"doctor-{check.name}").start()
    deadline = time.monotonic() + check.timeout_s
    try:
        while finding := found.get(timeout=max(0, deadline - time.monotonic())):
            yield finding
    except Empty:
        yield red(
            f"no answer within {check.timeout_s:.0f} s", "See that it can be reached from this machine."
        )


def _look(check: Check, found: SimpleQueue[Finding | None]) -> None:
    try:
        for finding in check.look():
            found.put(finding)
    except Exception as error:
        # Whatever it is, the other checks go on; the words of a foreign error may quote a secret.
        found.put(red(f"could not be looked at: {describe(error)}", "This is unexpected: report it."))
    finally:
        found.put(None)
