"""One answer to one turn: listen, draft, guard, wait out the rest, and send unless something newer came.

The draft is in the outbox before the wait begins: a crash costs no second generation, and what was never sent never
enters the history.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from psycopg import AsyncConnection

from nextnest.breakers import MODEL
from nextnest.models import Prompt, Reply, Verdict
from nextnest.rules.guard import check_reply
from nextnest.rules.prompt import build_prompt, repair_prompt
from nextnest.rules.timing import listening_window, remaining_wait
from nextnest.rules.urgency import analyze_message_urgency
from nextnest.store import incoming, outbox
from nextnest.store.incoming import OpenTurn
from nextnest.store.jobs import Ownership
from nextnest.tasks.desk import Desk

log = structlog.get_logger(__name__)
SINGAPORE = ZoneInfo("Asia/Singapore")


# How often a call under way asks whether it is still wanted: sooner than anybody types a word.
_LOOK_EVERY_S = 0.25


class Overtaken(Exception):
    """The answer that was being written is not wanted any more."""


@dataclass
class Answering:
    """The work on one conversation's turn by one job. `deliberate_wait_s` is what was waited on purpose, in seconds."""

    desk: Desk
    owner: Ownership
    conversation_id: int
    deliberate_wait_s: float = 0
    rejected: bool = field(default=False, init=False)

    async def recover(self) -> None:
        """Find out what became of replies an earlier attempt was sending; what is not needed any more is withheld."""
        async with self.desk.pool.connection() as conn:
            newest = await incoming.newest_unanswered(conn, self.conversation_id)
        await self.desk.delivery.settle_replies(self.conversation_id, newest)

    async def answer(self, turn: OpenTurn) -> bool:
        """Try to answer the turn; False when it must be read again, or when `rejected` says no draft passed."""
        if await self._already_sent(turn):
            return True
        if not self._overdue(turn) and not await self._listened(turn):
            return False
        try:
            draft = await self._draft(turn)
        except Overtaken:
            log.info("generation cancelled")
            return False
        if draft is None:
            return False
        await self._wait_like_a_person(turn)
        return await self.desk.delivery.deliver(draft, self.owner, whatever_came=self._overdue(turn))

    async def _already_sent(self, turn: OpenTurn) -> bool:
        """An earlier attempt sent the reply and died before it could say so."""
        async with self.desk.pool.connection() as conn:
            effect = await outbox.find(conn, self.conversation_id, "reply", turn.newest)
        return effect is not None and effect.state == "sent"

    def _overdue(self, turn: OpenTurn) -> bool:
        """A customer who never stops typing is answered after a while all the same."""
        waited = (datetime.now(UTC) - min(turn.arrivals)).total_seconds()
        return waited > self.desk.settings.nextnest_max_burst_s

    async def _listened(self, turn: OpenTurn) -> bool:
        """Give the customer a moment to go on; False when something came in meanwhile."""
        window = listening_window(turn.texts, self.desk.pace)
        await self._wait(window - _spent(turn))
        async with self.desk.pool.connection() as conn:
            return not await incoming.anything_new(conn, self.conversation_id)

    async def _draft(self, turn: OpenTurn) -> outbox.Effect | None:
        """The planned reply: the one an earlier attempt left behind, or a new one. None when the guard let none pass."""
        async with self.desk.pool.connection() as conn:
            effect = await outbox.find(conn, self.conversation_id, "reply", turn.newest)
            usable = effect is not None and await outbox.takes_everything_in(conn, effect.id)
        if not usable:
            effect = await self._write(turn)
        if effect is not None and effect.state == "withheld":
            effect = await self._plan_once_more(effect)
        return effect

    async def _write(self, turn: OpenTurn) -> outbox.Effect | None:
        prompt = await self._prompt(turn)
        reply = await self._generate(prompt, turn)
        verdict = _check(reply, turn, prompt)
        if not verdict.ok:
            await self._record(turn, prompt, reply, verdict, "rejected")
            prompt = repair_prompt(prompt, reply.text, verdict)
            reply = await self._generate(prompt, turn)
            verdict = _check(reply, turn, prompt)
        if not verdict.ok:
            self.rejected = True
            await self._record(turn, prompt, reply, verdict, "rejected")
            return None
        return await self._plan(turn, prompt, reply, verdict)

    async def _prompt(self, turn: OpenTurn) -> Prompt:
        assert turn.broker is not None
        async with self.desk.pool.connection() as conn:
            history = await incoming.history(conn, self.conversation_id)
        return build_prompt(
            turn.broker,
            turn.lead,
            history,
            token_budget=self.desk.settings.openai_history_tokens,
            today=_today(),
        )

    async def _generate(self, prompt: Prompt, turn: OpenTurn) -> Reply:
        """What the model says; Overtaken, and the call is cancelled, when meanwhile it is no longer wanted."""
        assert turn.broker is not None
        await self.desk.breakers.require(MODEL)
        return await self._unless_overtaken(
            turn,
            self.desk.assistant.generate_broker_response(
                prompt,
                safety_identifier=hashlib.sha256(f"conversation-{self.conversation_id}".encode()).hexdigest(),
                cache_key=f"{turn.broker.slug}-{prompt.version}",
            ),
        )

    async def _unless_overtaken(self, turn: OpenTurn, work: Coroutine[Any, Any, Reply]) -> Reply:
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=_LOOK_EVERY_S))[0]:
                if await self._overtaken(turn):
                    raise Overtaken
            return await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _overtaken(self, turn: OpenTurn) -> bool:
        """A person has the conversation, or the customer went on and has not waited too long already."""
        async with self.desk.pool.connection() as conn:
            if await incoming.left_us(conn, self.conversation_id):
                return True
            return not self._overdue(turn) and await incoming.anything_new(conn, self.conversation_id)

    async def _wait_like_a_person(self, turn: OpenTurn) -> None:
        """The rest of the human-like wait: most of it has passed while we listened and the model worked."""
        assert turn.broker is not None
        urgency = analyze_message_urgency("\n".join(turn.texts), turn.broker.personality_type)
        await self._wait(remaining_wait(urgency.response_time, _spent(turn), self.desk.pace))

    async def _plan(self, turn: OpenTurn, prompt: Prompt, reply: Reply, verdict: Verdict) -> outbox.Effect:
        async with self.desk.transaction(self.owner) as conn:
            effect = await self._put_into_outbox(conn, turn, {"content": reply.text})
            await outbox.record_reply(
                conn,
                conversation_id=self.conversation_id,
                effect_id=effect.id,
                job_id=self.owner.job_id,
                turn=turn.newest,
                prompt_version=prompt.version,
                reply=reply,
                verdict=verdict,
                outcome="used",
            )
        return effect

    async def _put_into_outbox(
        self, conn: AsyncConnection[Any], turn: OpenTurn, payload: dict[str, Any]
    ) -> outbox.Effect:
        """A turn has one reply; one that was drafted before a late message came in gets the new text."""
        if earlier := await outbox.find(conn, self.conversation_id, "reply", turn.newest):
            await outbox.rewrite(conn, earlier.id, payload)
        else:
            await outbox.plan(conn, self.conversation_id, "reply", payload, turn=turn.newest)
        effect = await outbox.find(conn, self.conversation_id, "reply", turn.newest)
        assert effect is not None
        return effect

    async def _plan_once_more(self, effect: outbox.Effect) -> outbox.Effect:
        """A reply withheld for a newer message is right again when that message is gone or was taken in."""
        async with self.desk.pool.connection() as conn:
            await outbox.revive(conn, effect.id)
            return await outbox.fetch(conn, effect.id)

    async def _record(
        self, turn: OpenTurn, prompt: Prompt, reply: Reply, verdict: Verdict, outcome: str
    ) -> None:
        log.warning("draft rejected", rules=list(verdict.broken))
        async with self.desk.pool.connection() as conn:
            await outbox.record_reply(
                conn,
                conversation_id=self.conversation_id,
                effect_id=None,
                job_id=self.owner.job_id,
                turn=turn.newest,
                prompt_version=prompt.version,
                reply=reply,
                verdict=verdict,
                outcome=outcome,
            )

    async def _wait(self, seconds: float) -> None:
        began = time.monotonic()
        await self.desk.pauses.wait(seconds)
        self.deliberate_wait_s += time.monotonic() - began


def _spent(turn: OpenTurn) -> float:
    """Seconds since the customer's last message came in."""
    return (datetime.now(UTC) - max(turn.arrivals)).total_seconds()


def _check(reply: Reply, turn: OpenTurn, prompt: Prompt) -> Verdict:
    """The customer's own words count wherever in the conversation they stand."""
    said = [line.content for line in prompt.turns if line.role == "customer"]
    return check_reply(reply.text, lead=turn.lead, customer_texts=[*said, *turn.texts])


def _today() -> date:
    return datetime.now(SINGAPORE).date()
