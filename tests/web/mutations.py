"""Real webhooks of Chatwoot, spoilt: one to four changes of their JSON, sometimes of the bytes. Seeded: always the same."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.chatwoot import ChatwootSandbox

# What a value may turn into: the edges of numbers and texts, and every other kind of value.
_JUNK: list[Any] = [
    *(None, True, False, 0, -1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 0.5, -0.0, 1e308, 1e-320),
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ud800",
        "💥" * 50,
        "9" * 40,
        "-1",
        "null",
        "x" * 20_000,
        "2026-13-45T99:00:00Z",
    ),
    *("9999-12-31T23:59:59.999999+23:59", "0001-01-01T00:00:00+14:00", "{{ 7 | times: 7 }}", "' or 1=1 --"),
    *([], {}, [None], [[]], {"": None}, {"id": {"id": {"id": 1}}}, [1, "2", None, {"id": 3}]),
    *(
        "message_created",
        "conversation_status_changed",
        "conversation_updated",
        "resolved",
        "incoming",
        "outgoing",
    ),
]
_BYTES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"{",
    b"}",
    b"[",
    b'"',
    b",",
    b"NaN",
    b"1e999",
    b"\xed\xa0\x80",
    b"\\ud800",
    b" ",
]
Path = tuple[str | int, ...]


def real_payloads() -> list[dict[str, Any]]:
    """One of every kind Chatwoot sends in the life of a conversation, as the stand-in writes them."""
    # Nobody listens there; what it wanted to deliver is what is wanted here.
    with ChatwootSandbox("http://127.0.0.1:9/nowhere") as chatwoot:
        contact = chatwoot.add_contact(name="Tan", email="tan@example.sg", phone_number="+6591234567")
        conversation = chatwoot.add_conversation(contact["id"], custom_attributes={"lead_score": 72})["id"]
        chatwoot.customer_says(conversation, "How much may I borrow?")
        chatwoot.agent_says(conversation, "Good morning")
        chatwoot.agent_says(conversation, "/take", private=True)
        chatwoot.assign(conversation, chatwoot.agent)
        chatwoot.label(conversation, "person")
        chatwoot.resolve(conversation)
        chatwoot.settle()
        return [delivery.payload for delivery in chatwoot.webhooks]


def mutated(payloads: list[dict[str, Any]], count: int, seed: int) -> Iterator[bytes]:
    """So many bodies; one in eight is no JSON any more."""
    chance = random.Random(seed)
    for _ in range(count):
        payload: Any = copy.deepcopy(chance.choice(payloads))
        for _ in range(chance.randint(1, 4)):
            payload = chance.choice(_CHANGES)(payload, chance)
        body = json.dumps(payload).encode()
        yield _spoilt(body, chance) if chance.random() < 0.125 else body


def _replaced(payload: Any, chance: random.Random) -> Any:
    return _put(payload, chance.choice(_paths(payload)), copy.deepcopy(chance.choice(_JUNK)))


def _moved(payload: Any, chance: random.Random) -> Any:
    """A part stands where another one was."""
    paths = _paths(payload)
    return _put(payload, chance.choice(paths), copy.deepcopy(_at(payload, chance.choice(paths))))


def _dropped(payload: Any, chance: random.Random) -> Any:
    path = chance.choice(_paths(payload))
    if path:
        del _at(payload, path[:-1])[path[-1]]
    return payload


def _nested(payload: Any, chance: random.Random) -> Any:
    """A part stands deep inside of lists."""
    path = chance.choice(_paths(payload))
    deep = copy.deepcopy(_at(payload, path))
    for _ in range(chance.choice((1, 5, 200))):
        deep = [deep]
    return _put(payload, path, deep)


_CHANGES: list[Callable[[Any, random.Random], Any]] = [
    _replaced,
    _replaced,
    _replaced,
    _moved,
    _dropped,
    _nested,
]


def _spoilt(body: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(body) + 1)
    cut = chance.choice((0, 1, 8, len(body)))
    return body[:place] + chance.choice(_BYTES) + body[place + cut :]


def _paths(value: Any, at: Path = ()) -> list[Path]:
    """Where every part of a value stands, itself included."""
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    found = [at]
    for name, part in inside if len(at) < 50 else []:
        found += _paths(part, (*at, name))
    return found


def _at(value: Any, path: Path) -> Any:
    for name in path:
        value = value[name]
    return value


def _put(payload: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    _at(payload, path[:-1])[path[-1]] = value
    return payload
