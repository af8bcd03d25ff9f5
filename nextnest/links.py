"""Links to the chat page: the lead's id, signed. Who has the link may read and write that lead's conversation, no other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer


@dataclass(frozen=True)
class ChatLinks:
    """`secret_key` signs; `public_url` is where customers reach web."""

    secret_key: str
    public_url: str

    def url(self, lead_id: UUID) -> str:
        """The whole address of the lead's chat page."""
        return f"{self.public_url}/chat/{self.link(lead_id)}"

    def link(self, lead_id: UUID) -> str:
        """The signed part of the address."""
        return str(self._serializer().dumps(lead_id.hex))

    def lead_id(self, link: str) -> UUID | None:
        """Whose link it is; None for one we did not sign."""
        try:
            return UUID(self._serializer().loads(link))
        except (BadSignature, ValueError, TypeError, AttributeError):
            return None

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(
            self.secret_key, salt="chat", signer_kwargs={"digest_method": hashlib.sha256}
        )
