"""`python -m nextnest doctor`."""

from __future__ import annotations

import sys

from nextnest.doctor import command

_USAGE = "usage: python -m nextnest doctor [--set-up-webhook] [--webhook-url URL]\n"


def main() -> int:
    """Run the command that is named; 2 when none is."""
    if sys.argv[1:2] != ["doctor"]:
        sys.stderr.write(_USAGE)
        return 2
    return command.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
