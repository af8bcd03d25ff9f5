"""Stamp duties: every figure to the dollar, every way out asked for and none assumed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextnest.rules.mortgage.additional_stamp_duty import Buyer, Home, Treaty, additional_stamp_duty
from nextnest.rules.mortgage.buyers_stamp_duty import Use, buyers_stamp_duty
from nextnest.rules.mortgage.inputs import Missing, Unusable
from nextnest.rules.mortgage.sellers_stamp_duty import anniversary, sellers_stamp_duty
from nextnest.rules.mortgage.values import Profile
from tests.rules.mortgage import questions as ask

CITIZEN, RESIDENT, FOREIGNER = Profile.CITIZEN, Profile.RESIDENT, Profile.FOREIGNER
AMOUNTS = st.decimals(min_value=0, max_value=50_000_000, places=2)

HOMES = {
    "180000": 1_800, "180001": 1_800, "360000": 5_400, "500000": 9_600, "600000": 12_600, "650000": 14_100,
    "1000000": 24_600, "1000001": 24_600, "1200000": 32_600, "1500000": 44_600, "1500001": 44_600,
    "1800000": 59_600, "2000000": 69_600, "2500000": 94_600, "3000000": 119_600, "5000000": 239_600,
    "10000000": 539_600, "1234567.89": 33_982, "0": 0,
}  # fmt: skip


@pytest.mark.parametrize(("amount", "duty"), HOMES.items())
def test_bsd_on_a_home(amount: str, duty: int) -> None:
    assert buyers_stamp_duty(ask.bsd(amount), ask.TODAY).duty == duty


@pytest.mark.parametrize(("amount", "duty"), [("1500000", 44_600), ("2000000", 69_600), ("5000000", 219_600)])
def test_bsd_on_other_property_has_one_band_less(amount: str, duty: int) -> None:
    assert buyers_stamp_duty(ask.bsd(amount, Use.NON_RESIDENTIAL), ask.TODAY).duty == duty


@pytest.mark.parametrize(("amount", "before"), [("3000000", 104_600), ("5000000", 184_600)])
def test_bsd_before_15_february_2023_was_lower(amount: str, before: int) -> None:
    assert buyers_stamp_duty(ask.bsd(amount), date(2023, 2, 14)).duty == before
    assert buyers_stamp_duty(ask.bsd(amount), date(2023, 2, 15)).duty == HOMES[amount]


def test_bsd_keeps_the_exact_value_and_shows_whole_dollars() -> None:
    result = buyers_stamp_duty(ask.bsd("1234567.89"), ask.TODAY)
    assert result.raw == Decimal("33982.7156")
    assert [line.text for line in result.shown] == ["S$33,982"]


@ask.patient
@given(AMOUNTS)
def test_bsd_bands_add_up(amount: Decimal) -> None:
    result = buyers_stamp_duty(ask.bsd(str(amount)), ask.TODAY)
    assert sum((band.amount for band in result.bands), Decimal(0)) == amount
    assert sum((band.duty for band in result.bands), Decimal(0)) == result.raw
    assert result.duty <= result.raw < result.duty + 1


@ask.patient
@given(AMOUNTS, AMOUNTS)
def test_bsd_never_falls_when_the_price_rises(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    first, second = (buyers_stamp_duty(ask.bsd(str(amount)), ask.TODAY).raw for amount in (low, high))
    assert first <= second


@pytest.mark.parametrize(
    ("buyer", "duty"),
    [
        (ask.buyer(CITIZEN, 0), 0),
        (ask.buyer(CITIZEN, 1), 300_000),
        (ask.buyer(CITIZEN, 2), 450_000),
        (ask.buyer(CITIZEN, 7), 450_000),
        (ask.buyer(RESIDENT, 0), 75_000),
        (ask.buyer(RESIDENT, 1), 450_000),
        (ask.buyer(RESIDENT, 2), 525_000),
        (ask.buyer(FOREIGNER, 0), 900_000),
        (ask.buyer(Profile.ENTITY, None, None), 975_000),
        (ask.buyer(Profile.DEVELOPER, None, None), 600_000),
        (ask.buyer(FOREIGNER, 0, Treaty.US_NATIONAL), 0),
        (ask.buyer(FOREIGNER, 1, Treaty.EFTA), 300_000),
    ],
    ids=str,
)
def test_absd_of_one_buyer_on_1500000(buyer: Buyer, duty: int) -> None:
    assert additional_stamp_duty(ask.absd(1_500_000, buyer), ask.TODAY).duty == duty


def test_a_citizens_second_home_costs_both_duties() -> None:
    both = additional_stamp_duty(ask.absd(1_500_000, ask.buyer(CITIZEN, 1)), ask.TODAY).duty
    assert both + buyers_stamp_duty(ask.bsd("1500000"), ask.TODAY).duty == 344_600


def test_of_a_developers_duty_a_part_may_be_remitted() -> None:
    result = additional_stamp_duty(ask.absd(1_500_000, ask.buyer(Profile.DEVELOPER, None, None)), ask.TODAY)
    assert (result.duty, result.remittable) == (600_000, 525_000)


def test_joint_buyers_pay_the_highest_share_on_the_whole_amount() -> None:
    mixed = ask.absd(1_200_000, ask.buyer(CITIZEN, 1), ask.buyer(RESIDENT, 0), married=False)
    residents = ask.absd(1_200_000, ask.buyer(RESIDENT, 0), ask.buyer(RESIDENT, 1))
    assert additional_stamp_duty(mixed, ask.TODAY).duty == 240_000
    assert additional_stamp_duty(residents, ask.TODAY).duty == 360_000


def test_whether_a_couple_is_married_is_asked_and_decides() -> None:
    couple = (ask.buyer(CITIZEN), ask.buyer(FOREIGNER))
    with pytest.raises(Missing, match="married to each other"):
        additional_stamp_duty(ask.absd(1_200_000, *couple), ask.TODAY)
    married = additional_stamp_duty(ask.absd(1_200_000, *couple, married=True), ask.TODAY)
    strangers = additional_stamp_duty(ask.absd(1_200_000, *couple, married=False), ask.TODAY)
    assert (married.duty, strangers.duty) == (0, 720_000)
    assert "remission for married couples" in married.needs_confirmation[0]


def test_a_couple_replacing_its_only_home_pays_first_and_may_be_refunded() -> None:
    couple = ask.absd(1_500_000, ask.buyer(CITIZEN, 1), ask.buyer(CITIZEN, 1), married=True)
    result = additional_stamp_duty(couple, ask.TODAY)
    assert (result.duty, result.remittable) == (300_000, 300_000)
    assert "sold within 6 months" in result.needs_confirmation[0]


def test_strangers_get_nothing_back() -> None:
    two = ask.absd(1_500_000, ask.buyer(CITIZEN, 1), ask.buyer(CITIZEN, 1), married=False)
    assert additional_stamp_duty(two, ask.TODAY).remittable == 0


def test_a_single_citizens_second_home_names_the_seniors_refund_as_a_condition() -> None:
    result = additional_stamp_duty(ask.absd(1_500_000, ask.buyer(CITIZEN, 1)), ask.TODAY)
    assert result.duty == 300_000
    assert "aged 55 years or more" in result.needs_confirmation[0]


@pytest.mark.parametrize("home", [Home.NEW_EC, Home.HDB_FLAT])
@pytest.mark.parametrize("other", [CITIZEN, RESIDENT, FOREIGNER])
def test_no_absd_on_a_flat_or_new_ec_with_a_citizen_among_the_buyers(home: Home, other: Profile) -> None:
    buyers = (ask.buyer(CITIZEN, 1), ask.buyer(other, 0))
    result = additional_stamp_duty(ask.absd(1_500_000, *buyers, home=home), ask.TODAY)
    assert result.duty == 0
    assert "sold within 6 months" in result.needs_confirmation[0]


def test_a_flat_bought_without_a_citizen_bears_absd() -> None:
    residents = ask.absd(600_000, ask.buyer(RESIDENT), ask.buyer(RESIDENT), home=Home.HDB_FLAT)
    assert additional_stamp_duty(residents, ask.TODAY).duty == 30_000


@pytest.mark.parametrize(
    ("buyer", "words"),
    [
        (ask.buyer(CITIZEN, None), "how many homes"),
        (ask.buyer(FOREIGNER, 0, None), "US national"),
        (ask.buyer(RESIDENT, None, None), "how many homes"),
    ],
    ids=["citizen's homes", "foreigner's nationality", "resident's homes"],
)
def test_absd_asks_for_what_nobody_said(buyer: Buyer, words: str) -> None:
    with pytest.raises(Missing, match=words):
        additional_stamp_duty(ask.absd(1_500_000, buyer), ask.TODAY)


@ask.patient
@given(
    AMOUNTS,
    st.lists(st.sampled_from([CITIZEN, RESIDENT, FOREIGNER]), min_size=1, max_size=4),
    st.integers(0, 4),
)
def test_another_buyer_never_lowers_absd(amount: Decimal, profiles: list[Profile], owned: int) -> None:
    def share(count: int) -> Decimal:
        buyers = [ask.buyer(profile, owned) for profile in profiles[:count]]
        asked = ask.absd(1, *buyers, married=False)
        return additional_stamp_duty(asked, ask.TODAY).share * amount

    assert share(1) <= share(len(profiles))


@pytest.mark.parametrize(
    ("bought", "sold", "duty"),
    [
        ("2025-07-03", "2026-07-03", 240_000),
        ("2025-07-04", "2026-07-03", 320_000),
        ("2025-07-04", "2026-07-05", 240_000),
        ("2025-07-04", "2027-07-05", 160_000),
        ("2025-07-04", "2028-07-05", 80_000),
        ("2025-07-04", "2029-07-05", 0),
        ("2025-07-03", "2028-07-04", 0),
        ("2024-02-29", "2024-03-10", 240_000),
        ("2016-01-10", "2016-06-01", 320_000),
    ],
)
def test_ssd_on_2000000(bought: str, sold: str, duty: int) -> None:
    assert sellers_stamp_duty(ask.ssd(bought, sold), ask.TODAY).duty == duty


def test_ssd_on_1650000_in_the_third_year() -> None:
    result = sellers_stamp_duty(ask.ssd("2024-01-15", "2026-06-01", 1_650_000), ask.TODAY)
    assert (result.share, result.duty, result.year) == (Decimal("0.04"), 66_000, 3)
    assert result.needs_confirmation == ()


def test_one_day_of_buying_changes_ssd() -> None:
    before, after = (
        sellers_stamp_duty(ask.ssd(bought, "2026-01-15"), ask.TODAY)
        for bought in ("2025-07-03", "2025-07-04")
    )
    assert (before.share, after.share) == (Decimal("0.12"), Decimal("0.16"))
    assert before.rules_used[0].effective_from == date(2017, 3, 11)
    assert after.rules_used[0].effective_from == date(2025, 7, 4)


@pytest.mark.parametrize(("days", "near"), [(-4, False), (-3, True), (0, True), (3, True), (4, False)])
@pytest.mark.parametrize("year", [1, 2, 3, 4])
def test_within_three_days_of_a_step_a_person_confirms_ssd(year: int, days: int, near: bool) -> None:
    sold = date(2025 + year, 7, 10) + timedelta(days=days)
    result = sellers_stamp_duty(ask.ssd("2025-07-10", sold.isoformat()), ask.TODAY)
    assert bool(result.needs_confirmation) is near


@ask.patient
@given(st.dates(date(2017, 3, 11), date(2027, 1, 1)), st.integers(0, 3_000), st.integers(0, 3_000))
def test_ssd_never_rises_with_time(bought: date, one: int, other: int) -> None:
    early, late = (bought + timedelta(days=days) for days in sorted((one, other)))
    shares = [
        sellers_stamp_duty(ask.ssd(bought.isoformat(), sold.isoformat()), ask.TODAY).share
        for sold in (early, late)
    ]
    assert shares[0] >= shares[1]


def test_a_home_cannot_be_sold_before_it_is_bought() -> None:
    with pytest.raises(Unusable, match="sold_on"):
        sellers_stamp_duty(ask.ssd("2025-07-04", "2025-07-03"), ask.TODAY)


def test_the_anniversary_of_a_leap_day_is_the_28th() -> None:
    assert anniversary(date(2024, 2, 29), 1) == date(2025, 2, 28)
