"""The dated rules of debt ratios, loan-to-value, tenure and HDB loans; see rulebook.py."""

from __future__ import annotations

from decimal import Decimal

from nextnest.rules.mortgage import sources
from nextnest.rules.mortgage.arithmetic import percent
from nextnest.rules.mortgage.dated import Grade
from nextnest.rules.mortgage.values import LtvTier, Period, age, each, series, years

# Debt ratios
TDSR = series(
    "tdsr",
    "Share of gross monthly income that all debts together may take",
    percent,
    Period(Decimal("0.60"), "2013-06-29", sources.MAS_NEW_LOANS, "2021-12-15", grade=Grade.GENERAL),
    Period(Decimal("0.55"), "2021-12-16", sources.MAS_NEW_LOANS),
)
MSR = series(
    "msr",
    "Share of gross monthly income that all property loans may take, for an HDB flat or an EC within its minimum occupation"
    " period",
    percent,
    Period(Decimal("0.30"), "2021-12-16", sources.MAS_MSR, in_place_by=True),
)
GUARANTOR = series(
    "guarantor_share",
    "Share of the monthly obligation of a guaranteed property loan that counts as the guarantor's, at least",
    percent,
    Period(Decimal("0.20"), "2021-12-16", sources.MAS_MSR, in_place_by=True),
)
STRESS_RESIDENTIAL = series(
    "stress_rate_residential",
    "Rate a bank's home loan is assessed at, at least",
    percent,
    Period(Decimal("0.035"), "2013-06-29", sources.MND_2022, "2022-09-29", grade=Grade.GENERAL),
    Period(Decimal("0.04"), "2022-09-30", sources.MND_2022),
)
STRESS_OTHER = series(
    "stress_rate_non_residential",
    "Rate a bank's loan for other property is assessed at, at least",
    percent,
    Period(Decimal("0.045"), "2013-06-29", sources.THE_EDGE, "2022-09-29", grade=Grade.GENERAL),
    Period(Decimal("0.05"), "2022-09-30", sources.THE_EDGE),
)
HDB_ASSESSMENT = series(
    "hdb_assessment_rate",
    "Rate an HDB loan is assessed at, at least",
    percent,
    Period(Decimal("0.03"), "2022-09-30", sources.MND_2022),
)
CPF_OA_RATE = series(
    "cpf_oa_rate",
    "Interest a year on the CPF Ordinary Account",
    percent,
    Period(Decimal("0.025"), "2022-09-30", sources.MND_2022, in_place_by=True),
)
HDB_MARGIN = series(
    "hdb_rate_margin",
    "What the rate of an HDB loan is above the CPF Ordinary Account's",
    percent,
    Period(Decimal("0.001"), "2022-09-30", sources.MND_2022, in_place_by=True),
)
VARIABLE_INCOME = series(
    "variable_income_share",
    "Share of variable and self-employed income that counts, at most",
    percent,
    Period(Decimal("0.70"), "2021-12-16", sources.NOTICE_645, in_place_by=True),
)
RENTAL_INCOME = series(
    "rental_income_share",
    "Share of rental income that counts, at most",
    percent,
    Period(Decimal("0.70"), "2021-12-16", sources.NOTICE_645, in_place_by=True),
)
# Tenure and loan-to-value
TENURE_HDB = series(
    "longest_tenure_hdb_flat",
    "Longest loan of a bank for an HDB flat",
    years,
    Period(30, "2021-12-16", sources.MAS_NEW_LOANS, in_place_by=True),
)
TENURE_OTHER = series(
    "longest_tenure_other",
    "Longest loan of a bank for other property",
    years,
    Period(35, "2021-12-16", sources.MAS_NEW_LOANS, in_place_by=True),
)
LTV = series(
    "ltv",
    "Share of price or valuation, whichever is lower, that a bank may lend: normally, or in the reduced tier; and the"
    " minimum cash",
    each,
    Period(
        (
            LtvTier(0, Decimal("0.75"), Decimal("0.55"), Decimal("0.05"), Decimal("0.10")),
            LtvTier(1, Decimal("0.45"), Decimal("0.25"), Decimal("0.25"), Decimal("0.25")),
            LtvTier(2, Decimal("0.35"), Decimal("0.15"), Decimal("0.25"), Decimal("0.25")),
        ),
        "2018-07-06",
        sources.MAS_LTV,
    ),
)
REDUCED_YEARS_HDB = series(
    "reduced_ltv_tenure_hdb_flat",
    "For an HDB flat the reduced tier applies to loans longer than this",
    years,
    Period(25, "2018-07-06", sources.MAS_LTV),
)
REDUCED_YEARS_OTHER = series(
    "reduced_ltv_tenure_other",
    "For other homes the reduced tier applies to loans longer than this",
    years,
    Period(30, "2018-07-06", sources.MAS_LTV),
)
REDUCED_AGE = series(
    "reduced_ltv_age",
    "The reduced tier applies when income-weighted average age and tenure together go beyond this",
    age,
    Period(65, "2018-07-06", sources.MAS_LTV),
)
# HDB loans
HDB_LTV = series(
    "hdb_loan_ltv",
    "Share of price or valuation, whichever is lower, that HDB may lend",
    percent,
    Period(Decimal("0.85"), "2021-12-16", sources.HDB_LTV, "2022-09-29"),
    Period(Decimal("0.80"), "2022-09-30", sources.HDB_LTV, "2024-08-19"),
    Period(Decimal("0.75"), "2024-08-20", sources.HDB_LTV),
)
HDB_YEARS = series(
    "hdb_loan_longest_tenure",
    "Longest HDB loan",
    years,
    Period(25, "2022-09-30", sources.HDB_LOAN, in_place_by=True),
)
HDB_AGE = series(
    "hdb_loan_last_age",
    "Age at which an HDB loan must be repaid",
    age,
    Period(65, "2022-09-30", sources.HDB_LOAN, in_place_by=True),
)
HDB_LEASE = series(
    "hdb_loan_lease_margin",
    "Years of lease that must be left when an HDB loan ends; no HDB loan when no more are left now",
    years,
    Period(20, "2022-09-30", sources.HDB_LOAN, in_place_by=True),
)
