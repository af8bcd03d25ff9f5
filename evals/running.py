"""Runs cases in groups: those that need the same model, prompt and pace share a worker, one group after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from evals.bystander import settled_bystander
from evals.case import Case
from evals.customer import Customer
from evals.models import Model, of_stand_in
from evals.scoring import Score, score
from evals.stage import Stage
from nextnest.rules.prompts import texts_named

Told = Callable[[Score], None]


@dataclass(frozen=True)
class Run:
    """All scores of one prompt, in the order of the cases; `version` names its texts by their hash."""

    prompt: str
    version: str
    scores: tuple[Score, ...]

    def share(self, kind: str | None = None) -> float:
        """Which share of the cases, or of those of a kind, passed."""
        scores = [one for one in self.scores if kind in {None, one.case.kind}]
        return sum(one.passed for one in scores) / len(scores) if scores else 1.0


def run(stage: Stage, cases: Sequence[Case], model: Model, prompt: str, at_once: int, told: Told) -> Run:
    """Play all cases with one prompt; `told` hears of each score when it is there."""
    scores: dict[str, Score] = {}
    for number, group in enumerate(_groups(cases)):
        hostile, pace = group[0].hostile, group[0].pace
        environment = of_stand_in(stage.model, hostile=True) if hostile else model.environment
        changes = environment | {"NEXTNEST_PROMPT_VERSION": prompt, "NEXTNEST_PACE": str(pace)}
        with stage.worker(f"worker-{prompt}-{number}", changes):
            scores |= {one.case.id: one for one in _play(stage, group, prompt, at_once, told)}
    return Run(prompt, texts_named(prompt).version, tuple(scores[case.id] for case in cases))


def _groups(cases: Sequence[Case]) -> Iterator[list[Case]]:
    keys = dict.fromkeys((case.hostile, case.pace) for case in cases)
    for key in keys:
        yield [case for case in cases if (case.hostile, case.pace) == key]


def _play(stage: Stage, cases: Sequence[Case], prompt: str, at_once: int, told: Told) -> list[Score]:
    """The cases of a group, several at once, beside somebody who must notice nothing of it."""
    bystander = settled_bystander(stage)
    texts = texts_named(prompt)

    def play(case: Case) -> Score:
        found = score(case, Customer(stage, case).play(), texts)
        told(found)
        return found

    with ThreadPoolExecutor(at_once) as pool:
        scores = list(pool.map(play, cases))
    breaches = bystander.breaches()
    return [_with_breaches(one, breaches, prompt) for one in scores] if breaches else scores


def _with_breaches(scored: Score, breaches: tuple[str, ...], prompt: str) -> Score:
    """Nobody can tell which case of the group did it: all have failed."""
    evidence = replace(scored.evidence, breaches=(*scored.evidence.breaches, *breaches))
    return score(scored.case, evidence, texts_named(prompt))
