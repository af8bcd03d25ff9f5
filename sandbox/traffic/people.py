"""Customers who do not exist, and the forms they filled in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

_CHINESE = ("Tan", "Lim", "Lee", "Ng", "Ong", "Wong", "Goh", "Chua", "Koh", "Teo", "Ang", "Yeo", "Sim", "Low")
_CHINESE_GIVEN = (
    *("Wei Ming", "Hui Ling", "Jun Jie", "Xin Yi", "Kai Xuan", "Mei Fen", "Zhi Hao", "Shu Fen", "Boon Keng"),
    *("Li Ting", "Jia Hui", "Yong Sheng", "Siew Hoon", "Kok Wai"),
)
_MALAY = ("Nur Aisyah", "Siti Mariam", "Muhammad Irfan", "Ahmad Faizal", "Nurul Huda", "Haziq", "Farhana")
_MALAY_FATHER = ("Rahman", "Ismail", "Osman", "Yusof", "Hamid", "Salleh")
_INDIAN = ("Priya", "Arjun", "Kavitha", "Rajesh", "Deepa", "Suresh", "Anitha", "Vikram")
_INDIAN_FATHER = ("Nair", "Pillai", "Kumar", "Menon", "Raj", "Krishnan")
_OTHERS = ("Daniel Pereira", "Michelle de Souza", "Grace Oliveiro", "Marcus Shepherdson", "Cheryl Rodrigues")

# Share of leads, form's property type, prices from and to in dollars, incomes from and to.
_HOMES = (
    (50, "hdb", 380_000, 780_000, 4_500, 11_000),
    (12, "ec", 950_000, 1_500_000, 9_000, 16_000),
    (28, "private", 1_100_000, 2_600_000, 9_000, 24_000),
    (6, "landed", 2_800_000, 6_500_000, 20_000, 60_000),
)
_TIMELINES = ("this_month", "next_3_months", "3_6_months", "exploring")
# What a criterion can earn at most, by kind of loan.
_BUYING = {"timeline": 30, "affordability": 30, "income": 15, "employment": 15, "completeness": 10}
_REFINANCING = {
    "timeline": 15,
    "affordability": 20,
    "lock_in": 20,
    "rate": 15,
    "income": 10,
    "employment": 10,
    "completeness": 10,
}
# Digits of a phone number after +65 800.
_DIGITS = 5


@dataclass(frozen=True)
class Customer:
    """`raw` is the form as sent, `lead` as the product keeps it, `points` what its score is made of."""

    name: str
    email: str
    phone: str
    raw: dict[str, Any]
    lead: dict[str, Any]
    points: dict[str, int]

    @property
    def score(self) -> int:
        return sum(self.points.values())


def customer(random: Random, number: int) -> Customer:
    """The `number`th; no two share an e-mail address."""
    name = _name(random)
    address = name.lower().replace(" ", ".").replace("/", "")
    email, phone = f"{address}.{number}@example.com", f"+65800{number % 10**_DIGITS:0{_DIGITS}}"
    lead = _wish(random) | {"name": name, "email": email, "phone": phone, "session_id": f"made-up-{number}"}
    return Customer(name, email, phone, _form(lead), lead, _points(random, lead["loan_type"]))


def gap(random: Random, median_s: float, spread: float = 0.9) -> timedelta:
    """Time people take: mostly around the median, now and then much longer."""
    return timedelta(seconds=median_s * random.lognormvariate(0, spread))


def _name(random: Random) -> str:
    draw = random.random()
    if draw < 0.68:
        return f"{random.choice(_CHINESE)} {random.choice(_CHINESE_GIVEN)}"
    if draw < 0.84:
        return f"{random.choice(_MALAY)} {random.choice(_MALAY_FATHER)}"
    if draw < 0.95:
        return f"{random.choice(_INDIAN)} {random.choice(_INDIAN_FATHER)}"
    return random.choice(_OTHERS)


def _wish(random: Random) -> dict[str, Any]:
    """The normalised lead without its person: every field of the product's own, unknown ones empty."""
    _, home, low, high, poor, rich = random.choices(_HOMES, [row[0] for row in _HOMES])[0]
    refinance = random.random() < 0.32
    wish: dict[str, Any] = {
        "loan_type": "refinance" if refinance else "new_purchase",
        "property_category": random.choice(("resale", "resale", "new_launch", "bto")),
        "property_type": home,
        "property_price": str(round(random.uniform(low, high) / 10_000) * 10_000),
        "ages": [random.randint(25, 58)],
        "incomes": [str(round(random.uniform(poor, rich) / 100) * 100)],
        "employment_type": random.choice(("employed", "employed", "employed", "self-employed")),
        "existing_commitments": random.choice(("0", "0", "450", "800", "1200")),
        "purchase_timeline": random.choice(_TIMELINES),
        "lock_in_status": random.choice(("no_lock", "ending_soon", "locked")) if refinance else None,
        "current_rate": random.choice(("3.1", "3.6", "4.0")) if refinance else None,
        "outstanding_loan": None,
        "client_lead_score": None,
        "flags": [],
    }
    return wish | ({"property_category": "resale"} if refinance else {})


def _form(lead: dict[str, Any]) -> dict[str, Any]:
    """What the browser sent."""
    fields = {
        "name": lead["name"],
        "email": lead["email"],
        "phone": lead["phone"],
        "loanType": lead["loan_type"],
        "propertyCategory": lead["property_category"],
        "propertyType": lead["property_type"],
        "propertyPrice": lead["property_price"],
        "actualAges": lead["ages"],
        "actualIncomes": lead["incomes"],
        "employmentType": lead["employment_type"],
        "existingCommitments": lead["existing_commitments"],
        "purchaseTimeline": lead["purchase_timeline"],
    }
    return {"formData": fields, "sessionId": lead["session_id"]}


def _points(random: Random, loan_type: str) -> dict[str, int]:
    """Ready leads are ready in most things: one draw for the person, a little noise for each criterion."""
    most = _REFINANCING if loan_type == "refinance" else _BUYING
    readiness = random.betavariate(2.2, 1.6)
    return {
        name: round(best * min(1.0, max(0.0, readiness + random.uniform(-0.18, 0.18))))
        for name, best in most.items()
    }
