"""`python -m nextnest.embedded start|stop|remove`, for the server of ./.nextnest."""

from __future__ import annotations

import sys
from pathlib import Path

from nextnest import embedded


def main(arguments: list[str]) -> int:
    """`start` prints the connection string, `stop` ends the server, `remove` deletes its data, too."""
    commands = {"start": embedded.ensure_running, "stop": embedded.stop, "remove": embedded.remove}
    if len(arguments) != 1 or arguments[0] not in commands:
        sys.stderr.write("usage: python -m nextnest.embedded start|stop|remove\n")
        return 2
    answer = commands[arguments[0]](Path(".nextnest"))
    if isinstance(answer, str):
        sys.stdout.write(f"{answer}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
