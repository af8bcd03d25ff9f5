"""Reading requests: bodies with a bound, and how many of them a client may send."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, TooManyRequests

from nextnest.store import web
from web.doors import Doors

# Neither can be stored: Postgres texts hold no NUL, and half of a surrogate pair is no character.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# How either can stand in a body: escaped, as a surrogate in the bytes of UTF-8, or in an encoding with zero bytes.
_MAY_HOLD_SOME = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\xed[\xa0-\xbf]|\x00")
# So many brackets cannot nest deep enough to exhaust whoever writes the value down again; Chatwoot's events have thirty.
_DEEPEST = 300


def read_body(limit: int) -> bytes:
    """The raw body; RequestEntityTooLarge beyond `limit` bytes, whatever its header claims."""
    request.max_content_length = limit
    body = request.get_data(cache=False)
    if len(body) > limit:
        raise RequestEntityTooLarge
    return body


def parse_json(body: bytes) -> Any:
    """The JSON value, without characters that cannot be stored; BadRequest when it is none."""
    try:
        value = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        return _storable(value) if _needs_a_look(body) else value
    except (ValueError, RecursionError):
        raise BadRequest("The body should be JSON.") from None


def count(doors: Doors, client: str, most: int) -> None:
    """Count this request; TooManyRequests beyond `most` in a minute."""
    if not doors.settings.nextnest_rate_limits:
        return
    with doors.transaction() as conn:
        requests, seconds_left = web.count_request(conn, client)
    if requests > most:
        raise TooManyRequests("Too many requests. Please wait a moment.", retry_after=seconds_left)


def sender(doors: Doors) -> str:
    """Who sends this request, as `veiled` shows her."""
    return veiled(doors, request.remote_addr or "unknown")


def veiled(doors: Doors, address: str) -> str:
    """A keyed hash of an address, an e-mail or a phone number: they are personal data and need not be kept to be counted."""
    key = doors.settings.secret_key().encode()[:64]
    return hashlib.blake2b(address.encode(), key=key, digest_size=16).hexdigest()


def _needs_a_look(body: bytes) -> bool:
    """Whether it may hold what cannot be stored, or nests deeper than anybody writes. Nearly none does, and going through
    all of one is a third of the work of reading it."""
    return body.count(b"{") + body.count(b"[") > _DEEPEST or bool(_MAY_HOLD_SOME.search(body))


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(item) for name, item in value.items()}
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(written: str) -> float:
    number = float(written)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("a number too large")
    return number
