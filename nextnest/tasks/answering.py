"""One answer to one turn: listen, draft, guard, wait out the rest, and send unless something newer came.

The draft is in the outbox before the wait begins: a crash costs no second generation, and what was never sent never
enters the history.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from psycopg import AsyncConnection

from nextnest.delivery import Intent, Sent
from nextnest.rules.timing import listening_window, remaining_wait
from nextnest.rules.urgency import analyze_message_urgency
from nextnest.store import incoming, outbox
from nextnest.store.incoming import OpenTurn
from nextnest.store.jobs import Ownership
from nextnest.tasks.desk import Desk
from nextnest.tasks.drafting import Drafting, Overtaken
from nextnest.telemetry import watching

log = structlog.get_logger(__name__)


@dataclass
class Answering:
    """The work on one conversation's turn by one job. `deliberate_wait_s` is what was waited on purpose, in seconds."""

    desk: Desk
    owner: Ownership
    conversation_id: int
    deliberate_wait_s: float = 0
    # The reply that is in Chatwoot and that the caller must still mark, in the commit that ends the turn.
    sent: Sent | None = None

    def __post_init__(self) -> None:
        self._drafting = Drafting(
            self.desk, self.owner, self.conversation_id, self._overtaken, self._intend_at_once
        )

    @property
    def rejected(self) -> bool:
        """Whether no draft passed the guard."""
        return self._drafting.rejected

    async def recover(self) -> None:
        """Find out what became of replies an earlier attempt was sending; what is not needed any more is withheld."""
        async with self.desk.pool.connection() as conn:
            newest = await incoming.newest_unanswered(conn, self.conversation_id)
        await self.desk.delivery.settle_replies(self.conversation_id, newest)

    async def answer(self, turn: OpenTurn) -> bool:
        """Try to answer the turn; False when it must be read again, or when `rejected` says no draft passed."""
        earlier = await self._earlier_reply(turn)
        if earlier is not None and earlier.state == "sent":
            return True
        if not self._overdue(turn) and not await self._listened(turn):
            return False
        try:
            draft = await self._draft(turn, earlier)
        except Overtaken:
            log.info("generation cancelled")
            return False
        if draft is None:
            return False
        await self._wait_like_a_person(turn)
        self.sent = await self.desk.delivery.send(
            draft, self.owner, whatever_came=self._overdue(turn), intent=self._drafting.take_intent()
        )
        if self.sent is None:
            return False
        watching.answered(_spent(turn))
        if self._drafting.left_a_note:
            await self.desk.delivery.deliver_all(self.conversation_id, self.owner)
        return True

    async def _earlier_reply(self, turn: OpenTurn) -> outbox.Effect | None:
        """What an earlier attempt wrote, and perhaps sent before it died."""
        if not turn.has_reply:
            return None
        async with self.desk.pool.connection() as conn:
            return await outbox.find(conn, self.conversation_id, "reply", turn.newest)

    def _overdue(self, turn: OpenTurn) -> bool:
        """A customer who never stops typing is answered after a while all the same."""
        waited = (datetime.now(UTC) - min(turn.arrivals)).total_seconds()
        return waited > self.desk.settings.nextnest_max_burst_s

    async def _listened(self, turn: OpenTurn) -> bool:
        """Give the customer a moment to go on; False when something came in meanwhile."""
        left = listening_window(turn.texts, self.desk.pace) - _spent(turn)
        if left <= 0:
            # It has passed, and the turn was read just now.
            watching.listened(went_on=False)
            return True
        await self._wait(left)
        async with self.desk.pool.connection() as conn:
            went_on = await incoming.anything_new(conn, turn)
        watching.listened(went_on=went_on)
        return not went_on

    async def _draft(self, turn: OpenTurn, earlier: outbox.Effect | None) -> outbox.Effect | None:
        """The planned reply: the one an earlier attempt left behind, or a new one. None when the guard let none pass."""
        effect = earlier if await self._is_usable(earlier) else await self._drafting.write(turn)
        if effect is not None and effect.state == "withheld":
            effect = await self._plan_once_more(effect)
        return effect

    async def _is_usable(self, earlier: outbox.Effect | None) -> bool:
        """Whether it was written after everything had come in that is to be answered now."""
        if earlier is None:
            return False
        async with self.desk.pool.connection() as conn:
            return await outbox.takes_everything_in(conn, earlier.id)

    async def _overtaken(self, turn: OpenTurn) -> bool:
        """A person has the conversation, or the customer went on and has not waited too long already."""
        async with self.desk.pool.connection() as conn:
            if await incoming.left_us(conn, self.conversation_id):
                return True
            return not self._overdue(turn) and await incoming.anything_new(conn, turn)

    async def _wait_like_a_person(self, turn: OpenTurn) -> None:
        """The rest of the human-like wait: most of it has passed while we listened and the model worked."""
        await self._wait(self._left_to_wait(turn))

    def _left_to_wait(self, turn: OpenTurn) -> float:
        assert turn.broker is not None
        urgency = analyze_message_urgency("\n".join(turn.texts), turn.broker.personality_type)
        return remaining_wait(urgency.response_time, _spent(turn), self.desk.pace)

    async def _intend_at_once(
        self, conn: AsyncConnection[Any], turn: OpenTurn, draft: outbox.Effect
    ) -> Intent | None:
        """In the draft's own commit, when nothing is left to wait for."""
        if self._left_to_wait(turn) > 0:
            return None
        return await self.desk.delivery.intend(conn, draft, self.owner, whatever_came=self._overdue(turn))

    async def _plan_once_more(self, effect: outbox.Effect) -> outbox.Effect:
        """A reply withheld for a newer message is right again when that message is gone or was taken in."""
        async with self.desk.pool.connection() as conn:
            await outbox.revive(conn, effect.id)
            return await outbox.fetch(conn, effect.id)

    async def _wait(self, seconds: float) -> None:
        began = time.monotonic()
        await self.desk.pauses.wait(seconds)
        self.deliberate_wait_s += time.monotonic() - began


def _spent(turn: OpenTurn) -> float:
    """Seconds since the customer's last message came in."""
    return (datetime.now(UTC) - max(turn.arrivals)).total_seconds()
