"""`python -m bench`: all tables, more than half an hour; `--quick`: about eight, for a first look."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from bench import (
    acknowledgements,
    console,
    cost,
    fetch,
    jobs,
    machine,
    pages,
    peers,
    pipelines,
    queueing,
    replies,
    simulation,
    soak,
    waits,
    wakeups,
)
from bench.figures import say
from bench.pages import Result
from bench.server import BenchServer, own_server
from bench.sizes import FULL, QUICK, SMOKE, Sizes

PARTS = {
    "acknowledgements": acknowledgements.measure,
    "pipelines": pipelines.measure,
    "replies": replies.measure,
    "queueing": queueing.measure,
    "wakeups": wakeups.measure,
    "waits": waits.measure,
    "jobs": jobs.measure,
    "peers": peers.measure,
    "fetch": fetch.measure,
    "console": console.measure,
    "cost": cost.measure,
    "simulation": simulation.measure,
    "soak": soak.measure,
}
# Takes as long as one likes: only when it is asked for.
APART = {"soak"}


def main() -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    options = _options()
    started = time.monotonic()
    try:
        print(_report(options))
    except KeyboardInterrupt:
        return 130
    say(f"took {time.monotonic() - started:.0f} s")
    return 0


def _report(options: argparse.Namespace) -> str:
    """Header and tables; nothing is printed or written before all of it is there."""
    say("starting Postgres")
    with own_server() as server:
        header = machine.describe(server.url)
        results = [
            _result(part, server, options)
            for part in options.only or [part for part in PARTS if part not in APART]
        ]
    if options.write:
        for path in pages.write(options.write, results, header):
            say(f"wrote {path}")
    return "\n\n".join(["\n".join(header), *(str(result.table) for result in results)])


def _result(part: str, server: BenchServer, options: argparse.Namespace) -> Result:
    load, at, sizes = os.getloadavg()[0], datetime.now(UTC), _sizes(options)
    with _without_collector():
        table = PARTS[part](server, sizes)
    short = next((f" --{name}" for name in ("smoke", "quick") if getattr(options, name)), "")
    measured = (
        f"Measured {at:%Y-%m-%d %H:%M} UTC{short and ', a short run'}; load average before it {load:.1f}."
    )
    command = f'make bench ARGS="--only {part}{short}"'
    if part == "soak":
        command = f'make soak ARGS="--minutes {sizes.held_s / 60:g} --rate {sizes.soak_rate:g}"'
    return Result(part, table, command, measured)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Some parts have stand-ins and clocks in this process: its full collections would hold them up, and be measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=sys.modules["bench"].__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="fewer rounds and samples")
    parser.add_argument("--rounds", type=int, help="how often each figure is measured")
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="one part; may be given more than once"
    )
    parser.add_argument("--minutes", type=float, help="of soak: how long the snapshot is held")
    parser.add_argument("--rate", type=float, help="of soak: jobs a second")
    parser.add_argument(
        "--smoke", action="store_true", help="only see that it works; the figures mean nothing"
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="docs/performance",
        help="pictures into this folder, tables into the pages beside it",
    )
    return parser.parse_args()


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = SMOKE if options.smoke else QUICK if options.quick else FULL
    asked = {
        "rounds": options.rounds,
        "held_s": options.minutes and options.minutes * 60,
        "soak_rate": options.rate,
    }
    return replace(sizes, **{name: value for name, value in asked.items() if value})


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
