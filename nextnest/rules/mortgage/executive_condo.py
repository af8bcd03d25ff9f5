"""Terms of a new executive condominium (EC): how long it must be lived in, and when it is private."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import exact
from nextnest.rules.mortgage.calculation import Calculation, Working, years_shown
from nextnest.rules.mortgage.duty_rules import EC_MOP, EC_PRIVATISED
from nextnest.rules.mortgage.inputs import Day, Inputs

VERSION = "ec/1"


@dataclass(frozen=True, kw_only=True)
class EcInputs(Inputs):
    bought_on: Annotated[date, Day("the day the new EC is or was bought from the developer")]


@dataclass(frozen=True, kw_only=True)
class EcTerms(Calculation):
    """Years; those in force on the day of buying, and those a project from before the change keeps."""

    minimum_occupation: int
    privatised: int
    earlier_minimum_occupation: int | None
    earlier_privatised: int | None


@exact
def ec_terms(inputs: EcInputs, day: date) -> EcTerms:
    """The terms by the day of buying. After the change of 2026 it depends on the project, which a person must look up."""
    working = Working(day)
    occupation = working.use(EC_MOP, inputs.bought_on)
    privatised = working.use(EC_PRIVATISED, inputs.bought_on)
    shown = [years_shown("minimum_occupation", occupation), years_shown("private_after", privatised)]
    before = EC_MOP.rules[0].effective_from
    is_after = EC_MOP.on(inputs.bought_on) != EC_MOP.rules[0]
    if is_after:
        earlier = working.use(EC_MOP, before), working.use(EC_PRIVATISED, before)
        shown.append(years_shown("minimum_occupation_if_the_project_keeps_earlier_terms", earlier[0]))
        shown.append(years_shown("private_after_if_the_project_keeps_earlier_terms", earlier[1]))
    working.confirm(
        "Which project is it? A person must look up whether it falls under the terms of 8 May 2026."
    )
    return EcTerms(
        minimum_occupation=occupation,
        privatised=privatised,
        earlier_minimum_occupation=earlier[0] if is_after else None,
        earlier_privatised=earlier[1] if is_after else None,
        shown=tuple(shown),
        basis=working.basis(VERSION),
    )
