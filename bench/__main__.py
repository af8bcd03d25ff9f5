"""`python -m bench`: all tables, about twelve minutes; `--quick`: about three, for a first look."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from dataclasses import replace
from types import FrameType

from bench import acknowledgements, console, machine, pipelines, queueing, replies
from bench.figures import say
from bench.server import own_server
from bench.sizes import FULL, QUICK, SMOKE, Sizes

PARTS = {
    "acknowledgements": acknowledgements.measure,
    "pipelines": pipelines.measure,
    "replies": replies.measure,
    "queueing": queueing.measure,
    "console": console.measure,
}


def main() -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    options = _options()
    started = time.monotonic()
    try:
        report = _report(_sizes(options), options.only or list(PARTS))
    except KeyboardInterrupt:
        return 130
    say(f"took {time.monotonic() - started:.0f} s")
    print(report)
    return 0


def _report(sizes: Sizes, parts: list[str]) -> str:
    """Header and tables; nothing is printed before all of it is there."""
    say("starting Postgres")
    with own_server() as server:
        header = machine.describe(server.url)
        tables = [str(PARTS[part](server, sizes)) for part in parts]
    return "\n\n".join(["\n".join(header), *tables])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=sys.modules["bench"].__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="fewer rounds and samples")
    parser.add_argument("--rounds", type=int, help="how often each figure is measured")
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="one part; may be given more than once"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="only see that it works; the figures mean nothing"
    )
    return parser.parse_args()


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = SMOKE if options.smoke else QUICK if options.quick else FULL
    return replace(sizes, rounds=options.rounds) if options.rounds else sizes


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
