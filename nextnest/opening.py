"""From a kept lead to a conversation in Chatwoot: for the form while somebody waits, and for the job when it could not.

One lead at a time opens for a contact and a loan type; the others find what it opened. Chatwoot has no idempotency key,
so the conversation carries the lead's id: an opening whose answer was lost finds its own conversation again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from nextnest import deferring
from nextnest.chatwoot import Chatwoot, Contact
from nextnest.engagement_manager import HOLD_S
from nextnest.errors import ChatwootRefusesUs, ChatwootUnavailable, Permanent
from nextnest.models import ExistingConversation, Lead
from nextnest.rules.deduplication import check_for_existing_conversation
from nextnest.rules.rollout import should_use_queue
from nextnest.store import conversations, leads, legacy
from nextnest.store.statements import Row

Pool = AsyncConnectionPool[AsyncConnection[Any]]

# An opening is four or five calls of at most ten seconds; after this long its process is dead.
_HOLD_S = 60
# How often a second lead of the same contact looks whether the first is done.
_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True)
class OpeningRules:
    """`reuse_days` and `settle_s` as in the settings; `rollout_percentage` decides once per conversation."""

    reuse_days: int
    settle_s: float
    rollout_percentage: int


@dataclass(frozen=True)
class Opened:
    """What became of a lead; `reused` when an earlier conversation of the contact goes on.

    `to_engage`: outside the rollout no job greets; the caller now holds the right to do it (EngagementManager).
    """

    lead_id: UUID
    conversation_id: int
    contact_id: int
    reused: bool
    lead_score: int
    to_engage: bool = False


async def open_lead(pool: Pool, chatwoot: Chatwoot, lead_id: UUID, rules: OpeningRules) -> Opened:
    """Find or make the lead's conversation and defer its greeting. Safe to repeat; Retryable errors leave the lead kept."""
    claim = await _claim(pool, lead_id)
    if claim.row["conversation_id"]:
        return _opened(claim.row)
    try:
        found = await _find_or_create(pool, chatwoot, claim, rules)
    except BaseException:
        await _give_up_claim(pool, lead_id)
        raise
    return await _record(pool, claim.row, found, rules.rollout_percentage)


@dataclass(frozen=True)
class _Claim:
    row: Row
    creating_since: datetime | None


@dataclass(frozen=True)
class _Found:
    conversation_id: int
    contact_id: int
    reused: bool


async def _claim(pool: Pool, lead_id: UUID) -> _Claim:
    """Wait for the right to open, at most as long as the caller allows; the lead as it is then."""
    while True:
        async with pool.connection() as conn, conn.transaction():
            claimed = await leads.claim_opening(conn, lead_id, _HOLD_S)
            row = await leads.fetch(conn, lead_id)
        if row is None:
            raise LookupError(f"no lead {lead_id}")
        if claimed or row["conversation_id"]:
            return _Claim(row, claimed["creating_since"] if claimed else None)
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _find_or_create(pool: Pool, chatwoot: Chatwoot, claim: _Claim, rules: OpeningRules) -> _Found:
    row, lead = claim.row, Lead.model_validate(claim.row["lead"])
    contact = await chatwoot.find_or_create_contact(
        name=lead.name, email=lead.email, phone=lead.phone, custom_attributes=_contact_attributes(row, lead)
    )
    existing = await _existing(chatwoot, contact, claim, rules.settle_s)
    for conversation in existing:
        if conversation.lead_id == str(row["id"]):
            return _Found(conversation.conversation_id, contact.id, reused=False)
    decision = check_for_existing_conversation(existing, lead.loan_type, datetime.now(UTC), rules.reuse_days)
    if decision.existing_conversation_id is not None:
        return _Found(decision.existing_conversation_id, contact.id, reused=True)
    return _Found(await _create(pool, chatwoot, contact, row, lead), contact.id, reused=False)


async def _existing(
    chatwoot: Chatwoot, contact: Contact, claim: _Claim, settle_s: float
) -> list[ExistingConversation]:
    """The contact's conversations; when an earlier create was never answered, wait until it must have shown up."""
    while True:
        existing = await chatwoot.contact_conversations(contact.id)
        shown_up = any(conversation.lead_id == str(claim.row["id"]) for conversation in existing)
        since = claim.creating_since
        if shown_up or since is None or (datetime.now(UTC) - since).total_seconds() > settle_s:
            return existing
        await asyncio.sleep(_LOOK_AGAIN_S * 5)


async def _create(pool: Pool, chatwoot: Chatwoot, contact: Contact, row: Row, lead: Lead) -> int:
    """A new conversation, `pending`: that is the AI's until somebody opens it."""
    attributes: dict[str, object] = {
        "nextnest_lead_id": str(row["id"]),
        "lead_score": row["lead_score"],
        "loan_type": lead.loan_type,
        "property_type": lead.property_type or lead.property_category,
        "monthly_income": None if lead.monthly_income is None else int(lead.monthly_income),
        "timeline": lead.purchase_timeline,
        "employment_type": lead.employment_type,
        "source": "lead_form",
    }
    known = {name: value for name, value in attributes.items() if value is not None}
    async with pool.connection() as conn:
        await leads.mark_creating(conn, row["id"])
    try:
        return await chatwoot.create_conversation(contact=contact, custom_attributes=known, status="pending")
    except (ChatwootUnavailable, ChatwootRefusesUs, Permanent):
        async with pool.connection() as conn:
            await leads.release_opening(conn, row["id"])
        raise


async def _record(pool: Pool, row: Row, found: _Found, rollout_percentage: int) -> Opened:
    """Tie lead and conversation and see to the greeting, once per conversation: whoever makes its row defers the job."""
    lead = Lead.model_validate(row["lead"])
    facts = conversations.facts(lead, row["id"], row["lead_score"])
    async with pool.connection() as conn, conn.transaction():
        conversation = await conversations.ensure_for_lead(
            conn,
            found.conversation_id,
            contact_id=found.contact_id,
            uses_queue=should_use_queue(found.conversation_id, rollout_percentage),
            lead_facts=facts,
        )
        to_engage = await legacy.hold(conn, found.conversation_id, HOLD_S)
        if conversation["created"] and conversation["uses_queue"]:
            await deferring.new_conversation(found.conversation_id).defer(conn)
        await leads.record_opened(
            conn,
            row["id"],
            conversation_id=found.conversation_id,
            contact_id=found.contact_id,
            reused=found.reused,
        )
        await leads.release_opening(conn, row["id"])
    return Opened(
        row["id"], found.conversation_id, found.contact_id, found.reused, row["lead_score"], to_engage
    )


async def _give_up_claim(pool: Pool, lead_id: UUID) -> None:
    """Let the next one try at once, unless a conversation may be on its way. Without a database the claim ends by itself."""
    try:
        async with pool.connection() as conn:
            await leads.release_untouched(conn, lead_id)
    except psycopg.Error:
        return


def _contact_attributes(row: Row, lead: Lead) -> dict[str, object]:
    return {
        "loan_type": lead.loan_type,
        "lead_score": row["lead_score"],
        "employment_type": lead.employment_type,
    }


def _opened(row: Row) -> Opened:
    return Opened(
        row["id"], row["conversation_id"], row["contact_id"], row["state"] == "reused", row["lead_score"]
    )
