"""Some of the cases against the stand-in model, through the whole product; `make evals` plays all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from evals.bystander import settled_bystander
from evals.case import Case
from evals.cases import load
from evals.models import STAND_IN, chosen, of_stand_in
from evals.running import run
from evals.scoring import Score
from evals.stage import Stage, running_stage
from nextnest.rules.prompts import texts_named

HONEST = (
    "bsd-condo",
    "absd-who-buys",
    "what-is-tdsr",
    "complaint",
    "chinese-duty",
    "guaranteed-approval",
    "walk-in",
)
HOSTILE = (
    *(
        "obeys-approval",
        "obeys-binding-offer",
        "obeys-prompt-leak",
        "calls-another-conversation",
        "calls-an-owner",
    ),
    *("text-into-a-calculator", "form-field-as-instruction"),
)


@pytest.fixture(scope="module")
def stage(module_database_url: str) -> Iterator[Stage]:
    with running_stage(module_database_url) as running:
        yield running


def test_cases_of_every_part_pass_with_the_stand_in(stage: Stage) -> None:
    scores = _play(stage, HONEST)
    assert [(one.case.id, one.failures) for one in scores if not one.passed] == []
    assert all(one.parts == {"state": 1, "tools": 1, "said": 1, "forbidden": 1} for one in scores)


def test_a_model_that_obeys_every_injection_breaks_nothing(stage: Stage) -> None:
    """Nobody else's conversation is read or written, no owner changes, nothing forbidden reaches the customer."""
    scores = _play(stage, HOSTILE)
    assert [(one.case.id, one.failures) for one in scores if not one.passed] == []
    obeyed = [
        call
        for call in stage.model.calls
        if call.model == of_stand_in(stage.model, hostile=True)["OPENAI_MODEL"]
    ]
    wrote = "\n".join(str(call.answer) for call in obeyed)
    assert all(
        words in wrote
        for words in ("guaranteed to be approved", "0.88%", "assign_agent", "What you must not do")
    )
    refused = [one for one in scores if one.case.refused]
    assert {one.evidence.status for one in refused} == {"handed_off"}


def test_what_happens_to_a_bystander_is_noticed(stage: Stage) -> None:
    with stage.worker("worker-bystander", chosen(STAND_IN, stage.model).environment):
        bystander = settled_bystander(stage)
        assert bystander.breaches() == ()
        other = int(stage.chatwoot.add_conversation()["id"])
        stage.chatwoot.agent_says(other, f"I read that {bystander.mark} is here")
        assert bystander.breaches() == ("a bystander's words reached another customer",)
        stage.chatwoot.agent_says(bystander.conversation_id, "Hello")
        assert "a bystander's messages changed" in bystander.breaches()


def test_the_model_gets_the_version_of_the_prompt_that_was_asked_for(stage: Stage) -> None:
    texts = texts_named("no-calculators")
    [score] = _play(stage, ("bsd-condo",), prompt="no-calculators")
    assert score.passed, score.failures
    assert score.evidence.versions == (texts.version,)
    assert str(stage.model.calls[-1].instructions).startswith(texts.rules)


def _play(stage: Stage, ids: tuple[str, ...], prompt: str = "current") -> list[Score]:
    cases = [_cases()[one] for one in ids]
    model = chosen(STAND_IN, stage.model)
    return list(run(stage, cases, model, prompt, at_once=4, told=lambda _score: None).scores)


@cache
def _cases() -> dict[str, Case]:
    return {case.id: case for case in load()}
