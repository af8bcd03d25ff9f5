"""A conversation becomes a person's: what the colleague and the customer are told, who is assigned, who is reminded.

Takes a connection, never commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from nextnest import deferring
from nextnest.rules.handoff import HandoffReason, handoff_notice
from nextnest.rules.handover_brief import build_brief, render
from nextnest.rules.language import Language
from nextnest.rules.office_hours import SINGAPORE, OfficeHours
from nextnest.store import handovers, outbox
from nextnest.store.incoming import OpenTurn


@dataclass(frozen=True)
class HandoverRules:
    """When people are there, after how many seconds of office time they are reminded, and who is assigned, if anybody."""

    hours: OfficeHours
    reminder_s: float
    team_id: int | None = None
    agent_id: int | None = None


async def plan_handover(
    conn: AsyncConnection[Any],
    turn: OpenTurn,
    reason: HandoffReason,
    rules: HandoverRules,
    now: datetime,
    *,
    notice_kind: str = "handoff_notice",
) -> None:
    """Plan the colleague's note, the customer's line, the open conversation and its assignment, and keep the brief.

    Planning it again for the same turn changes nothing: what is told was decided the first time.
    """
    number = turn.first if turn.messages else 0
    known = await handovers.context(conn, turn.conversation_id)
    brief = build_brief(
        reason,
        turn.lead,
        turn.broker,
        turn.texts,
        earlier=known.earlier,
        runs=known.runs,
        last_delivered=known.last_delivered,
    )
    opens = rules.hours.opens_after(now.astimezone(SINGAPORE))
    notice = handoff_notice(reason, Language(brief.language), opens)
    await handovers.keep(
        conn, turn.conversation_id, number, brief.as_json(), rules.hours.after(now, rules.reminder_s)
    )
    await outbox.plan_handoff(
        conn, turn.conversation_id, number, note=render(brief), notice=notice, notice_kind=notice_kind
    )
    await _plan_assignment(conn, turn.conversation_id, number, rules)


async def _plan_assignment(
    conn: AsyncConnection[Any], conversation_id: int, number: int, rules: HandoverRules
) -> None:
    chosen = {"team_id": rules.team_id, "assignee_id": rules.agent_id}
    wanted = {name: value for name, value in chosen.items() if value is not None}
    if wanted:
        await outbox.plan(conn, conversation_id, "assignment", wanted, turn=number, position=3)


async def remind(conn: AsyncConnection[Any]) -> list[int]:
    """Plan one private note for every hand-over nobody has taken in time; the conversations."""
    due = await handovers.take_due(conn)
    for row in due:
        since = row["created_at"].astimezone(SINGAPORE)
        content = (
            f"**Nobody has taken this conversation yet.** It was handed over on {since:%d/%m/%Y at %H:%M} and the customer "
            "waits. The note of the hand-over above says what it is about. This is the only reminder."
        )
        await outbox.plan(conn, row["conversation_id"], "reminder", {"content": content}, turn=row["turn"])
        await deferring.deliver_effects(row["conversation_id"]).defer(conn)
    return [row["conversation_id"] for row in due]
