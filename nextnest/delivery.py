"""The only sender of anything into Chatwoot: intend, act, mark.

Chatwoot has no idempotency key. A message carries its outbox id; after a lost answer we read the conversation back and look
for that id. What cannot be found is sent again only when every request that might still carry it must have ended. What
cannot be read is never sent blind.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from nextnest.chatwoot import Chatwoot
from nextnest.errors import ChatwootUnavailable, OutcomeUnknown, Permanent, Retryable
from nextnest.store import outbox
from nextnest.store.jobs import Ownership, hold_job
from nextnest.store.outbox import Effect
from nextnest.telemetry import watching

log = structlog.get_logger(__name__)

Wait = Callable[[float], Awaitable[None]]

# Setting the same attributes, status or assignee twice is the same as once; a lost answer needs no look.
REPEATABLE = frozenset({"attributes", "status", "return", "assignment"})
# What only colleagues see.
PRIVATE = frozenset({"private_note", "confirmation_note", "reminder"})
# A team or a person Chatwoot does not know costs nobody a hand-over that is otherwise complete.
OPTIONAL = frozenset({"assignment"})
# A machine so busy that three intents in a row come too late has no business sending.
_INTENTS = 3
# Pauses between looks for a message whose answer was lost, in seconds; the last one repeats.
_LOOKS = (0.2, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Intent:
    """An intent's number, and when it was begun on this process's clock."""

    number: int
    began: float


@dataclass(frozen=True)
class Sent:
    """An effect that is in Chatwoot, with the id of its message where there is one."""

    effect: Effect
    message_id: int | None
    is_marked: bool = False


async def mark(conn: AsyncConnection[Any], sent: Sent) -> None:
    """Say in the outbox that an effect took place; saying it again changes nothing."""
    await outbox.mark_sent(conn, sent.effect.id, sent.message_id)


@dataclass(frozen=True)
class Delivery:
    """Carries out the outbox. `pace` multiplies deliberate waits, `settle_s` is how long a lost request may still act.

    `owner` is the attempt on whose behalf something is done: once a newer attempt owns the job, this one sends nothing.
    """

    pool: AsyncConnectionPool[AsyncConnection[Any]]
    chatwoot: Chatwoot
    pace: float
    settle_s: float
    wait: Wait = asyncio.sleep

    async def deliver_all(self, conversation_id: int, owner: Ownership | None = None) -> bool:
        """Finish everything unfinished of a conversation except replies, in order; whether there are such replies."""
        async with self.pool.connection() as conn:
            effects = await outbox.unfinished(conn, conversation_id)
        for effect in effects:
            if effect.kind != "reply":
                await self.deliver(effect, owner)
        return any(effect.kind == "reply" for effect in effects)

    async def settle_replies(self, conversation_id: int, wanted: int | None) -> None:
        """Find out what became of unfinished replies; one that was not sent and answers another turn is withheld.

        `wanted` is the turn that somebody is about to answer, None when nobody is.
        """
        async with self.pool.connection() as conn:
            effects = await outbox.unfinished(conn, conversation_id)
        for effect in effects:
            if effect.kind == "reply":
                settled = await self.settle(effect)
                if settled.state == "planned" and settled.turn != wanted:
                    await self.withhold(settled, "it was not sent in time")

    async def deliver(
        self, effect: Effect, owner: Ownership | None = None, *, whatever_came: bool = False
    ) -> bool:
        """Make one effect happen exactly once, and mark it; True when it is in Chatwoot, False when it was withheld."""
        sent = await self.send(effect, owner, whatever_came=whatever_came)
        if sent and not sent.is_marked:
            async with self.pool.connection() as conn:
                await mark(conn, sent)
        return sent is not None

    async def send(
        self,
        effect: Effect,
        owner: Ownership | None = None,
        *,
        whatever_came: bool = False,
        intent: Intent | None = None,
    ) -> Sent | None:
        """The same for a caller who marks it in a commit of its own, right after; None when it was withheld.

        Until then it is `sending`, and whoever finds it so looks for it in Chatwoot. `intent` is one that is committed
        already.
        """
        effect = await self.settle(effect)
        if effect.state == "planned":
            await self.wait(effect.delay_s * self.pace)
            return await self._intend_and_act(effect, owner, whatever_came, intent)
        return None if effect.state == "withheld" else Sent(effect, None, is_marked=True)

    async def intend(
        self,
        conn: AsyncConnection[Any],
        effect: Effect,
        owner: Ownership | None,
        *,
        whatever_came: bool = False,
    ) -> Intent | None:
        """Say in the caller's commit that an effect is about to be tried; None when it must not be.

        A reply's is refused when something came in, unless `whatever_came` may have, or when a person has the conversation.
        """
        # Not before: waiting for a connection is no part of it.
        began = time.monotonic()
        if effect.kind == "reply":
            number = await outbox.intend_reply(conn, effect.id, owner, whatever_came=whatever_came)
        else:
            number = await outbox.intend(conn, effect.id, owner)
        return None if number is None else Intent(number, began)

    async def _intend_and_act(
        self, effect: Effect, owner: Ownership | None, whatever_came: bool, intent: Intent | None
    ) -> Sent | None:
        """None when it was withheld. An intent that came too late is taken back and made anew."""
        for _ in range(_INTENTS):
            intent = intent or await self._intend(effect, owner, whatever_came)
            if intent is None:
                return None
            if time.monotonic() - intent.began <= self.settle_s / 2:
                return await self._act(effect)
            if not await self._take_back(effect, intent.number):
                break
            intent = None
        raise Retryable("an effect came too late to be sent")

    async def settle(self, effect: Effect) -> Effect:
        """Find out what became of an effect that may have happened; afterwards it is planned, sent or withheld."""
        if effect.state not in {"sending", "unknown"}:
            return effect
        if effect.kind in REPEATABLE:
            return await self._plan_again(effect, None)
        for pause in _pauses():
            ended = await self._must_have_ended(effect)
            if (message_id := await self._look(effect)) is not None:
                return await self._adopt(effect, message_id)
            if ended:
                return await self._plan_again(effect, "its answer was lost and it did not arrive")
            await asyncio.sleep(pause)
        raise AssertionError("the pauses never end")

    async def withhold(self, effect: Effect, reason: str) -> None:
        """Decide that an effect will not happen."""
        async with self.pool.connection() as conn, conn.transaction():
            await outbox.withhold(conn, effect.id, reason)
        watching.effect(effect.kind, "withheld")

    async def _intend(self, effect: Effect, owner: Ownership | None, whatever_came: bool) -> Intent | None:
        """Commit the intent; a reply that must not be sent is withheld.

        LostOwnership when it is refused because another attempt is at work.
        """
        async with self.pool.connection() as conn:
            intent = await self.intend(conn, effect, owner, whatever_came=whatever_came)
            if intent is not None or effect.kind != "reply":
                return intent
            if owner is not None:
                await hold_job(conn, owner)
        await self.withhold(effect, "something newer came in, or a person has the conversation")
        log.info("reply withheld", conversation_id=effect.conversation_id, effect_id=str(effect.id))
        return None

    async def _take_back(self, effect: Effect, intent: int) -> bool:
        """A process that slept between intent and request may have been given up meanwhile: somebody else has looked for
        the effect and sent it again. So a late request is not made; whether the effect is still ours to intend."""
        async with self.pool.connection() as conn:
            return await outbox.take_intent_back(conn, effect.id, intent)

    async def _act(self, effect: Effect) -> Sent | None:
        """Ask Chatwoot, and note what went wrong; None when it was refused for good and nobody needs it."""
        try:
            message_id = await self._request(effect)
        except OutcomeUnknown as lost:
            await self._note_unknown(effect, str(lost))
            await self._recover(effect)
            return Sent(effect, None, is_marked=True)
        except Retryable as refused:
            await self._plan_again(effect, str(refused))
            raise
        except Permanent as refused:
            await self.withhold(effect, str(refused))
            if effect.kind in OPTIONAL:
                log.error("not assigned", conversation_id=effect.conversation_id, error=str(refused))
                return None
            raise
        _tell(effect, message_id)
        return Sent(effect, message_id)

    async def _recover(self, effect: Effect) -> None:
        """An answer was lost: look, and if it certainly did not happen, try once more before the job does."""
        settled = await self.settle(await self._fetch(effect))
        if settled.state == "planned":
            raise ChatwootUnavailable("an effect did not arrive")

    async def _request(self, effect: Effect) -> int | None:
        """The one request an effect is; Chatwoot's message id where it makes a message."""
        conversation_id, payload = effect.conversation_id, effect.payload
        match effect.kind:
            case "attributes":
                await self.chatwoot.update_conversation_custom_attributes(
                    conversation_id, payload["attributes"]
                )
                return None
            case "status" | "return":
                await self.chatwoot.set_status(conversation_id, payload["status"])
                return None
            case "assignment":
                await self.chatwoot.assign(conversation_id, **payload)
                return None
            case "activity":
                return await self.chatwoot.create_activity_message(
                    conversation_id, payload["content"], effect.id
                )
            case kind:
                return await self.chatwoot.send_message(
                    conversation_id, payload["content"], effect.id, private=kind in PRIVATE
                )

    async def _look(self, effect: Effect) -> int | None:
        """Read the conversation back. A message is newer than the turn it answers, so older ones need no look."""
        return await self.chatwoot.find_effect(
            effect.conversation_id, effect.id, newest_known=effect.turn if effect.turn > 0 else None
        )

    async def _must_have_ended(self, effect: Effect) -> bool:
        """By the database's clock, which also wrote when the sending began."""
        async with self.pool.connection() as conn:
            return await outbox.must_have_ended(conn, effect.id, self.settle_s)

    async def _adopt(self, effect: Effect, message_id: int | None) -> Effect:
        async with self.pool.connection() as conn:
            await mark(conn, Sent(effect, message_id))
        _tell(effect, message_id)
        return await self._fetch(effect)

    async def _note_unknown(self, effect: Effect, error: str) -> None:
        async with self.pool.connection() as conn:
            await outbox.mark_unknown(conn, effect.id, error)
        watching.effect(effect.kind, "unknown")
        log.warning("answer lost", kind=effect.kind, conversation_id=effect.conversation_id, error=error)

    async def _plan_again(self, effect: Effect, error: str | None) -> Effect:
        async with self.pool.connection() as conn:
            await outbox.plan_again(conn, effect.id, error)
        return await self._fetch(effect)

    async def _fetch(self, effect: Effect) -> Effect:
        async with self.pool.connection() as conn:
            return await outbox.fetch(conn, effect.id)


def _tell(effect: Effect, message_id: int | None) -> None:
    watching.effect(effect.kind, "sent")
    log.info("sent", kind=effect.kind, conversation_id=effect.conversation_id, message_id=message_id)


def _pauses() -> Iterator[float]:
    """The pauses between looks, for ever; who looks decides when to stop."""
    yield from _LOOKS
    while True:
        yield _LOOKS[-1]
