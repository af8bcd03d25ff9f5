"""Customers of the bench: every one with an address and a number of her own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx

from bench.stage import Stage

FORMS_AT_ONCE = 8
# Different enough that the brokers share them.
KINDS: tuple[dict[str, Any], ...] = (
    {"loanType": "new_purchase", "propertyType": "HDB", "propertyPrice": 600000, "actualIncomes": [7200]},
    {"loanType": "refinance", "propertyType": "Condo", "propertyPrice": 1500000, "actualIncomes": [15000]},
    {"loanType": "new_purchase", "propertyType": "Condo", "propertyPrice": 1200000, "actualIncomes": [4000]},
)
_numbers = count(1)


def make_room(stage: Stage) -> None:
    """Capacity is not what is measured: every broker takes whoever comes."""
    stage.execute("update ai_brokers set max_concurrent_chats = 1000000")


def submit(stage: Stage, leads: int) -> list[int]:
    """Send this many forms; the ids of their conversations."""
    with ThreadPoolExecutor(FORMS_AT_ONCE) as pool:
        return list(pool.map(lambda number: _submit(stage, number), [next(_numbers) for _ in range(leads)]))


def _submit(stage: Stage, number: int) -> int:
    form = {
        "name": f"Customer {number}",
        "email": f"customer{number}@example.com",
        "phone": f"9{1_230_000 + number % 10_000:07}",
        "propertyCategory": "resale",
        "actualAges": [34],
        "employmentType": "employed",
        "purchaseTimeline": "next_3_months",
    } | KINDS[number % len(KINDS)]
    body = {"formData": form, "sessionId": f"bench-{number}", "leadScore": 50}
    answer = httpx.post(f"{stage.web_url}/api/chatwoot-conversation", json=body, timeout=30)
    if answer.status_code != 201:
        raise RuntimeError(f"the form was answered {answer.status_code}: {answer.text[:300]}")
    return int(answer.json()["conversationId"])
