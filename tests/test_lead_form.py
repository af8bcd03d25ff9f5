"""The lead form: odd but honest input is understood, everything else is named at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.lead_form import InvalidLead, parse_lead
from nextnest.models import (
    EmploymentType,
    Lead,
    LoanType,
    LockInStatus,
    PropertyCategory,
    PropertyType,
    PurchaseTimeline,
)

PERSON = {
    "name": "Tan Wei Ming",
    "email": "weiming@example.com",
    "phone": "9123 4567",
    "loanType": "new_purchase",
}


def lead(**fields: Any) -> Lead:
    return parse_lead({"formData": PERSON | fields, "sessionId": "s-1", "leadScore": 80})


def problems(**fields: Any) -> dict[str, str]:
    """The bad fields of a form with these changes: name -> what was got."""
    with pytest.raises(InvalidLead) as invalid:
        lead(**fields)
    return {problem.field.removeprefix("formData."): problem.got for problem in invalid.value.problems}


def test_a_complete_form_is_understood() -> None:
    understood = lead(
        propertyCategory="resale",
        propertyType="HDB",
        propertyPrice=600000,
        actualAges=[34, "36"],
        actualIncomes=[7200, "5,500"],
        employmentType="employed",
        existingCommitments="850",
        purchaseTimeline="next_3_months",
    )
    assert understood == Lead(
        name="Tan Wei Ming",
        email="weiming@example.com",
        phone="+6591234567",
        loan_type=LoanType.NEW_PURCHASE,
        property_category=PropertyCategory.RESALE,
        property_type=PropertyType.HDB,
        property_price=Decimal(600000),
        ages=(34, 36),
        incomes=(Decimal(7200), Decimal(5500)),
        employment_type=EmploymentType.EMPLOYED,
        existing_commitments=Decimal(850),
        purchase_timeline=PurchaseTimeline.NEXT_3_MONTHS,
        session_id="s-1",
        client_lead_score=80,
    )


def test_the_details_of_a_refinancing_are_understood() -> None:
    understood = lead(
        loanType="Refinancing",
        propertyValue="1.2m",
        lockInStatus="ending_soon",
        existingLoanDetails={"outstandingAmount": "S$450,000", "currentRate": "3.85%", "remainingTenure": 22},
    )
    assert understood.loan_type == LoanType.REFINANCE
    assert understood.property_price == Decimal(1_200_000)
    assert understood.lock_in_status == LockInStatus.ENDING_SOON
    assert (understood.outstanding_loan, understood.current_rate) == (Decimal(450_000), Decimal("3.85"))


def test_a_commercial_lead_is_understood() -> None:
    understood = lead(
        loanType="commercial", commercialPropertyType="Shophouse on Joo Chiat", propertyPrice="3.5 mil"
    )
    assert understood.loan_type == LoanType.COMMERCIAL
    assert understood.property_type == PropertyType.COMMERCIAL
    assert understood.property_price == Decimal(3_500_000)


def test_every_bad_field_is_named_at_once() -> None:
    assert problems(
        name="",
        email="not an address",
        phone="12345",
        loanType="bridging",
        actualAges=[34, "old"],
        actualIncomes=[-1],
        propertyPrice="a lot",
        employmentType="astronaut",
    ) == {
        "name": "nothing",
        "email": "not an address",
        "phone": "12345",
        "loanType": "bridging",
        "actualAges.1": "old",
        "actualIncomes.0": "-1",
        "propertyPrice": "a lot",
        "employmentType": "astronaut",
    }


@pytest.mark.parametrize("body", [None, [], "form", 7, {}, {"formData": []}, {"formData": None}])
def test_a_body_that_is_no_form_is_refused_by_name(body: object) -> None:
    with pytest.raises(InvalidLead) as invalid:
        parse_lead(body)
    assert [problem.field for problem in invalid.value.problems] == ["formData"]


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("91234567", "+6591234567"),
        ("9123 4567", "+6591234567"),
        ("+65 9123-4567", "+6591234567"),
        ("+6591234567", "+6591234567"),
        ("6591234567", "+6591234567"),
        ("(65) 6123 4567", "+6561234567"),
        ("0065 8123 4567", "+6581234567"),
        (91234567, "+6591234567"),
        ("９１２３４５６７", "+6591234567"),
        ("+60 12-345 6789", "+60123456789"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+86 139 1234 5678", "+8613912345678"),
        ("0060 12 345 6789", "+60123456789"),
    ],
)
def test_phone_numbers_are_understood_as_people_write_them(written: object, understood: str) -> None:
    assert lead(phone=written).phone == understood


@pytest.mark.parametrize(
    "written",
    [
        "1234567",
        "51234567",
        "912345678",
        "+91234567",
        "+65 1234",
        "+650 9123 4567",
        "CALL-ME-NOW",
        "9123 456O",
        "+",
        True,
    ],
)
def test_a_number_that_could_be_somebody_elses_is_refused(written: object) -> None:
    assert list(problems(phone=written)) == ["phone"]


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien-Tan",
        "陈",
        "陈伟明",
        "Muthu s/o Raju",
        "Tan Ah Kow @ John",
        "Nur 'Aisyah binte Osman",
        "Lý Thị Hoa",
        "Li",
    ],
)
def test_names_stay_as_people_write_them(name: str) -> None:
    assert lead(name=f"  {name} ").name == name


@pytest.mark.parametrize("name", ["T", "12", "-", "<b>Tan</b>", "Tan\u202eWei", "x" * 101, 7, ["Tan"]])
def test_what_is_no_name_is_refused(name: object) -> None:
    assert list(problems(name=name)) == ["name"]


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("new_purchase", LoanType.NEW_PURCHASE),
        ("New Purchase", LoanType.NEW_PURCHASE),
        ("purchase", LoanType.NEW_PURCHASE),
        ("refinance", LoanType.REFINANCE),
        ("refinancing", LoanType.REFINANCE),
        ("Commercial", LoanType.COMMERCIAL),
    ],
)
def test_loan_types_are_understood(written: str, understood: LoanType) -> None:
    assert lead(loanType=written).loan_type == understood


@pytest.mark.parametrize("written", ["equity_loan", "other", "", None, 3, {"a": 1}])
def test_an_unknown_loan_type_is_never_turned_into_another(written: object) -> None:
    assert list(problems(loanType=written)) == ["loanType"]


@pytest.mark.parametrize(
    ("written", "understood", "flags"),
    [
        ("employed", EmploymentType.EMPLOYED, ()),
        ("self employed", EmploymentType.SELF_EMPLOYED, ()),
        ("Self-Employed", EmploymentType.SELF_EMPLOYED, ()),
        ("in-between-jobs", EmploymentType.RECENTLY_CHANGED, ()),
        ("not-working", EmploymentType.NOT_WORKING, ()),
        ("retired", EmploymentType.NOT_WORKING, ("employment_retired",)),
        (None, EmploymentType.EMPLOYED, ("employment_not_given",)),
    ],
)
def test_employments_are_understood(
    written: object, understood: EmploymentType, flags: tuple[str, ...]
) -> None:
    read = parse_lead({"formData": PERSON | {"employmentType": written}})
    assert (read.employment_type, read.flags) == (understood, flags)


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("HDB", PropertyType.HDB),
        ("hdb_flat", PropertyType.HDB),
        ("Executive Condo", PropertyType.EC),
        ("EC", PropertyType.EC),
        ("Condo", PropertyType.PRIVATE),
        ("luxury_condo", PropertyType.PRIVATE),
        ("Landed", PropertyType.LANDED),
        ("semi-detached", PropertyType.LANDED),
        ("Commercial", PropertyType.COMMERCIAL),
    ],
)
def test_property_types_are_understood(written: str, understood: PropertyType) -> None:
    assert lead(propertyType=written).property_type == understood


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("immediate", PurchaseTimeline.THIS_MONTH),
        ("this_month", PurchaseTimeline.THIS_MONTH),
        ("next_3_months", PurchaseTimeline.NEXT_3_MONTHS),
        ("soon", PurchaseTimeline.NEXT_3_MONTHS),
        ("next_6_months", PurchaseTimeline.IN_3_TO_6_MONTHS),
        ("3_6_months", PurchaseTimeline.IN_3_TO_6_MONTHS),
        ("3-6 months", PurchaseTimeline.IN_3_TO_6_MONTHS),
        ("exploring", PurchaseTimeline.EXPLORING),
    ],
)
def test_timelines_are_understood(written: str, understood: PurchaseTimeline) -> None:
    assert lead(purchaseTimeline=written).purchase_timeline == understood


def test_unknown_choices_that_do_no_harm_keep_the_lead_and_leave_a_flag() -> None:
    kept = lead(
        propertyType="houseboat",
        purchaseTimeline="when pigs fly",
        propertyCategory="auction",
        lockInStatus="maybe",
        employmentType="employed",
    )
    assert set(kept.flags) == {
        "property_type_unknown",
        "purchase_timeline_unknown",
        "property_category_unknown",
        "lock_in_status_unknown",
    }
    assert (kept.property_type, kept.purchase_timeline, kept.property_category) == (None, None, None)


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        (8500, "8500"),
        (8500.5, "8500.5"),
        ("8,500", "8500"),
        ("$8500", "8500"),
        ("S$ 8,500.50", "8500.50"),
        ("8.5k", "8500"),
        ("8500 SGD", "8500"),
        (0, "0"),
    ],
)
def test_amounts_are_understood_as_people_write_them(written: object, understood: str) -> None:
    assert lead(actualIncomes=[written]).incomes == (Decimal(understood),)


@pytest.mark.parametrize(
    "written", ["8.500", "8,50", "5000-6000", "-1", float("nan"), float("inf"), True, "10000000", []]
)
def test_an_amount_that_can_be_read_two_ways_is_refused(written: object) -> None:
    assert list(problems(actualIncomes=[written])) == ["actualIncomes.0"]


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ([30, None], (30,)),
        (["30", ""], (30,)),
        ({"0": 30, "1": None}, (30,)),
        ({"1": "41", "0": 30}, (30, 41)),
        (35, (35,)),
        ("35", (35,)),
        (None, ()),
        ([], ()),
    ],
)
def test_lists_with_gaps_and_objects_are_understood(written: object, understood: tuple[int, ...]) -> None:
    assert lead(actualAges=written).ages == understood


@pytest.mark.parametrize("written", [[20], [101], ["thirty"], [30.5], {"first": 30}, [[30]], [30] * 11])
def test_ages_no_bank_lends_at_are_refused(written: object) -> None:
    assert [name.split(".")[0] for name in problems(actualAges=written)] == ["actualAges"]


@pytest.mark.parametrize("claimed", [None, "high", 900, -1, True])
def test_a_broken_browser_score_never_loses_the_lead(claimed: object) -> None:
    assert parse_lead({"formData": PERSON, "leadScore": claimed}).client_lead_score is None


def test_an_error_shows_no_more_than_the_start_of_what_was_sent() -> None:
    got = problems(propertyPrice="9" * 5000)["propertyPrice"]
    assert len(got) == 60


def test_an_error_text_names_fields_and_never_what_was_in_them() -> None:
    with pytest.raises(InvalidLead) as invalid:
        lead(email="secret words", phone="also secret")
    assert "formData.email, formData.phone" in str(invalid.value)
    assert "secret" not in str(invalid.value)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "name", "email", "phone", "loanType", "propertyCategory", "propertyType", "propertyPrice", "actualAges",
    "actualIncomes", "employmentType", "existingCommitments", "purchaseTimeline", "lockInStatus", "existingLoanDetails",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), anything), anything, anything)
def test_whatever_is_sent_gives_a_lead_or_named_problems(
    form: dict[str, Any], session: Any, score: Any
) -> None:
    read, named = None, []
    try:
        read = parse_lead({"formData": PERSON | form, "sessionId": session, "leadScore": score})
    except InvalidLead as invalid:
        named = invalid.problems
    assert (read is None) == bool(named)
    assert all(problem.field and len(problem.got) <= 60 for problem in named)
    assert read is None or Lead.model_validate(read.model_dump(mode="json")) == read
