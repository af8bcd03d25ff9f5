"""Every figure has a proof, and no other figure passes for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest

from nextnest.models import Lead, Verdict
from nextnest.rules import guard
from nextnest.rules.evidence import Evidence, of_day, of_lead, of_runs
from nextnest.rules.figures import Kind
from nextnest.rules.guard import check_reply
from nextnest.rules.mortgage import tools
from nextnest.rules.mortgage.dated import RECHECK_BY
from nextnest.rules.mortgage.records import ToolResult
from nextnest.rules.mortgage.rulebook import RULES
from nextnest.rules.subjects import values_with_subjects
from tests.rules.people import a_lead

TODAY = date(2026, 11, 23)
LEAD = a_lead()
BSD = tools.run("calculate_bsd", {"amount": "1237000", "use": "residential"}, TODAY)
INSTALMENT = tools.run("monthly_instalment", {"loan": "467000", "rate": "3.15", "months": 288}, TODAY)
SSD = tools.run(
    "calculate_ssd", {"amount": "1237000", "bought_on": "2025-07-04", "sold_on": "2027-01-19"}, TODAY
)


@dataclass(frozen=True)
class Script:
    """A true draft, with what makes it true."""

    draft: str
    said: str = ""
    runs: tuple[ToolResult, ...] = ()
    lead: Lead | None = None

    def judged(self, draft: str | None = None) -> Verdict:
        evidence = (*of_runs(self.runs), *of_day(TODAY))
        return check_reply(
            self.draft if draft is None else draft,
            lead=self.lead,
            customer_texts=[self.said],
            evidence=evidence,
        )


SCRIPTS = (
    Script(f"On S$1,237,000 the BSD is {BSD.outputs['buyers_stamp_duty']}.", "a 1.237m condo", (BSD,)),
    Script(
        "您看的是123.7万的公寓，印花税是{}。".format(BSD.outputs["buyers_stamp_duty"]),
        "123.7万的公寓",
        (BSD,),
    ),
    Script(
        f"S$467,000 over 24 years at 3.15% comes to {INSTALMENT.outputs['instalment']} a month, for 288 months.",
        "loan 467k, 24 years, 3.15%",
        (INSTALMENT,),
    ),
    Script(
        f"Pinjaman S$467,000 selama 24 tahun pada 3.15 peratus: {INSTALMENT.outputs['instalment']} sebulan.",
        "467 ribu, 24 tahun, 3.15%",
        (INSTALMENT,),
    ),
    Script("467,000 வெள்ளி, 24 ஆண்டுகள், 3.15 சதவீதம்.", "S$467k 24 years 3.15%"),
    Script(
        f"Bought on 4 Jul 2025 and sold on 19 January 2027, the SSD is {SSD.outputs['sellers_stamp_duty']}.",
        "I bought on 2025-07-04 for 1.237m, sell 19/1/2027",
        (SSD,),
    ),
    Script("您在2025年7月4日买入。", "bought 4 July 2025"),
    Script("You spoke of 2025-07-04 and of August 2031.", "4/7/2025 and Aug 2031"),
    Script("TDSR, the share all debts may take, is 55% of gross income."),
    Script("总偿债率上限是55%，MSR是30%。"),
    Script("MSR is 30 per cent, and the stress test uses 4%."),
    Script("As a citizen buying a second home you would pay ABSD of 20%."),
    Script("With no other home loan the LTV limit is 75%."),
    Script("HDB's own loans go up to 75%, over a tenure of at most 25 years."),
    Script(
        "Your flat at S$600,000, a rate of 3.1%, S$410,000 still owed, and S$11,200 of income at 34.",
        lead=LEAD,
    ),
    Script("Today is 23 November 2026."),
)
UNTRUE = (
    "MSR is 55%.",
    "TDSR is capped at 30%, and MSR at 55%.",
    "The instalment may take 55% of your income.",
    "ABSD on your second home is 60%.",
    "As a PR buying a second home you would pay ABSD of 20%.",
    "With another home loan the LTV limit is 75%.",
    "With an outstanding loan the LTV is 35%.",
    "For commercial property the stress rate is 4%.",
    "SSD is 12% in the second year.",
    "BSD is 4% on the next part.",
    "The TDSR has been 55% since 2022.",
    "By law a loan may run 35 years for an HDB flat tenure.",
    "In 2026 this changes.",
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.draft[:40])
def test_a_true_draft_passes_and_says_what_proves_each_figure(script: Script) -> None:
    verdict = script.judged()
    assert (verdict.ok, verdict.reasons) == (True, ())
    assert verdict.proofs


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.draft[:40])
def test_each_digit_of_a_true_draft_altered_is_caught(script: Script) -> None:
    passed = [
        draft for draft in _altered(script.draft) if guard.UNPROVED_FIGURE not in script.judged(draft).broken
    ]
    assert passed == []


@pytest.mark.parametrize("draft", UNTRUE)
def test_a_rules_value_said_of_something_else_is_caught(draft: str) -> None:
    verdict = check_reply(draft, lead=None, customer_texts=[], evidence=of_day(TODAY))
    assert guard.UNPROVED_FIGURE in verdict.broken


def test_a_rule_past_its_recheck_date_proves_nothing_by_itself() -> None:
    draft = "TDSR is 55%."
    assert check_reply(draft, lead=None, customer_texts=[], evidence=of_day(RECHECK_BY)).ok
    later = of_day(RECHECK_BY + timedelta(days=1))
    assert not check_reply(draft, lead=None, customer_texts=[], evidence=later).ok


def test_every_rule_with_a_figure_has_a_subject_or_is_a_calculators_alone() -> None:
    for series in RULES.values():
        rule = series.rules[-1]
        words = series.says(rule.value)
        if any(character.isdigit() for character in words) and series.id != "ssd_residential":
            assert list(values_with_subjects(series.id, rule.value, words)), series.id


def test_sources_name_tool_rule_form_and_customer() -> None:
    draft = f"{BSD.outputs['buyers_stamp_duty']} on S$1.237m; TDSR 55%; S$600,000."
    proofs = dict(Script(draft, "1.237m", (INSTALMENT, BSD), LEAD).judged().proofs)
    assert set(proofs.values()) == {
        "tool:calculate_bsd#2",
        "customer",
        "rule:tdsr@2021-12-16",
        "lead:property_price",
    }


def test_a_rounding_of_our_own_is_no_result() -> None:
    exact = INSTALMENT.outputs["instalment"]
    shorter = f"S${Decimal(exact.removeprefix('S$').replace(',', '')).quantize(Decimal('1E1')):,.0f}"
    assert Script(f"It is {exact}.", runs=(INSTALMENT,)).judged().ok
    assert not Script(f"It is about {shorter}.", runs=(INSTALMENT,)).judged().ok


def test_what_the_model_put_into_a_calculator_proves_nothing() -> None:
    assert not Script("On S$1,237,000.", runs=(BSD,)).judged().ok


def test_a_run_that_came_to_nothing_proves_nothing() -> None:
    assert of_runs([tools.run("calculate_bsd", {"amount": None, "use": None}, TODAY)]) == ()


def test_evidence_says_its_kind_value_and_source() -> None:
    assert Evidence(Kind.PERCENT, Decimal("3.10"), "lead:current_rate") in set(of_lead(LEAD))
    day = Evidence(Kind.DATE, Decimal(20261123), "today")
    assert day in of_day(TODAY)


def _altered(draft: str) -> Iterator[str]:
    """The draft with one digit another, for each digit and each other one."""
    for place, character in enumerate(draft):
        if character.isdigit():
            yield from (
                draft[:place] + other + draft[place + 1 :] for other in "0123456789" if other != character
            )
