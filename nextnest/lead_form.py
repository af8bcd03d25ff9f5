"""From what a browser sent to a Lead. Every bad field is named at once, by the name the form gave it.

What is unknown but does no harm (a property type, a timeline) keeps the lead and leaves a flag; what would change the
advice (the loan type, an amount) is refused. Nothing becomes something else in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from nextnest import form_values
from nextnest.errors import NextNestError
from nextnest.form_values import Read, Unreadable, is_absent, key_of
from nextnest.models import (
    EmploymentType,
    Lead,
    LoanType,
    LockInStatus,
    PropertyCategory,
    PropertyType,
    PurchaseTimeline,
)

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)

# The original's limit of a monthly income; a larger one is a slip of the keys.
_MOST_INCOME = 9_999_999
# Chatwoot stores numbers below ten thousand million; no home in Singapore has cost a tenth of that.
_MOST_PRICE = 1_000_000_000
# The original's range of ages: banks lend from 21.
_AGES = (21, 100)
# Well above any Singapore home loan of the last thirty years.
_MOST_RATE = 20
# More borrowers than any bank takes on one loan; the bound only keeps the row small.
_MOST_APPLICANTS = 10
_GOT_LENGTH = 60

_LOAN_TYPES = {
    "new_purchase": LoanType.NEW_PURCHASE,
    "newpurchase": LoanType.NEW_PURCHASE,
    "purchase": LoanType.NEW_PURCHASE,
    "refinance": LoanType.REFINANCE,
    "refinancing": LoanType.REFINANCE,
    "commercial": LoanType.COMMERCIAL,
}
_CATEGORIES = {
    "resale": PropertyCategory.RESALE,
    "new_launch": PropertyCategory.NEW_LAUNCH,
    "newlaunch": PropertyCategory.NEW_LAUNCH,
    "bto": PropertyCategory.BTO,
    "commercial": PropertyCategory.COMMERCIAL,
}
_PROPERTY_TYPES = {
    name: kind
    for kind, names in {
        PropertyType.HDB: "hdb hdb_flat hdb_resale hdb_bto flat bto",
        PropertyType.EC: "ec executive_condo executive_condominium",
        PropertyType.PRIVATE: "private condo condominium luxury_condo private_condo private_property"
        " private_apartment apartment",
        PropertyType.LANDED: "landed landed_property landed_house terrace terraced_house semi_d semi_detached"
        " bungalow gcb good_class_bungalow",
        PropertyType.COMMERCIAL: "commercial commercial_property office shophouse shop retail industrial"
        " warehouse factory",
    }.items()
    for name in names.split()
}
_EMPLOYMENTS = {
    "employed": EmploymentType.EMPLOYED,
    "full_time": EmploymentType.EMPLOYED,
    "self_employed": EmploymentType.SELF_EMPLOYED,
    "selfemployed": EmploymentType.SELF_EMPLOYED,
    "freelance": EmploymentType.SELF_EMPLOYED,
    "business_owner": EmploymentType.SELF_EMPLOYED,
    "recently_changed": EmploymentType.RECENTLY_CHANGED,
    # The form's own words for less than three months in the job; the original's server did not know them.
    "in_between_jobs": EmploymentType.RECENTLY_CHANGED,
    "not_working": EmploymentType.NOT_WORKING,
    "unemployed": EmploymentType.NOT_WORKING,
    "retired": EmploymentType.NOT_WORKING,
}
_TIMELINES = {
    "immediate": PurchaseTimeline.THIS_MONTH,
    "immediately": PurchaseTimeline.THIS_MONTH,
    "asap": PurchaseTimeline.THIS_MONTH,
    "this_month": PurchaseTimeline.THIS_MONTH,
    "soon": PurchaseTimeline.NEXT_3_MONTHS,
    "next_3_months": PurchaseTimeline.NEXT_3_MONTHS,
    "within_3_months": PurchaseTimeline.NEXT_3_MONTHS,
    "next_6_months": PurchaseTimeline.IN_3_TO_6_MONTHS,
    "within_6_months": PurchaseTimeline.IN_3_TO_6_MONTHS,
    "3_6_months": PurchaseTimeline.IN_3_TO_6_MONTHS,
    "exploring": PurchaseTimeline.EXPLORING,
    "just_exploring": PurchaseTimeline.EXPLORING,
}
_LOCK_INS = {status.value: status for status in LockInStatus} | {"no_lock_in": LockInStatus.NO_LOCK}
# Words that say less than the choice they stand for: understood, and flagged for a person.
_VAGUE = {"soon": "purchase_timeline_vague", "retired": "employment_retired"}


@dataclass(frozen=True)
class Problem:
    """One bad field: its name as the form sent it, what came (shortened), and what was expected."""

    field: str
    got: str
    expected: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


class InvalidLead(NextNestError):
    """The lead form has fields that cannot be understood."""

    def __init__(self, problems: list[Problem]) -> None:
        """The error's text names fields only; what was in them is personal."""
        super().__init__(", ".join(problem.field for problem in problems))
        self.problems = problems


