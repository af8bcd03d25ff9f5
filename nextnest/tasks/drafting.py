"""One draft: prompt, model and calculators, guard, one repair; and when no model answers, a calculator alone.

A draft that passed stands in the outbox with the calculations behind it, in one commit. None passed: a person is fetched.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from psycopg import AsyncConnection

from nextnest import purse
from nextnest.breakers import MODEL
from nextnest.calculators import Calculators
from nextnest.delivery import Intent
from nextnest.errors import Away, ModelRefusesUs, ModelUnavailable
from nextnest.models import Prompt, Reply, Turn, Usage, Verdict
from nextnest.purse import TurnPurse
from nextnest.rules import calculation_request
from nextnest.rules.confirmation import confirmation_note, provisional
from nextnest.rules.evidence import of_day, of_runs
from nextnest.rules.guard import check_reply
from nextnest.rules.language import detect
from nextnest.rules.prompt import build_prompt, repair_prompt
from nextnest.rules.prompts import texts_named
from nextnest.rules.reply_language import asked_in
from nextnest.rules.summary import summarize
from nextnest.store import incoming, outbox, tool_runs
from nextnest.store.incoming import OpenTurn
from nextnest.store.jobs import Ownership
from nextnest.store.outbox import Effect
from nextnest.tasks.desk import Desk
from nextnest.telemetry import watching

log = structlog.get_logger(__name__)

SINGAPORE = ZoneInfo("Asia/Singapore")
# How often a call under way asks whether it is still wanted: sooner than anybody types a word.
_LOOK_EVERY_S = 0.25
# What stands in ai_replies for an answer no model wrote.
_NO_MODEL, _NO_PROMPT = "calculator", "calculator"

Unwanted = Callable[[OpenTurn], Awaitable[bool]]
IntendAtOnce = Callable[[AsyncConnection[Any], OpenTurn, Effect], Awaitable[Intent | None]]


class Overtaken(Exception):
    """The answer that was being written is not wanted any more."""


@dataclass(frozen=True)
class Draft:
    """A reply with what the guard thinks of it and the calculations behind it."""

    reply: Reply
    verdict: Verdict
    prompt_version: str
    calculators: Calculators
    cost: Decimal = Decimal(0)


@dataclass
class Drafting:
    """Writes for one conversation. `unwanted` is asked now and then while a model works; `intend_at_once` is asked in the
    draft's own commit."""

    desk: Desk
    owner: Ownership
    conversation_id: int
    unwanted: Unwanted
    intend_at_once: IntendAtOnce
    rejected: bool = field(default=False, init=False)
    left_a_note: bool = field(default=False, init=False)
    _purse: TurnPurse | None = field(default=None, init=False)
    _intent: Intent | None = field(default=None, init=False)

    async def write(self, turn: OpenTurn) -> Effect | None:
        """The planned reply; None when the guard let none pass (`rejected`).

        Overtaken when it is not wanted any more; SpendingCapReached when it could cost more than it may. Whatever comes of
        it, every call is booked.
        """
        with watching.drafting() as outcome:
            try:
                effect = await self._write(turn)
                outcome.name = "planned" if effect else "rejected"
                return effect
            except Overtaken:
                outcome.name = "overtaken"
                raise
            finally:
                await self._settle()

    def take_intent(self) -> Intent | None:
        """That the newest draft is about to be sent, when its commit says so already; once."""
        intent, self._intent = self._intent, None
        return intent

    async def _write(self, turn: OpenTurn) -> Effect | None:
        try:
            draft = await self._of_a_model(turn)
        except (ModelUnavailable, ModelRefusesUs, Away):
            calculated = self._of_a_calculator(turn)
            if calculated is None:
                raise
            log.warning("answered by a calculator alone")
            draft = calculated
        if not draft.verdict.ok:
            self.rejected = True
            return None
        return await self._plan(turn, draft)

    async def _of_a_model(self, turn: OpenTurn) -> Draft:
        """What the model says, repaired once if need be. What the guard refused is recorded here."""
        prompt = await self._prompt(turn)
        draft = await self._checked(turn, prompt)
        if draft.verdict.ok:
            return draft
        await self._record_rejected(turn, draft)
        draft = await self._checked(turn, repair_prompt(prompt, draft.reply.text, draft.verdict))
        if not draft.verdict.ok:
            await self._record_rejected(turn, draft)
        return draft

    def _of_a_calculator(self, turn: OpenTurn) -> Draft | None:
        """The answer to a question that is a calculation and nothing else; None for every other."""
        asked = calculation_request.calculation_asked(turn.texts)
        if asked is None or detect("\n".join(turn.texts)) not in {"en", None}:
            return None
        name, arguments = asked
        calculators = Calculators(_today(), turn.lead, turn.texts)
        calculators.run(name, json.dumps(arguments))
        text = calculation_request.words(calculators.runs[-1]) if calculators.runs else None
        if text is None:
            return None
        verdict = check_reply(
            text, lead=turn.lead, customer_texts=turn.texts, evidence=of_runs(calculators.runs)
        )
        reply = Reply(text=text, model=_NO_MODEL, usage=Usage(), latency_s=0)
        return Draft(reply, verdict, _NO_PROMPT, calculators) if verdict.ok else None

    async def _prompt(self, turn: OpenTurn) -> Prompt:
        """What the model is told; in the same commit the messages count as taken in, and what it may cost is reserved."""
        assert turn.broker is not None
        async with self.desk.transaction(self.owner) as conn:
            await incoming.mark_started(conn, turn)
            history = await incoming.history(conn, self.conversation_id)
            earlier, reason = await self._before_closing(conn, turn)
            self._purse = await purse.reserve(
                conn,
                self.desk.budget,
                conversation_id=self.conversation_id,
                job_id=self.owner.job_id,
                turn=turn.newest,
            )
        budget = self.desk.settings.openai_history_tokens
        summary = summarize(earlier, turn.lead, reason)
        return build_prompt(
            turn.broker,
            turn.lead,
            history,
            token_budget=budget,
            today=_today(),
            summary=summary,
            texts=texts_named(self.desk.settings.nextnest_prompt_version),
        )

    async def _before_closing(
        self, conn: AsyncConnection[Any], turn: OpenTurn
    ) -> tuple[list[Turn], str | None]:
        """Nothing, for a conversation that was never closed."""
        if turn.closed_after is None:
            return [], None
        return await incoming.before_closing(conn, self.conversation_id)

    async def _checked(self, turn: OpenTurn, prompt: Prompt) -> Draft:
        """One answer of the model, with calculators of its own, and the guard's verdict."""
        # The customer's own words count wherever in the conversation they stand.
        said = [line.content for line in prompt.turns if line.role == "customer"]
        said += [text for text in turn.texts if text not in said]
        said += prompt.earlier_words
        calculators = Calculators(_today(), turn.lead, said)
        before = self._purse.spent if self._purse else Decimal(0)
        reply = await self._generate(turn, prompt, calculators)
        cost = (self._purse.spent if self._purse else Decimal(0)) - before
        verdict = check_reply(
            reply.text,
            lead=turn.lead,
            customer_texts=said,
            evidence=(*of_runs(calculators.runs), *of_day(_today())),
            language=asked_in(turn.texts, said),
        )
        watching.judged(verdict.broken)
        if calculators.unconfirmed:
            ends = provisional(detect("\n".join(turn.texts)))
            reply = reply.model_copy(update={"text": f"{reply.text}\n\n{ends}"})
        return Draft(reply, verdict, prompt.version, calculators, cost)

    async def _generate(self, turn: OpenTurn, prompt: Prompt, calculators: Calculators) -> Reply:
        """What the model says. Overtaken, and the call is cancelled, when meanwhile it is no longer wanted."""
        assert turn.broker is not None
        await self.desk.breakers.require(MODEL)
        return await self._while_wanted(
            turn,
            self.desk.assistant.generate_broker_response(
                prompt,
                safety_identifier=hashlib.sha256(f"conversation-{self.conversation_id}".encode()).hexdigest(),
                cache_key=f"{turn.broker.slug}-{prompt.version}",
                toolbox=calculators,
                purse=self._purse,
            ),
        )

    async def _while_wanted(self, turn: OpenTurn, work: Coroutine[Any, Any, Reply]) -> Reply:
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=_LOOK_EVERY_S))[0]:
                if await self.unwanted(turn):
                    raise Overtaken
            return await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _plan(self, turn: OpenTurn, draft: Draft) -> Effect:
        """The draft, the calculations behind it and what a colleague must confirm, in one commit."""
        async with self.desk.transaction(self.owner) as conn:
            effect = await self._put_into_outbox(conn, turn, {"content": draft.reply.text})
            await self._record(conn, turn, draft, "used", effect)
            await self._settle(conn)
            if points := draft.calculators.unconfirmed:
                note = {"content": confirmation_note(points)}
                await outbox.plan(
                    conn, self.conversation_id, "confirmation_note", note, turn=turn.newest, position=1
                )
                self.left_a_note = True
            intent = await self.intend_at_once(conn, turn, effect)
        self._purse, self._intent = None, intent
        return effect

    async def _settle(self, conn: AsyncConnection[Any] | None = None) -> None:
        """Book what was spent: with the draft, in the caller's transaction, or in the end, when there was no draft or its
        transaction rolled back. Each call is booked once, however often it is said."""
        if self._purse is None:
            return
        if conn is not None:
            await purse.settle(conn, self._purse)
            return
        async with self.desk.pool.connection() as own:
            await purse.settle(own, self._purse)
        self._purse = None

    async def _put_into_outbox(
        self, conn: AsyncConnection[Any], turn: OpenTurn, payload: dict[str, Any]
    ) -> Effect:
        """A turn has one reply; one that was drafted before a late message came in gets the new text."""
        if planned := await outbox.plan_reply(conn, self.conversation_id, payload, turn=turn.newest):
            return planned
        earlier = await outbox.find(conn, self.conversation_id, "reply", turn.newest)
        assert earlier is not None
        await outbox.rewrite(conn, earlier.id, payload)
        return await outbox.fetch(conn, earlier.id)

    async def _record_rejected(self, turn: OpenTurn, draft: Draft) -> None:
        log.warning("draft rejected", rules=list(draft.verdict.broken))
        async with self.desk.transaction(self.owner) as conn:
            await self._record(conn, turn, draft, "rejected", None)

    async def _record(
        self, conn: AsyncConnection[Any], turn: OpenTurn, draft: Draft, outcome: str, effect: Effect | None
    ) -> None:
        await outbox.record_reply(
            conn,
            conversation_id=self.conversation_id,
            effect_id=effect.id if effect else None,
            job_id=self.owner.job_id,
            turn=turn.newest,
            prompt_version=draft.prompt_version,
            reply=draft.reply,
            verdict=draft.verdict,
            outcome=outcome,
            cost=draft.cost,
        )
        await tool_runs.keep(
            conn,
            self.conversation_id,
            turn=turn.newest,
            job_id=self.owner.job_id,
            runs=draft.calculators.records(),
        )


def _today() -> date:
    """Singapore's date: rules and stamp duties follow it."""
    return datetime.now(UTC).astimezone(SINGAPORE).date()
