"""Chatwoot's webhook signature: hex HMAC-SHA256 over `timestamp.body`, keyed with the secret as text."""

from __future__ import annotations

import hashlib
import hmac

_PREFIX = "sha256="


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The `X-Chatwoot-Signature` of a raw body sent at `timestamp` (Unix seconds as text)."""
    message = timestamp.encode() + b"." + body
    return _PREFIX + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def verify(
    secret: str, *, signature: str | None, timestamp: str | None, body: bytes, now: float, window_s: int = 300
) -> str | None:
    """None when the signature is good and fresh, else a few words on what is wrong. Compares in constant time.

    Chatwoot's own advice is to refuse what is more than about five minutes old; a clock may be wrong either way.
    """
    if not signature or not timestamp:
        return "signature missing"
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return "timestamp unreadable"
    expected = sign(secret, timestamp, body)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return "signature wrong"
    if abs(now - int(timestamp)) > window_s:
        return "signature stale"
    return None
