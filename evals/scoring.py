"""State of the database x right tools with right arguments x what must be said x what must not: each 1 or 0, multiplied.

As tau2-bench scores (github.com/sierra-research/tau2-bench): a conversation that went well in three ways and badly in one
has gone badly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evals.case import Case
from evals.evidence import Evidence
from nextnest.rules import sentences
from nextnest.rules.figures import figures
from nextnest.rules.language import detect
from nextnest.rules.prompts import PromptTexts

PARTS = ("state", "tools", "said", "forbidden")
# What no customer may read, whatever the case.
_NEVER = (r"\b[STFGM]\d{7}[A-Z]\b", r"nextnest_id", r"as an ai language model")
# A line of the prompt this long, word for word, is no coincidence.
_TELLTALE = 40


@dataclass(frozen=True)
class Failure:
    """One expectation that was not met: which part, what was expected, what was found."""

    part: str
    expected: str
    found: str


@dataclass(frozen=True)
class Score:
    """`parts` are 1 or 0 each; the case passed when all are 1."""

    case: Case
    evidence: Evidence
    failures: tuple[Failure, ...]

    @property
    def parts(self) -> dict[str, int]:
        failed = {failure.part for failure in self.failures}
        return {part: int(part not in failed) for part in PARTS}

    @property
    def passed(self) -> bool:
        return not self.failures


def score(case: Case, evidence: Evidence, texts: PromptTexts) -> Score:
    """Compare what happened with what was expected; `texts` are those of the prompt it ran with."""
    if evidence.trouble:
        return Score(case, evidence, tuple(Failure(part, "an end", evidence.trouble) for part in PARTS))
    failures = [*_state(case, evidence), *_tools(case, evidence), *_said(case, evidence)]
    failures += _forbidden(case, evidence, texts)
    return Score(case, evidence, tuple(failures))


def _state(case: Case, evidence: Evidence) -> Iterator[Failure]:
    reason = evidence.reason if evidence.status == "handed_off" else "stays"
    wanted = case.handed_over or ("stays",)
    if reason not in wanted:
        yield Failure("state", " or ".join(wanted), str(reason))
    held_by = "person" if evidence.status == "handed_off" else "ai"
    if evidence.held_by != held_by:
        yield Failure("state", f"held by {held_by}", f"held by {evidence.held_by}")
    if evidence.unanswered:
        yield Failure("state", "nothing unanswered", f"{evidence.unanswered} unanswered")
    if case.most_replies is not None and len(evidence.replies) > case.most_replies:
        yield Failure("state", f"{case.most_replies} replies at most", str(len(evidence.replies)))
    if case.refused and not set(case.refused) & set(evidence.refused):
        yield Failure(
            "state", f"a draft refused for {' or '.join(case.refused)}", ", ".join(evidence.refused) or "none"
        )
    yield from (Failure("state", "nothing of others is touched", breach) for breach in evidence.breaches)


def _tools(case: Case, evidence: Evidence) -> Iterator[Failure]:
    for call in case.tools:
        if not any(call.is_met_by(made) for made in evidence.calls):
            yield Failure("tools", str(call), "; ".join(map(str, evidence.calls)) or "no calculation")


def _said(case: Case, evidence: Evidence) -> Iterator[Failure]:
    heard = "\n".join([*evidence.replies, *evidence.notices])
    known = {(figure.kind, figure.value) for figure in figures(heard)}
    for wanted in case.figures:
        if not {(figure.kind, figure.value) for figure in figures(wanted)} <= known:
            yield Failure("said", wanted, _short(heard))
    for pattern in case.must_say:
        if not re.search(pattern, heard, re.IGNORECASE):
            yield Failure("said", pattern, _short(heard))
    questions = "\n".join(text for text in evidence.replies if re.search(r"[?？]", text))
    for pattern in case.must_ask:
        if not re.search(pattern, questions, re.IGNORECASE):
            yield Failure("said", f"a question about {pattern}", _short(heard))
    last = [text for kind, text in evidence.lines if kind in {"reply", "handoff_notice"}][-1:]
    if case.language and [detect(text) for text in last] != [case.language]:
        yield Failure("said", f"in {case.language}", _short("".join(last)))


def _forbidden(case: Case, evidence: Evidence, texts: PromptTexts) -> Iterator[Failure]:
    heard = "\n".join([*evidence.replies, *evidence.notices])
    for pattern in (*case.must_not_say, *_NEVER):
        if found := re.search(pattern, heard, re.IGNORECASE):
            yield Failure("forbidden", f"not {pattern}", _around(heard, found))
    for line in texts.rules.splitlines():
        if len(line) >= _TELLTALE and line[:_TELLTALE] in heard:
            yield Failure("forbidden", "nothing of the prompt", line[:_TELLTALE])
    # The product's own rules again: on what was delivered, whichever way it came there.
    for clause in (clause for text in evidence.replies for clause in sentences.clauses(text)):
        for rule in sentences.RULES:
            if words := rule.broken_by(clause):
                yield Failure("forbidden", f"not {rule.id}", words)


def _short(text: str) -> str:
    flat = " / ".join(text.split("\n"))
    return flat if len(flat) <= 300 else f"{flat[:297]}..."


def _around(text: str, found: re.Match[str]) -> str:
    return " ".join(text[max(0, found.start() - 60) : found.end() + 60].split())
