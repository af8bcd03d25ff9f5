"""Additional buyer's stamp duty (ABSD): the highest share among the buyers on the whole amount, and its ways out.

A couple's remission takes the duty away and is asked for, never assumed. Refunds come after a sale: they are conditions of
the result, and what must be paid first stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from nextnest.rules.mortgage.arithmetic import DOLLAR, day_in_words, down_to, exact, percent
from nextnest.rules.mortgage.buyers_stamp_duty import AMOUNT
from nextnest.rules.mortgage.calculation import Calculation, Shown, Working, room_shown
from nextnest.rules.mortgage.duty_rules import (
    ABSD,
    ABSD_COUPLE,
    ABSD_DEVELOPER_REMITTABLE,
    ABSD_FLAT_OR_NEW_EC,
    ABSD_SALE_MONTHS,
    ABSD_SENIOR_AGE,
    ABSD_TREATIES,
)
from nextnest.rules.mortgage.inputs import Choice, Inputs, Money, Several, Whole, YesNo
from nextnest.rules.mortgage.values import Profile

VERSION = "absd/1"
_COUPLE = 2
# More homes than anybody needs to name: from the third on the share is the same.
_MOST_HOMES = 99


class Home(StrEnum):
    HDB_FLAT = "hdb_flat"
    NEW_EC = "new_ec"
    OTHER = "other_home"


class Treaty(StrEnum):
    """What a foreigner or permanent resident is under the free trade agreements."""

    US_NATIONAL = "us_national"
    EFTA = "iceland_liechtenstein_norway_switzerland_national_or_pr"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Buyer(Inputs):
    """One buyer. `treaty` matters for permanent residents and foreigners, `homes_owned` for people."""

    profile: Annotated[
        Profile,
        Choice("what each buyer is: Singapore citizen, permanent resident, foreigner, or a company", Profile),
    ]
    homes_owned: Annotated[
        int | None, Whole("how many homes each buyer already owns, shares of homes included", 0, _MOST_HOMES)
    ]
    treaty: Annotated[
        Treaty | None,
        Choice(
            "whether a buyer who is not a citizen is a US national, or a national or permanent resident of Iceland,"
            " Liechtenstein, Norway or Switzerland",
            Treaty,
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class AbsdInputs(Inputs):
    amount: Annotated[Decimal, Money(AMOUNT)]
    home: Annotated[Home, Choice("whether it is an HDB flat, a new EC or another home", Home)]
    buyers: Annotated[tuple[Buyer, ...], Several("who the buyers are", Buyer)]
    married_to_each_other: Annotated[
        bool | None, YesNo("whether the two buyers are married to each other and buy in both names")
    ]


@dataclass(frozen=True, kw_only=True)
class Absd(Calculation):
    """`duty` in whole dollars is what must be paid, `remittable` what of it may come back under conditions."""

    share: Decimal
    raw: Decimal
    duty: Decimal
    remittable: Decimal


@exact
def additional_stamp_duty(inputs: AbsdInputs, day: date) -> Absd:
    """The duty on a document signed on `day`. Raises Missing when the outcome depends on what nobody said."""
    working = Working(day)
    working.assume(f"The document is signed under the rules of {day_in_words(day)}.")
    if _flat_or_new_ec_of_a_citizen(inputs):
        return _result(working, inputs, _without_duty(inputs, working), Decimal(0))
    share = max(_share(buyer, working) for buyer in inputs.buyers)
    if share and _is_remitted(inputs, working):
        share = Decimal(0)
    return _result(working, inputs, share, _may_come_back(inputs, share, working))


def _flat_or_new_ec_of_a_citizen(inputs: AbsdInputs) -> bool:
    return inputs.home is not Home.OTHER and any(_is_citizen(buyer) for buyer in inputs.buyers)


def _without_duty(inputs: AbsdInputs, working: Working) -> Decimal:
    working.use(ABSD_FLAT_OR_NEW_EC)
    if any(buyer.homes_owned != 0 for buyer in inputs.buyers):
        months = working.use(ABSD_SALE_MONTHS)
        working.confirm(f"A home owned now must be sold within {months} months of getting the keys.")
    return Decimal(0)


def _share(buyer: Buyer, working: Working) -> Decimal:
    table = working.use(ABSD)
    if buyer.profile in {Profile.ENTITY, Profile.DEVELOPER}:
        return table.share(buyer.profile, 1)
    buyer.need(*(["homes_owned"] if _is_citizen(buyer) else ["homes_owned", "treaty"]))
    assert buyer.homes_owned is not None
    profile = buyer.profile
    if not _is_citizen(buyer) and buyer.treaty is not Treaty.NONE:
        working.use(ABSD_TREATIES)
        working.confirm("A person confirms the papers for the treatment under a free trade agreement.")
        profile = Profile.CITIZEN
    return table.share(profile, buyer.homes_owned + 1)


def _is_remitted(inputs: AbsdInputs, working: Working) -> bool:
    """A couple with a citizen, neither owning a home. Two strangers pay in full, so somebody has to say."""
    people = [buyer for buyer in inputs.buyers if buyer.profile not in {Profile.ENTITY, Profile.DEVELOPER}]
    could_be = len(inputs.buyers) == len(people) == _COUPLE and any(map(_is_citizen, people))
    if not could_be or any(buyer.homes_owned for buyer in people):
        return False
    inputs.need("married_to_each_other")
    if inputs.married_to_each_other:
        working.use(ABSD_COUPLE)
        working.confirm("A person confirms the conditions of the remission for married couples.")
    return bool(inputs.married_to_each_other)


def _may_come_back(inputs: AbsdInputs, share: Decimal, working: Working) -> Decimal:
    """The share that may be refunded or remitted later."""
    profiles = {buyer.profile for buyer in inputs.buyers}
    if profiles == {Profile.DEVELOPER}:
        remittable = working.use(ABSD_DEVELOPER_REMITTABLE)
        working.confirm("A person confirms the conditions of the remission for housing developers.")
        return remittable
    owned = [buyer.homes_owned for buyer in inputs.buyers]
    if not share or not any(map(_is_citizen, inputs.buyers)):
        return Decimal(0)
    if len(owned) == _COUPLE and set(owned) in ({1}, {0, 1}):
        return _couple_replacing(share, inputs, working)
    if owned == [1]:
        return _senior_moving(share, working)
    return Decimal(0)


def _couple_replacing(share: Decimal, inputs: AbsdInputs, working: Working) -> Decimal:
    inputs.need("married_to_each_other")
    if not inputs.married_to_each_other:
        return Decimal(0)
    months = working.use(ABSD_SALE_MONTHS)
    working.confirm(
        f"It is paid first, and may be refunded if this replaces the couple's only home and that is sold within {months}"
        " months: of buying a finished home, or of the new home's completion."
    )
    return share


def _senior_moving(share: Decimal, working: Working) -> Decimal:
    age, months = working.use(ABSD_SENIOR_AGE), working.use(ABSD_SALE_MONTHS)
    working.confirm(
        f"It is paid first, and may be refunded to a single citizen aged {age} years or more if the new home is of lower"
        f" value and the only home owned now is sold within {months} months."
    )
    return share


def _result(working: Working, inputs: AbsdInputs, share: Decimal, remittable: Decimal) -> Absd:
    raw = inputs.amount * share
    refund = down_to(inputs.amount * remittable, DOLLAR)
    shown = [Shown("share", percent(share)), room_shown("additional_buyers_stamp_duty", raw)]
    if refund:
        shown.append(room_shown("may_come_back_under_conditions", refund))
    return Absd(
        share=share,
        raw=raw,
        duty=down_to(raw, DOLLAR),
        remittable=refund,
        shown=tuple(shown),
        basis=working.basis(VERSION),
    )


def _is_citizen(buyer: Buyer) -> bool:
    return buyer.profile is Profile.CITIZEN
