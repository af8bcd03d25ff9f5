"""Whether a worker still turns: it touches a file every few seconds, and this asks how old the file is.

    python -m nextnest.pulse /tmp/nextnest-worker

It exits with 0 when the file was touched within thirty seconds, with 1 otherwise. It asks nobody else: a worker whose
database is away comes back by itself, and starting it anew would mend nothing. Whether workers reach the database is what
`/readyz` and `python -m nextnest doctor` say. Only the standard library, so that a probe costs next to nothing.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

# As often as the heartbeat in the database (nextnest/tasks/application.py).
_BEAT_S = 3.0
# Ten beats: a loop that is held up for so long answers no customer.
STILL_S = 30.0


@asynccontextmanager
async def beating(file: Path | None) -> AsyncIterator[None]:
    """Touch the file as long as this lasts, and at once; OSError when that first time fails. None: no file, no pulse."""
    if file is None:
        yield
        return
    _touch(file)
    task = asyncio.create_task(_beat(file))
    try:
        yield
    finally:
        task.cancel()


async def _beat(file: Path) -> None:
    while True:
        await asyncio.sleep(_BEAT_S)
        with suppress(OSError):  # a full disk: the file grows old, and that is what is looked at
            _touch(file)


def _touch(file: Path) -> None:
    """A few microseconds of a file system in memory, mostly: not worth a thread."""
    file.touch()


def silent_for(file: Path) -> float:
    """Seconds since the last beat; OSError when there was none."""
    return max(0.0, time.time() - file.stat().st_mtime)


def main(arguments: list[str]) -> int:
    """The probe's exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m nextnest.pulse FILE\n")
        return 2
    try:
        seconds = silent_for(Path(arguments[0]))
    except OSError as error:
        sys.stdout.write(f"no beat yet: {error.strerror}\n")
        return 1
    sys.stdout.write(f"last beat {seconds:.0f} s ago\n")
    return 0 if seconds <= STILL_S else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
