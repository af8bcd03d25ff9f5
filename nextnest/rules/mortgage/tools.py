"""The calculators as tools of the model: typed arguments in, a record out that gives the same bytes when it is run again.

Arguments are what a model wrote: nothing in them is trusted, and whatever they are, the answer is a ToolResult. Null means
that the customer has not said it; the result then lists what to ask. Money and rates cross as decimal strings, for a bare
number could be dollars or cents; days as ISO strings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Generic, TypeVar

from nextnest.rules.mortgage import (
    additional_stamp_duty,
    affordability,
    buyers_stamp_duty,
    cpf,
    executive_condo,
    income,
    instalment,
    ltv,
    msr,
    progressive,
    refinance,
    sellers_stamp_duty,
    tdsr,
    tenure,
)
from nextnest.rules.mortgage.arguments import read, schema
from nextnest.rules.mortgage.calculation import Calculation
from nextnest.rules.mortgage.dated import NoRuleInForce
from nextnest.rules.mortgage.inputs import Inputs, Missing, Unusable
from nextnest.rules.mortgage.records import ToolResult, of_calculation, unanswered

K = TypeVar("K", bound=Inputs)

_NULL = "Null for what the customer has not said."


@dataclass(frozen=True)
class Tool(Generic[K]):
    """One calculator: its `description` tells the model in a sentence when to call it."""

    name: str
    description: str
    inputs: type[K]
    calculate: Callable[[K, date], Calculation]
    version: str

    @property
    def definition(self) -> dict[str, object]:
        """As the Responses API takes it, in strict mode."""
        return {
            "type": "function",
            "name": self.name,
            "description": f"{self.description} {_NULL}",
            "parameters": schema(self.inputs),
            "strict": True,
        }

    def run(self, arguments: object, today: date) -> ToolResult:
        try:
            result = self.calculate(read(self.inputs, arguments), today)
        except Missing as error:
            return unanswered(self.name, today, self.version, arguments, ask_for=error.fields)
        except (Unusable, NoRuleInForce) as error:
            return unanswered(self.name, today, self.version, arguments, problem=str(error))
        return of_calculation(self.name, today, arguments, result)


_TOOLS: tuple[Tool[Any], ...] = (
    Tool(
        "calculate_bsd",
        "Buyer's stamp duty on a purchase.",
        buyers_stamp_duty.BsdInputs,
        buyers_stamp_duty.buyers_stamp_duty,
        buyers_stamp_duty.VERSION,
    ),
    Tool(
        "calculate_absd",
        "Additional buyer's stamp duty on a home, with remissions and refunds.",
        additional_stamp_duty.AbsdInputs,
        additional_stamp_duty.additional_stamp_duty,
        additional_stamp_duty.VERSION,
    ),
    Tool(
        "calculate_ssd",
        "Seller's stamp duty on a home by the days it was bought and sold; not for HDB flats.",
        sellers_stamp_duty.SsdInputs,
        sellers_stamp_duty.sellers_stamp_duty,
        sellers_stamp_duty.VERSION,
    ),
    Tool(
        "recognise_income",
        "Monthly income that counts for TDSR and MSR, from fixed, variable and rental income.",
        income.IncomeInputs,
        income.recognised_income,
        income.VERSION,
    ),
    Tool(
        "income_weighted_average_age",
        "Age of several borrowers as one, weighed by income.",
        income.AgeInputs,
        income.average_age,
        income.AGE_VERSION,
    ),
    Tool(
        "affordable_loan",
        "Largest loan for buying a home under all limits at once, and its down payment. First choice when all is known.",
        affordability.AffordabilityInputs,
        affordability.affordability,
        affordability.VERSION,
    ),
    Tool(
        "max_loan_tdsr",
        "Largest bank loan by total debt servicing ratio alone, for buying or refinancing.",
        tdsr.TdsrInputs,
        tdsr.max_loan_tdsr,
        tdsr.VERSION,
    ),
    Tool(
        "income_needed_tdsr",
        "Monthly income at which a bank loan is just within the total debt servicing ratio.",
        tdsr.IncomeNeededInputs,
        tdsr.income_needed,
        tdsr.INCOME_VERSION,
    ),
    Tool(
        "max_loan_msr",
        "Largest loan by mortgage servicing ratio alone, for an HDB flat or an EC.",
        msr.MsrInputs,
        msr.max_loan_msr,
        msr.VERSION,
    ),
    Tool(
        "max_loan_ltv",
        "Largest loan by the value of a home alone, with minimum cash and the rest of the down payment.",
        ltv.LtvInputs,
        ltv.max_loan_ltv,
        ltv.VERSION,
    ),
    Tool(
        "longest_tenure",
        "Longest loan by property, lender, age and lease.",
        tenure.TenureInputs,
        tenure.longest_tenure,
        tenure.VERSION,
    ),
    Tool(
        "monthly_instalment",
        "Monthly instalment of a loan at a given rate.",
        instalment.LoanInputs,
        instalment.monthly_instalment,
        instalment.VERSION,
    ),
    Tool(
        "loan_from_instalment",
        "Loan that a monthly instalment repays at a given rate.",
        instalment.InstalmentInputs,
        instalment.loan_from_instalment,
        instalment.VERSION,
    ),
    Tool(
        "balance_after",
        "What is still owed on a loan after a number of instalments.",
        instalment.BalanceInputs,
        instalment.balance_after,
        instalment.VERSION,
    ),
    Tool(
        "refinance_saving",
        "What a lower rate saves each month, and after how many months it has paid for the change.",
        refinance.RefinanceInputs,
        refinance.refinance_saving,
        refinance.VERSION,
    ),
    Tool(
        "progressive_payments",
        "Payments at each stage of a home that is being built, and the instalment on what is drawn.",
        progressive.ProgressiveInputs,
        progressive.progressive_payments,
        progressive.VERSION,
    ),
    Tool(
        "cpf_limits",
        "How much CPF may be used for a home at most.",
        cpf.CpfInputs,
        cpf.cpf_limits,
        cpf.VERSION,
    ),
    Tool(
        "cpf_accrued_interest",
        "Estimate of the refund to CPF when a home is sold.",
        cpf.AccruedInputs,
        cpf.cpf_accrued_interest,
        cpf.INTEREST_VERSION,
    ),
    Tool(
        "ec_terms",
        "Minimum occupation period of a new executive condominium, and when it becomes private.",
        executive_condo.EcInputs,
        executive_condo.ec_terms,
        executive_condo.VERSION,
    ),
)
TOOLS: dict[str, Tool[Any]] = {tool.name: tool for tool in _TOOLS}


@cache
def definitions() -> tuple[dict[str, object], ...]:
    """All tools as the Responses API takes them, always in the same order, so that prompts can be cached."""
    return tuple(tool.definition for tool in _TOOLS)


def run(name: str, arguments: object, today: date) -> ToolResult:
    """Run a tool on what the model wrote. Never raises: a wrong name or argument is a result with a `problem`."""
    if name not in TOOLS:
        problem = f"There is no such tool. There are {', '.join(TOOLS)}."
        return unanswered("unknown", today, "", arguments, problem=problem)
    return TOOLS[name].run(arguments, today)
