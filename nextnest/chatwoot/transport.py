"""One request to Chatwoot: token, deadline, and which of our errors a failure is.

| what happened                                       | reading             | writing             |
|-----------------------------------------------------|---------------------|---------------------|
| no connection, nothing sent, 429, a redirect        | ChatwootUnavailable | ChatwootUnavailable |
| no answer in time, connection lost, 408, 5xx        | ChatwootUnavailable | OutcomeUnknown      |
| an answer we cannot read                            | ChatwootUnavailable | OutcomeUnknown      |
| 422 where Chatwoot hides its own faults behind it   | -                   | OutcomeUnknown      |
| 401, 403                                            | ChatwootRefusesUs   | ChatwootRefusesUs   |
| 404 of a conversation                               | ConversationGone    | ConversationGone    |
| a 404 that is a proxy's and not Chatwoot's          | ChatwootUnavailable | ChatwootUnavailable |
| any other 4xx                                       | ChatwootRejected    | ChatwootRejected    |

Error texts hold the path's template, the status and the names of the error's fields. Chatwoot's own sentences
are left out: they are in the account's language, and they may quote a customer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from nextnest.chatwoot.endpoints import Endpoint
from nextnest.errors import (
    ChatwootRefusesUs,
    ChatwootRejected,
    ChatwootUnavailable,
    ConversationGone,
    NextNestError,
    OutcomeUnknown,
    Retryable,
)
from nextnest.telemetry.watching import chatwoot_request

T = TypeVar("T")
Query = Mapping[str, str | int]
Body = Mapping[str, object]

# httpx logs every URL at INFO, and with a contact search the customer's e-mail address.
logging.getLogger("httpx").setLevel(logging.WARNING)

# Chatwoot's Puma holds five threads per process; more of our requests at once would only queue there.
_LIMITS = httpx.Limits(
    max_connections=50,
    max_keepalive_connections=50,
    # Well below the 20 s after which Puma closes an idle connection: a reused one should not be a dead one.
    keepalive_expiry=5,
)
# Of the whole deadline, for TCP and for TLS each: httpcore closes a connection it gave up on itself, and leaves open
# one whose making was cut off from outside.
_CONNECT_SHARE = 0.4
# What reading a JSON value of an unexpected shape raises.
_UNEXPECTED = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


class Refused(ChatwootRejected):
    """Chatwoot understood the request and refused it."""

    def __init__(self, detail: str, attributes: tuple[str, ...]) -> None:
        """`attributes` are the fields Chatwoot objects to, by its own names; empty when it names none."""
        super().__init__(detail)
        self.attributes = attributes


class Transport:
    """Requests to one account, over kept connections. `timeout_s` bounds a whole call, however it drips."""

    def __init__(self, *, base_url: str, account_id: int, token: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._account = f"/accounts/{account_id}"
        self._clock: str | None = None
        self._client = httpx.AsyncClient(
            base_url=f"{base_url.rstrip('/')}/api/v1",
            # With dashes: nginx drops header names with underscores.
            headers={"Api-Access-Token": token.strip(), "Accept": "application/json"},
            timeout=httpx.Timeout(timeout_s, connect=timeout_s * _CONNECT_SHARE),
            limits=_LIMITS,
            verify=_tls(),
            trust_env=not _is_this_machine(base_url),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @property
    def clock(self) -> datetime | None:
        """What time it was there at the latest answer, to the second; None when that did not say."""
        try:
            return parsedate_to_datetime(self._clock) if self._clock else None
        except ValueError:
            return None

    async def call(
        self,
        endpoint: Endpoint,
        read: Callable[[Any], T],
        *,
        query: Query | None = None,
        body: Body | None = None,
        **ids: int,
    ) -> T:
        """Send one request and `read` its JSON (None for an empty body); `ids` fill the path.

        Raises ChatwootUnavailable, OutcomeUnknown, ChatwootRefusesUs, ConversationGone or ChatwootRejected.
        """
        place = self._account if endpoint.of_account else ""
        with chatwoot_request(str(endpoint), ids):
            response = await self._send(endpoint, place + endpoint.path.format(**ids), query, body)
            self._clock = response.headers.get("Date")
            if not response.is_success:
                raise _refusal(endpoint, response)
            try:
                return read(response.json() if response.content.strip() else None)
            except _UNEXPECTED:
                raise _lost(endpoint, "an answer of an unexpected shape") from None

    async def _send(
        self, endpoint: Endpoint, path: str, query: Query | None, body: Body | None
    ) -> httpx.Response:
        progress = _Progress()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._client.request(
                    endpoint.method,
                    path,
                    params=query,
                    content=None if body is None else _encoded(body),
                    headers=None if body is None else {"Content-Type": "application/json"},
                    extensions={"trace": progress.note},
                )
        except (httpx.HTTPError, TimeoutError) as error:
            kind = type(error).__name__
            if progress.sent:
                raise _lost(endpoint, kind) from None
            raise ChatwootUnavailable(f"{endpoint}: {kind} before anything was sent") from None


class _Progress:
    """Notices when the first byte of a request leaves; until then nothing can have been done."""

    def __init__(self) -> None:
        self.sent = False

    async def note(self, event: str, _: Any) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = True


def _refusal(endpoint: Endpoint, response: httpx.Response) -> NextNestError:
    """The error an answer other than 2xx stands for, judged by status and field names alone."""
    status, problem = response.status_code, _problem(response)
    detail = f"{endpoint}: HTTP {status}" + (f" ({', '.join(sorted(problem))})" if problem else "")
    if status in {401, 403}:
        return ChatwootRefusesUs(detail)
    if status == 429 or status < 400 or (status == 404 and not problem):
        return ChatwootUnavailable(detail)
    if status == 408 or status >= 500 or (status == 422 and endpoint.hides_faults):
        return _lost(endpoint, f"HTTP {status}")
    if status == 404 and endpoint.is_about_a_conversation:
        return ConversationGone(detail)
    return Refused(detail, _attributes(problem))


def _lost(endpoint: Endpoint, what: str) -> Retryable:
    """A write whose answer is lost may have been done; a read has changed nothing."""
    kind = OutcomeUnknown if endpoint.writes else ChatwootUnavailable
    return kind(f"{endpoint}: {what}")


def _problem(response: httpx.Response) -> dict[str, Any]:
    """The fields of Chatwoot's error body; empty when it is not Chatwoot's."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    known = {"error", "errors", "message", "attributes", "status"}
    return {name: value for name, value in body.items() if name in known} if isinstance(body, dict) else {}


def _attributes(problem: dict[str, Any]) -> tuple[str, ...]:
    named = problem.get("attributes")
    return tuple(str(name) for name in named) if isinstance(named, list) else ()


def _encoded(body: Body) -> bytes:
    """JSON; half a surrogate pair, which a browser can send, becomes a question mark and no exception."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _is_this_machine(base_url: str) -> bool:
    """A proxy of the environment is for the outside, whether or not somebody remembered to say so."""
    return urlsplit(base_url).hostname in {"localhost", "127.0.0.1", "::1"}


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes some thirty milliseconds; once per process is enough."""
    return httpx.create_ssl_context()
