"""Webhook signatures."""

from __future__ import annotations

import pytest

from nextnest.rules.signature import sign, verify

SECRET, STAMP, BODY = "test-secret", "1700000000", b'{"event":"message_created","id":1}'
NOW = 1_700_000_010.0
GOOD = "sha256=77a4c9ecab8fe968b13a6cc51d3ddcd4b2d74f50c837661ab5972c9e6791bb15"


def test_the_signature_covers_timestamp_and_body() -> None:
    assert sign(SECRET, STAMP, BODY) == GOOD


def test_a_good_and_fresh_signature_passes() -> None:
    assert verify(SECRET, signature=GOOD, timestamp=STAMP, body=BODY, now=NOW) is None


@pytest.mark.parametrize(
    ("signature", "timestamp", "body", "now"),
    [
        (None, STAMP, BODY, NOW),
        (GOOD, None, BODY, NOW),
        ("", STAMP, BODY, NOW),
        (GOOD.removeprefix("sha256="), STAMP, BODY, NOW),
        (GOOD[:-1] + "0", STAMP, BODY, NOW),
        (GOOD, "1700000001", BODY, NOW),
        (GOOD, STAMP, BODY + b" ", NOW),
        ("sha256=é", STAMP, BODY, NOW),
        (GOOD, "१७००००००००", BODY, NOW),
        (GOOD, "-5", BODY, NOW),
        (GOOD, STAMP, BODY, NOW + 300),
        (GOOD, STAMP, BODY, NOW - 320),
    ],
)
def test_anything_missing_wrong_or_stale_is_refused(
    signature: str | None, timestamp: str | None, body: bytes, now: float
) -> None:
    assert verify(SECRET, signature=signature, timestamp=timestamp, body=body, now=now)


def test_another_secret_signs_differently() -> None:
    assert verify("another", signature=GOOD, timestamp=STAMP, body=BODY, now=NOW) == "signature wrong"
