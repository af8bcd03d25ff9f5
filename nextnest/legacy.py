"""The door to the legacy path: messages of conversations outside the rollout are forwarded to n8n as they always were."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from nextnest.errors import OutcomeUnknown, Permanent, Retryable

# Seconds n8n has to take a message; it answers the customer later by itself.
_TIMEOUT_S = 10.0
# A gateway's "it took too long": what stands behind it may have the message.
_GATEWAY_TIMEOUT = 504


@dataclass(frozen=True)
class Legacy:
    """`url` is N8N_AI_BROKER_WEBHOOK_URL."""

    url: str

    async def forward(self, conversation_id: int, message_id: int, content: str) -> None:
        """Hand one customer message over.

        Retryable when n8n certainly did not take it, OutcomeUnknown when it may have, Permanent when it refuses it or
        sends us elsewhere.
        """
        body = {"conversation_id": conversation_id, "message_id": message_id, "message": content}
        try:
            async with asyncio.timeout(_TIMEOUT_S), httpx.AsyncClient() as client:
                answer = await client.post(self.url, json=body, timeout=_TIMEOUT_S)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Retryable("n8n cannot be reached") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise OutcomeUnknown("n8n did not answer") from error
        if answer.status_code == _GATEWAY_TIMEOUT:
            raise OutcomeUnknown("n8n did not answer its gateway")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Retryable(f"n8n answered {answer.status_code}")
        # A redirect is not followed, so nothing was taken: http where it should be https, or a webhook that moved.
        if not answer.is_success:
            raise Permanent(f"n8n answered {answer.status_code}")
