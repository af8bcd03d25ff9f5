"""One contact's personal data: finding, exporting and blanking it. Everything of a contact is found by ids of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from nextnest.store.statements import Statements

SQL = Statements("personal_data")


@dataclass(frozen=True)
class Key:
    """What a contact is looked up by; exactly one is given. `email` in small letters, `phone` in E.164."""

    email: str | None = None
    phone: str | None = None
    contact_id: int | None = None
    lead_id: UUID | None = None
    conversation_id: int | None = None


@dataclass(frozen=True)
class Contact:
    """Where a contact's data lies: rows of `leads` and of `broker_conversations`, by id."""

    lead_ids: list[UUID]
    conversation_ids: list[int]

    @property
    def locks(self) -> list[str]:
        """The order locks of the jobs about this contact (nextnest/deferring.py)."""
        return [f"conversation-{one}" for one in self.conversation_ids] + [
            f"lead-{one}" for one in self.lead_ids
        ]

    @property
    def settling(self) -> list[str]:
        """The ids of the jobs without an order."""
        return [f"settle-conversation-{one}" for one in self.conversation_ids]


async def find(conn: AsyncConnection[Any], key: Key) -> Contact:
    """Every form and conversation of a contact, refused forms included; both lists empty when nothing is held."""
    row = await SQL.find_contact.aone(
        conn,
        email=key.email,
        phone=key.phone,
        contact_id=key.contact_id,
        lead_id=key.lead_id,
        conversation_id=key.conversation_id,
    )
    assert row
    emails = [*row["emails"], *([key.email] if key.email else [])]
    phones = [*row["phones"], *([key.phone] if key.phone else [])]
    refused = await SQL.find_refused.aall(conn, emails=emails, numbers=_as_typed(phones))
    lead_ids = sorted({*row["lead_ids"], *(form["id"] for form in refused)})
    return Contact(lead_ids, row["conversation_ids"])


def _as_typed(phones: list[str]) -> list[str]:
    """The digits of each number, and without Singapore's country code, which nobody types at home."""
    digits = [re.sub(r"\D", "", phone) for phone in phones]
    return digits + [number[2:] for number in digits if number.startswith("65") and len(number) == 10]


async def last_activity(conn: AsyncConnection[Any], contact: Contact) -> datetime | None:
    """When we last heard of the contact, None when nothing is held."""
    row = await SQL.last_activity.aone(
        conn, lead_ids=contact.lead_ids, conversation_ids=contact.conversation_ids
    )
    return row["at"] if row else None


async def export(conn: AsyncConnection[Any], contact: Contact) -> dict[str, Any]:
    """Everything held, as JSON: `leads`, `chat_posts`, `conversations` with what was said and done in them."""
    row = await SQL.export_contact.aone(
        conn, lead_ids=contact.lead_ids, conversation_ids=contact.conversation_ids
    )
    assert row
    return dict(row["document"])


async def call_off_jobs(conn: AsyncConnection[Any], contact: Contact) -> None:
    """Cancel the waiting jobs about a contact; with its rows locked, nobody can defer another one."""
    await SQL.call_off_jobs.arun(conn, locks=contact.locks, settling=contact.settling)


async def is_under_way(conn: AsyncConnection[Any], contact: Contact) -> bool:
    """Whether a job, a form or the legacy path is at work on the contact in this moment."""
    row = await SQL.under_way.aone(
        conn,
        locks=contact.locks,
        settling=contact.settling,
        lead_ids=contact.lead_ids,
        conversation_ids=contact.conversation_ids,
    )
    return bool(row and row["busy"])


@dataclass(frozen=True)
class Standing:
    """Conversations that are `not_over` for the customer, and those `to_close`, in the order in which to do it."""

    not_over: list[int]
    to_close: list[int]


async def lock(conn: AsyncConnection[Any], contact: Contact) -> Standing:
    """Lock everything of the contact until the transaction ends.

    Who waits is closed before who holds a place: otherwise the place would go to the contact's own next conversation.
    """
    rows = await SQL.lock_conversations.aall(conn, conversation_ids=contact.conversation_ids)
    await SQL.lock_leads.arun(conn, lead_ids=contact.lead_ids)
    at_work = [row for row in rows if row["status"] != "resolved"]
    at_work.sort(key=lambda row: row["status"] == "active")
    return Standing(
        [row["conversation_id"] for row in rows if row in at_work or row["unanswered"]],
        [row["conversation_id"] for row in at_work],
    )


async def newest_message(conn: AsyncConnection[Any], conversation_id: int) -> int:
    """The id of the customer's newest message, 0 without one."""
    row = await SQL.newest_message.aone(conn, conversation_id=conversation_id)
    assert row
    return int(row["message_id"])


async def end_unfinished(conn: AsyncConnection[Any], contact: Contact) -> None:
    """Nothing that is planned, lost or unanswered goes on."""
    await SQL.withhold_unfinished.arun(conn, conversation_ids=contact.conversation_ids)
    await SQL.leave_unanswered.arun(conn, conversation_ids=contact.conversation_ids)


async def blank(conn: AsyncConnection[Any], contact: Contact) -> dict[str, int]:
    """Blank what is personal; how many rows of which table changed."""
    conversations = {"conversation_ids": contact.conversation_ids}
    await SQL.erase_openings.arun(conn, lead_ids=contact.lead_ids)
    return {
        "leads": await SQL.erase_leads.arun(conn, lead_ids=contact.lead_ids),
        "chat_posts": await SQL.erase_chat_posts.arun(conn, lead_ids=contact.lead_ids),
        "broker_conversations": await SQL.erase_conversations.arun(conn, **conversations),
        "incoming_messages": await SQL.erase_incoming.arun(conn, **conversations),
        "outgoing_messages": await SQL.erase_outgoing.arun(conn, **conversations),
        "person_messages": await SQL.erase_person_messages.arun(conn, **conversations),
        "handover_briefs": await SQL.erase_briefs.arun(conn, **conversations),
        "tool_runs": await SQL.erase_runs.arun(conn, **conversations),
        "ai_replies": await SQL.erase_replies.arun(conn, **conversations),
    }
