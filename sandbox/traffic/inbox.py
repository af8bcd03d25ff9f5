"""The made-up conversations for the stand-in Chatwoot, so that its inbox and the console's links know them, too."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.traffic.rows import COLUMNS, Rows

_LIMIT_S = 60
# Its users: the desk whose token we have, and the colleague at the dashboard.
_DESK, _COLLEAGUE = 1, 2
_PRIVATE = {"private_note", "reminder"}


class NotThere(Exception):
    """The stand-in Chatwoot did not take the conversations."""


def is_there(address: str) -> bool:
    """Whether it takes conversations; asked before anything is written, which the same seed would not write again."""
    try:
        _post(address, {"contacts": [], "conversations": [], "messages": []})
    except OSError:
        return False
    return True


def hand_in(address: str, rows: Rows) -> None:
    """Give it one batch; what it knows already it leaves alone. Raises NotThere."""
    try:
        _post(address, history(rows))
    except OSError as error:
        raise NotThere(f"No stand-in Chatwoot took the conversations at {address}: {error}.") from error


def _post(address: str, found: dict[str, list[dict[str, Any]]]) -> None:
    body = json.dumps(found).encode()
    request = urllib.request.Request(f"{address}/sandbox/history", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_LIMIT_S):  # noqa: S310 - the address the caller chose
        return


def history(rows: Rows) -> dict[str, list[dict[str, Any]]]:
    """One batch as sandbox/chatwoot/history.py reads it. Times are epoch seconds."""
    return {
        "contacts": [_contact(lead) for lead in _of(rows, "leads")],
        "conversations": [_conversation(one) for one in _of(rows, "broker_conversations")],
        "messages": sorted(
            [*_heard(rows), *_sent(rows), *_written(rows)], key=lambda message: int(message["id"])
        ),
    }


def _contact(lead: dict[str, Any]) -> dict[str, Any]:
    person, at = json.loads(lead["lead"]), lead["received_at"].timestamp()
    return {
        "id": lead["contact_id"],
        "name": person["name"],
        "email": person["email"],
        "phone_number": person["phone"],
        "created_at": at,
        "updated_at": at,
        "last_activity_at": at,
        "custom_attributes": {"loan_type": lead["loan_type"], "lead_score": lead["lead_score"]},
    }


def _conversation(row: dict[str, Any]) -> dict[str, Any]:
    active = (row["resolved_at"] or row["last_message_at"] or row["created_at"]).timestamp()
    attributes = {"nextnest_lead_id": str(row["lead_id"]), "lead_score": row["lead_score"]}
    return {
        "id": row["conversation_id"],
        "contact_id": row["contact_id"],
        # A conversation of ours is opened as pending, and its row says nothing until that changes.
        "status": row["chatwoot_status"] or "pending",
        "custom_attributes": attributes | {"loan_type": row["loan_type"], "source": "lead_form"},
        "last_activity_at": active,
        "updated_at": active,
        "created_at": row["created_at"].timestamp(),
        "first_reply_created_at": _epoch(row["first_response_at"]),
    }


def _heard(rows: Rows) -> Iterator[dict[str, Any]]:
    for row in _of(rows, "incoming_messages"):
        yield _message(
            row,
            row["message_id"],
            "incoming",
            row["content"],
            row["sent_at"],
            "Contact",
            row["conversation_id"],
        )


def _sent(rows: Rows) -> Iterator[dict[str, Any]]:
    for row in _of(rows, "outgoing_messages"):
        if row["chatwoot_message_id"]:
            kind = "activity" if row["kind"] == "activity" else "outgoing"
            content = json.loads(row["payload"])["content"]
            message = _message(row, row["chatwoot_message_id"], kind, content, row["sent_at"], "User", _DESK)
            message["content_attributes"] = {"nextnest_id": str(row["id"])}
            yield message | {"private": row["kind"] in _PRIVATE}


def _written(rows: Rows) -> Iterator[dict[str, Any]]:
    for row in _of(rows, "person_messages"):
        yield _message(row, row["message_id"], "outgoing", row["content"], row["sent_at"], "User", _COLLEAGUE)


def _message(
    row: dict[str, Any], number: int, kind: str, content: str, at: datetime, sender: str, sender_id: int
) -> dict[str, Any]:
    return {
        "id": number,
        "conversation_id": row["conversation_id"],
        "message_type": kind,
        "content": content,
        "created_at": at.timestamp(),
        "sender_type": sender,
        "sender_id": sender_id,
    }


def _of(rows: Rows, table: str) -> Iterator[dict[str, Any]]:
    names = COLUMNS[table].split()
    return (dict(zip(names, row, strict=True)) for row in rows.of.get(table, []))


def _epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
