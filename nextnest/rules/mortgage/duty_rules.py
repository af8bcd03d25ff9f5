"""The dated rules of duties, CPF, executive condominiums and payments in stages; see rulebook.py."""

from __future__ import annotations

from decimal import Decimal

from nextnest.rules.mortgage import sources
from nextnest.rules.mortgage.arithmetic import percent
from nextnest.rules.mortgage.values import (
    AbsdTable,
    Bands,
    Period,
    Profile,
    Stage,
    age,
    by_year_held,
    each,
    months,
    series,
    years,
)

_FIRST_BANDS = (
    (Decimal(180_000), Decimal("0.01")),
    (Decimal(360_000), Decimal("0.02")),
    (Decimal(1_000_000), Decimal("0.03")),
)


def _for_every_home(share: str) -> tuple[Decimal, Decimal, Decimal]:
    return Decimal(share), Decimal(share), Decimal(share)


def _held(*shares: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(share) for share in shares)


# Buyer's stamp duty
BSD_RESIDENTIAL = series(
    "bsd_residential",
    "Buyer's stamp duty on a home, by bands of price or market value, whichever is higher",
    str,
    Period(Bands((*_FIRST_BANDS, (None, Decimal("0.04")))), "2018-02-20", sources.BSD_BEFORE, "2023-02-14"),
    Period(
        Bands(
            (
                *_FIRST_BANDS,
                (Decimal(1_500_000), Decimal("0.04")),
                (Decimal(3_000_000), Decimal("0.05")),
                (None, Decimal("0.06")),
            )
        ),
        "2023-02-15",
        sources.LAW_SOCIETY,
    ),
)
BSD_OTHER = series(
    "bsd_non_residential",
    "Buyer's stamp duty on other property, by bands of price or market value, whichever is higher",
    str,
    Period(
        Bands((*_FIRST_BANDS, (Decimal(1_500_000), Decimal("0.04")), (None, Decimal("0.05")))),
        "2023-02-15",
        sources.LAW_SOCIETY,
    ),
)
# Additional buyer's stamp duty
ABSD = series(
    "absd",
    "Additional buyer's stamp duty on the first, the second, and the third or later home",
    str,
    Period(
        AbsdTable(
            (
                (Profile.CITIZEN, (Decimal(0), Decimal("0.20"), Decimal("0.30"))),
                (Profile.RESIDENT, (Decimal("0.05"), Decimal("0.30"), Decimal("0.35"))),
                (Profile.FOREIGNER, _for_every_home("0.60")),
                (Profile.ENTITY, _for_every_home("0.65")),
                (Profile.DEVELOPER, _for_every_home("0.40")),
            )
        ),
        "2023-04-27",
        sources.ABSD_SHEET,
    ),
)
ABSD_DEVELOPER_REMITTABLE = series(
    "absd_developer_remittable",
    "Part of a housing developer's additional buyer's stamp duty that may be remitted, as a share of the price",
    percent,
    Period(Decimal("0.35"), "2023-04-27", sources.ABSD_SHEET),
)
ABSD_TREATIES = series(
    "absd_treaties",
    "Buyers who are treated like Singapore citizens under free trade agreements",
    str,
    Period(
        "nationals and permanent residents of Iceland, Liechtenstein, Norway and Switzerland; nationals of the USA",
        "2023-04-27",
        sources.ABSD_SHEET,
    ),
)
ABSD_COUPLE = series(
    "absd_married_couple_remission",
    "Married couples with a Singapore citizen who buy their only home together",
    str,
    Period("full remission", "2023-04-27", sources.ABSD_SHEET),
)
ABSD_SALE_MONTHS = series(
    "absd_sale_of_first_home",
    "Time to sell the first home when additional buyer's stamp duty is to be refunded",
    months,
    Period(6, "2024-02-16", sources.MND_ABSD_2024, in_place_by=True),
)
ABSD_SENIOR_AGE = series(
    "absd_single_senior_age",
    "Age from which a single citizen may have the duty refunded when moving to a home of lower value",
    age,
    Period(55, "2024-02-16", sources.IRAS_SENIORS),
)
ABSD_FLAT_OR_NEW_EC = series(
    "absd_hdb_flat_or_new_ec",
    "An HDB flat or new EC bought with at least one Singapore citizen among the buyers",
    str,
    Period("no additional buyer's stamp duty", "2024-02-16", sources.MND_ABSD_2024, in_place_by=True),
)
# Seller's stamp duty
SSD = series(
    "ssd_residential",
    "Seller's stamp duty on a home, by the year of holding in which it is sold; by the day it was bought",
    by_year_held,
    Period(_held("0.16", "0.12", "0.08", "0.04"), "2011-01-14", sources.SSD_BEFORE, "2017-03-10"),
    Period(_held("0.12", "0.08", "0.04"), "2017-03-11", sources.MND_SSD, "2025-07-03"),
    Period(_held("0.16", "0.12", "0.08", "0.04"), "2025-07-04", sources.MND_SSD),
)
# CPF
CPF_WITHDRAWAL = series(
    "cpf_withdrawal_limit",
    "Most CPF that may be used for a home, as a share of the valuation limit",
    percent,
    Period(Decimal("1.20"), "2025-01-01", sources.CPF_LIMITS, in_place_by=True),
)
CPF_SECOND_HOME = series(
    "cpf_second_home_limit",
    "Most CPF for a second home once the Basic Retirement Sum is set aside, as a share of the valuation limit",
    percent,
    Period(Decimal("1.00"), "2025-01-01", sources.CPF_LIMITS, in_place_by=True),
)
CPF_LEASE_AGE = series(
    "cpf_lease_age",
    "Age of the youngest buyer that the lease must reach for the full use of CPF",
    age,
    Period(95, "2025-01-01", sources.CPF_LEASE, in_place_by=True),
)
CPF_LEASE_NONE = series(
    "cpf_lease_none",
    "No CPF may be used when no more of the lease is left than this",
    years,
    Period(20, "2025-01-01", sources.CPF_LEASE_NONE, in_place_by=True),
)
CPF_INTEREST = series(
    "cpf_accrued_interest",
    "How interest on CPF used for a home accrues until it is refunded",
    str,
    Period(
        "at the Ordinary Account's rate, compounded yearly",
        "2025-01-01",
        sources.CPF_INTEREST,
        in_place_by=True,
    ),
)
# Executive condominiums
EC_MOP = series(
    "ec_minimum_occupation",
    "Minimum occupation period of a new EC",
    years,
    Period(5, "2025-01-01", sources.EC_BEFORE, "2026-05-07", in_place_by=True),
    Period(10, "2026-05-08", sources.EC_NEW),
)
EC_PRIVATISED = series(
    "ec_privatised",
    "Time after which a new EC is private like any other home",
    years,
    Period(10, "2025-01-01", sources.EC_BEFORE, "2026-05-07", in_place_by=True),
    Period(15, "2026-05-08", sources.EC_NEW),
)
# Homes that are being built
STAGES = series(
    "progressive_payments",
    "Payments for a home that is being built, under the standard agreement",
    each,
    Period(
        (
            Stage("booking", Decimal("0.05")),
            Stage("sale and purchase agreement", Decimal("0.15")),
            Stage("foundation", Decimal("0.10")),
            Stage("concrete framework", Decimal("0.10")),
            Stage("partition walls", Decimal("0.05")),
            Stage("roof and ceiling", Decimal("0.05")),
            Stage("doors, windows, wiring and plumbing", Decimal("0.05")),
            Stage("car park, roads and drains", Decimal("0.05")),
            Stage("vacant possession (TOP)", Decimal("0.25")),
            Stage("completion (CSC)", Decimal("0.15")),
        ),
        "2025-01-01",
        sources.STANDARD_AGREEMENT,
        in_place_by=True,
    ),
)
