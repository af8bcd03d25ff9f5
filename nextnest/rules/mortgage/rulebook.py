"""The dated rules of Singapore mortgages, all of them. docs/mortgage-rules.md shows them; a test compares the two.

To change a rule: close its last period with an end, add the new one below it with its source, and read the rest of the page
the news came from. To confirm all unchanged: compare each with its source, then move CHECKED_ON and RECHECK_BY in dated.py.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from nextnest.rules.mortgage import duty_rules, loan_rules
from nextnest.rules.mortgage.dated import NoRuleInForce, Rule, Series, registry

RULES = registry(
    value
    for module in (loan_rules, duty_rules)
    for value in vars(module).values()
    if isinstance(value, Series)
)


def rule_on(rule_id: str, day: date) -> Rule[Any]:
    """The value of a rule on a day. Raises NoRuleInForce, also for a rule nobody knows."""
    if rule_id not in RULES:
        raise NoRuleInForce(rule_id, day)
    return RULES[rule_id].on(day)


def all_rules() -> tuple[Rule[Any], ...]:
    """Every value of every rule, in the order of the book."""
    return tuple(rule for series in RULES.values() for rule in series.rules)
