"""Whether a form looks as if a program had sent it.

Such a form is asked to come once more, and is taken then: our page does it by itself, so that nobody whose browser filled a
field she never saw is sent away. Programs that fill in everything they find, or send without reading the answer, do not.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

# Nobody reads and fills in a form of four steps in a second. A tab may stay open for days, so there is no longest time.
FASTEST_S = 1.0
# How long somebody may take who reads what went wrong, and presses once more.
AGAIN_WITHIN_S = 3600.0


@dataclass(frozen=True)
class Robots:
    """`secret_key` signs what the page brings back. Times are seconds since the epoch."""

    secret_key: str

    def stamp(self, now: float) -> str:
        """When the page was made, for the page to send along."""
        return self._sign("form-rendered", str(round(now * 1000)))

    def suspected_field(self, raw: object, now: float) -> str | None:
        """The field that gives a program away; None for a form as people send it, and as other programs of ours do."""
        if not isinstance(raw, dict):
            return None
        if raw.get("website"):
            return "website"
        rendered = self._read("form-rendered", raw.get("renderedAt"))
        if rendered is not None and 0 <= now - _seconds(rendered) < FASTEST_S:
            return "renderedAt"
        return None

    def ask_again(self, contact: str, now: float) -> str:
        """What the same contact's form must bring along to be taken."""
        return self._sign("form-again", f"{round(now * 1000)}-{_veiled(contact)}")

    def came_again(self, raw: object, contact: str, now: float) -> bool:
        """Whether it brings that along, and took its time."""
        asked = self._read("form-again", raw.get("again") if isinstance(raw, dict) else None)
        if asked is None:
            return False
        at, _, whose = asked.partition("-")
        return (
            hmac.compare_digest(whose, _veiled(contact)) and FASTEST_S <= now - _seconds(at) <= AGAIN_WITHIN_S
        )

    def _sign(self, salt: str, value: str) -> str:
        return self._signer(salt).sign(value).decode()

    def _read(self, salt: str, signed: object) -> str | None:
        """What we signed; None for everything else, an older page's own words included."""
        try:
            return self._signer(salt).unsign(signed).decode() if isinstance(signed, str) else None
        except (BadSignature, UnicodeError):
            return None

    def _signer(self, salt: str) -> Signer:
        return Signer(self.secret_key, salt=salt, digest_method=hashlib.sha256)


def _seconds(milliseconds: str) -> float:
    return int(milliseconds) / 1000


def _veiled(contact: str) -> str:
    return hashlib.sha256(contact.encode()).hexdigest()[:32]