def parse_lead(body: object) -> Lead:
    """The lead that a JSON body `{formData, sessionId, leadScore}` means. InvalidLead names every bad field."""
    if not isinstance(body, dict) or not isinstance(body.get("formData"), dict):
        got = body.get("formData") if isinstance(body, dict) else body
        raise InvalidLead([Problem("formData", _shortened(got), "an object with the form's fields")])
    form = _Form(body)
    lead = _person(form) | _loan(form) | _property(form) | _money(form) | _session(form)
    if form.problems:
        raise InvalidLead(form.problems)
    return Lead.model_validate(lead | {"flags": tuple(form.flags)})


def _person(form: _Form) -> dict[str, object]:
    return {
        "name": form.required("formData.name", form_values.name),
        "email": form.required("formData.email", form_values.email),
        "phone": form.required("formData.phone", form_values.phone),
        "ages": form.list_of("formData.actualAges", form_values.whole(*_AGES)),
    }


def _loan(form: _Form) -> dict[str, object]:
    """The loan; figures of the present one stand in existingLoanDetails or, in short forms, beside it."""
    amount, rate = form_values.money(_MOST_PRICE), form_values.percent(_MOST_RATE)
    form.object_or_nothing("formData.existingLoanDetails")
    details = "formData.existingLoanDetails"
    detailed = form.optional(f"{details}.outstandingAmount", amount)
    short = form.optional("formData.outstandingLoan", amount)
    if detailed is not None and short is not None and detailed != short:
        form.flags.append("outstanding_loan_given_twice")
    detailed_rate = form.optional(f"{details}.currentRate", rate)
    short_rate = form.optional("formData.currentRate", rate)
    return {
        "loan_type": form.required("formData.loanType", _one_of(_LOAN_TYPES)),
        "purchase_timeline": form.known("formData.purchaseTimeline", _TIMELINES, "purchase_timeline_unknown"),
        "lock_in_status": form.known("formData.lockInStatus", _LOCK_INS, "lock_in_status_unknown"),
        "outstanding_loan": short if detailed is None else detailed,
        "current_rate": short_rate if detailed_rate is None else detailed_rate,
    }


def _property(form: _Form) -> dict[str, object]:
    """The property; a refinancing has a value instead of a price, a commercial one a type of its own."""
    amount = form_values.money(_MOST_PRICE)
    price, value = (
        form.optional("formData.propertyPrice", amount),
        form.optional("formData.propertyValue", amount),
    )
    kind = form.known("formData.propertyType", _PROPERTY_TYPES, "property_type_unknown")
    if kind is None and not is_absent(form.value("formData.commercialPropertyType")):
        kind = PropertyType.COMMERCIAL
    return {
        "property_category": form.known(
            "formData.propertyCategory", _CATEGORIES, "property_category_unknown"
        ),
        "property_type": kind,
        "property_price": value if price is None else price,
    }


