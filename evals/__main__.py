"""`python -m evals`: every case against the model the environment configures, or the stand-in."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from bench.server import own_server
from evals import cases, report
from evals.case import Case
from evals.models import CannotRun, Model, chosen, configured
from evals.progress import Progress, say
from evals.running import Run, run
from evals.stage import Stage, running_stage
from nextnest.rules.prompts import NAMES, texts_named
from sandbox.children import ChildDied

# What a turn reads: the prompt with the calculators' definitions, asked once or twice; measured with the stand-in.
_TOKENS_PER_TURN = 10_000


def main() -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    options = _options()
    wanted = _wanted(cases.load(), options.only)
    if not wanted:
        say(f"No case is of the kind or has the id {', '.join(options.only)}.")
        return 2
    try:
        configured(options.model)  # before anything is started
        with own_server() as server, server.database() as url, running_stage(url) as stage:
            return _evaluate(stage, wanted, options)
    except KeyboardInterrupt:
        return 130
    except (CannotRun, ChildDied, TimeoutError) as error:
        say(f"\n{error}")
        return 2


def _evaluate(stage: Stage, wanted: Sequence[Case], options: argparse.Namespace) -> int:
    began = time.monotonic()
    model = chosen(options.model, stage.model)
    say(_spending_note(model, wanted, options.prompt))
    runs = [_run(stage, wanted, model, prompt, options.at_once) for prompt in options.prompt]
    print(report.text(runs, model.name, time.monotonic() - began))
    say(f"everything said and done is in {report.keep(runs, model.name)}")
    missed = report.below(runs[0], model.is_stand_in)
    for line in missed:
        say(f"below the threshold: {line}")
    return 1 if missed else 0


def _run(stage: Stage, wanted: Sequence[Case], model: Model, prompt: str, at_once: int) -> Run:
    progress = Progress(texts_named(prompt).version, len(wanted))
    return run(stage, wanted, model, prompt, at_once, lambda one: progress.done(one.case.id, one.passed))


def _spending_note(model: Model, wanted: Sequence[Case], prompts: Sequence[str]) -> str:
    if model.is_stand_in:
        return f"{len(wanted)} cases with the stand-in model: free, and no judgement of a real one"
    turns = len(prompts) * sum(len(case.says) + len(case.answers) for case in wanted if not case.hostile)
    tokens = turns * _TOKENS_PER_TURN
    return (
        f"{len(wanted)} cases with {model.name}: this spends money, some {turns} answers and {tokens:,} tokens,"
        " most of them read and many of those cached. Ctrl-C stops it."
    )


def _wanted(found: Sequence[Case], only: Sequence[str]) -> list[Case]:
    """All, or those of the kinds or ids that begin so."""
    return [
        case
        for case in found
        if not only or case.kind.startswith(tuple(only)) or case.id.startswith(tuple(only))
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals", description=sys.modules["evals"].__doc__)
    parser.add_argument(
        "--only", type=_several, default=[], help="kinds or ids, by their beginnings, with commas"
    )
    parser.add_argument(
        "--prompt", type=_prompts, default=["current"], help=f"one or more of {', '.join(NAMES)}"
    )
    parser.add_argument("--model", help="sandbox, or another model of the configured provider")
    parser.add_argument("--at-once", type=int, default=8, help="conversations side by side")
    return parser.parse_args()


def _several(value: str) -> list[str]:
    return [one.strip() for one in value.split(",") if one.strip()]


def _prompts(value: str) -> list[str]:
    try:
        return [name for name in _several(value) if texts_named(name)]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
