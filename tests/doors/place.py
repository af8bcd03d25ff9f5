"""A Chatwoot to test against, the sandbox or a real one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from nextnest.chatwoot import Chatwoot


@dataclass
class Place:
    """A Chatwoot to test against, and what to look at it with besides our client."""

    base_url: str
    account_id: int
    inbox_id: int
    token: str
    suffix: str = field(default_factory=lambda: uuid4().hex[:12])

    def email(self, name: str) -> str:
        """An address nobody else uses, on a real Chatwoot too."""
        return f"{name}.{self.suffix}@example.com"

    def phone(self) -> str:
        return f"+659{10**6 + secrets.randbelow(9 * 10**6)}"

    def get(self, path: str) -> Any:
        """What the API says of something, past our client."""
        answer = httpx.get(
            f"{self.base_url}/api/v1{path}", headers={"Api-Access-Token": self.token}, trust_env=False
        )
        return answer.raise_for_status().json()

    def contact(self, contact_id: int) -> Any:
        return self.get(f"/accounts/{self.account_id}/contacts/{contact_id}")["payload"]

    def contact_without_inbox(self, email: str) -> int:
        answer = httpx.post(
            f"{self.base_url}/api/v1/accounts/{self.account_id}/contacts",
            headers={"Api-Access-Token": self.token},
            json={"name": "Walk-in", "email": email},
            trust_env=False,
        )
        return int(answer.raise_for_status().json()["payload"]["contact"]["id"])

    def client(self, token: str | None = None) -> Chatwoot:
        return Chatwoot(
            base_url=self.base_url,
            account_id=self.account_id,
            inbox_id=self.inbox_id,
            token=token or self.token,
        )