def _money(form: _Form) -> dict[str, object]:
    """Income and work. The original took a missing employment for `employed`; so do we, and say so."""
    employment = form.optional("formData.employmentType", _one_of(_EMPLOYMENTS))
    if is_absent(form.value("formData.employmentType")):
        form.flags.append("employment_not_given")
    form.flag_vague("formData.employmentType", "formData.purchaseTimeline")
    return {
        "incomes": form.list_of("formData.actualIncomes", form_values.money(_MOST_INCOME)),
        "employment_type": employment or EmploymentType.EMPLOYED,
        "existing_commitments": form.optional(
            "formData.existingCommitments", form_values.money(_MOST_INCOME)
        ),
    }


def _session(form: _Form) -> dict[str, object]:
    """What the browser says of itself. Its score is never used, so a broken one is no reason to lose the lead."""
    claimed = form.value("leadScore")
    score: int | None = None
    if not is_absent(claimed):
        try:
            score = round(form_values.money(100)(claimed))
        except Unreadable:
            form.flags.append("client_lead_score_unreadable")
    return {"session_id": form.optional("sessionId", form_values.text(200)), "client_lead_score": score}


@dataclass
class _Form:
    """The body being read; collects problems and flags on the way."""

    body: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)

    def value(self, path: str) -> object:
        """The value at a path such as `formData.name`, None when there is none."""
        found: object = self.body
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def required(self, path: str, read: Read[T]) -> T | None:
        if is_absent(self.value(path)):
            return self._read(path, None, read)
        return self.optional(path, read)

    def optional(self, path: str, read: Read[T]) -> T | None:
        value = self.value(path)
        return None if is_absent(value) else self._read(path, value, read)

    def known(self, path: str, choices: Mapping[str, Choice], flag: str) -> Choice | None:
        """A choice that may be unknown to us: then the lead is kept and flagged."""
        value = self.value(path)
        if is_absent(value):
            return None
        chosen = choices.get(key_of(value))
        if chosen is None:
            self.flags.append(flag)
        return chosen

    def list_of(self, path: str, read: Read[T]) -> tuple[T, ...]:
        try:
            items = form_values.listed(self.value(path))
            if len(items) > _MOST_APPLICANTS:
                raise Unreadable(f"at most {_MOST_APPLICANTS} applicants")
        except Unreadable as bad:
            self._note(path, self.value(path), bad)
            return ()
        found = [self._read(f"{path}.{place}" if place else path, item, read) for place, item in items]
        return tuple(item for item in found if item is not None)

    def object_or_nothing(self, path: str) -> None:
        value = self.value(path)
        if not is_absent(value) and not isinstance(value, dict):
            self._note(path, value, Unreadable("an object"))

    def flag_vague(self, *paths: str) -> None:
        self.flags += [_VAGUE[key] for path in paths if (key := key_of(self.value(path))) in _VAGUE]

    def _read(self, path: str, value: object, read: Read[T]) -> T | None:
        try:
            return read(value)
        except Unreadable as bad:
            self._note(path, value, bad)
            return None

    def _note(self, path: str, value: object, bad: Unreadable) -> None:
        self.problems.append(Problem(path, _shortened(value), bad.expected))


def _one_of(choices: Mapping[str, Choice]) -> Read[Choice]:
    """Reads a choice we must know."""

    def read(value: object) -> Choice:
        chosen = choices.get(key_of(value))
        if chosen is None:
            names = ", ".join(dict.fromkeys(choice.value for choice in choices.values()))
            raise Unreadable(f"one of {names}")
        return chosen

    return read


def _shortened(value: object) -> str:
    """What came, for the sender's eyes only."""
    if value is None:
        return "nothing"
    written = str(value)
    return written if len(written) <= _GOT_LENGTH else f"{written[: _GOT_LENGTH - 1]}…"
