"""Webhook delivery: who gets which event, signed, concurrent, with Chatwoot's retry rules and our faults."""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx

from sandbox.chatwoot import payloads
from sandbox.chatwoot.events import ACCOUNT_EVENTS, BOT_EVENTS, Delivery, Event, Target, signed_headers
from sandbox.chatwoot.formats import Json
from sandbox.chatwoot.records import Conversation
from sandbox.chatwoot.state import State
from sandbox.faults import Fault, Faults
from sandbox.journal import Journal

WEBHOOK_FAULTS = ("duplicate_webhook", "late_webhook", "lost_webhook", "echo_early")
TIMEOUT_S = 5.0  # Chatwoot's WEBHOOK_TIMEOUT: five seconds to connect, five to read
BOT_ATTEMPTS = 3
BOT_RETRY_STATUSES = (429, 500)  # nothing else is tried again, and only for agent bots
BOT_RETRY_PAUSE_S = 3.0
WORKERS = 16
"""Deliveries in flight at once; Chatwoot's job workers keep no order either."""


class Webhooks:
    """Sends what `emit` collected once the state's lock is free again."""

    def __init__(
        self,
        state: State,
        faults: Faults,
        closing: threading.Event,
        bot_retry_pause: float = BOT_RETRY_PAUSE_S,
    ) -> None:
        self.journal: Journal[Delivery] = Journal()
        self.on_failure: Callable[[Target, Event, str], None] = _shrug
        self._state = state
        self._faults = faults
        self._closing = closing
        self._bot_retry_pause = bot_retry_pause
        self._emitted: list[Event] = []
        self._late: list[threading.Event] = []
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="sandbox-webhook")
        # Chatwoot opens a connection for each delivery; a kept one could be stale and lose the only attempt.
        self._client = httpx.Client(timeout=TIMEOUT_S, limits=httpx.Limits(max_keepalive_connections=0))
        self._under_way = 0
        self._idle = threading.Condition()

    def close(self) -> None:
        self.deliver_late()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def emit(self, event: Event) -> None:
        """Call with the state's lock held."""
        self._emitted.append(event)

    def take_emitted(self) -> list[Event]:
        """Call with the state's lock held."""
        emitted, self._emitted = self._emitted, []
        return emitted

    def dispatch(self, events: Iterable[Event]) -> None:
        """Call without the state's lock: an early echo waits here for its receiver."""
        for event in events:
            targets = list(self._targets(event))
            fault = self._fault(event) if targets else None
            for target in targets:
                self._schedule(event, target, fault)

    def settle(self, timeout: float) -> bool:
        """Waits until nothing is under way any more. False when the time is up first."""
        with self._idle:
            return self._idle.wait_for(lambda: self._under_way == 0, timeout)

    def _targets(self, event: Event) -> Iterator[Target]:
        for webhook in list(self._state.webhooks.values()):
            if event.name in webhook.subscriptions:
                yield Target("account", webhook.url, webhook.secret)
        inbox = self._state.inbox
        if inbox.webhook_url and event.name in ACCOUNT_EVENTS and event.conversation:
            yield Target("inbox", inbox.webhook_url, inbox.secret)
        if event.name in BOT_EVENTS and event.conversation:
            yield from self._bot_targets(event.conversation)

    def _bot_targets(self, conversation: Conversation) -> Iterator[Target]:
        assigned = self._state.bots.get(conversation.assignee_agent_bot_id or 0)
        bots = {bot.id: bot for bot in (self._state.active_bot, assigned) if bot}
        for bot in bots.values():
            if bot.outgoing_url:
                yield Target("bot", bot.outgoing_url, bot.secret)

    def _fault(self, event: Event) -> Fault | None:
        is_echo = event.label == "message_created:outgoing"
        names = WEBHOOK_FAULTS if is_echo else WEBHOOK_FAULTS[:-1]
        return self._faults.take_for_event(names, event.label)

    def _schedule(self, event: Event, target: Target, fault: Fault | None) -> None:
        send = self._sender(event, target, fault)
        match fault.fault if fault else None:
            case "lost_webhook":
                self._note_lost(event, target)
            case "late_webhook":
                self._later(send, fault.seconds if fault else 0)
            case "echo_early":
                self._tracked(send)
            case _:
                for _ in range(fault.copies if fault else 1):
                    self._in_background(send)

    def _sender(self, event: Event, target: Target, fault: Fault | None) -> Callable[[], None]:
        early = self._render(event) if target.kind == "bot" else None
        same_id = str(uuid.uuid4()) if fault and fault.same_delivery_id else None

        def send() -> None:
            payload = early or self._render(event)
            self._deliver(event, target, payload, same_id or str(uuid.uuid4()), fault)

        return send

    def _render(self, event: Event) -> Json:
        with self._state.lock:
            return {"event": event.name, **event.render()}

    def _deliver(
        self, event: Event, target: Target, payload: Json, delivery_id: str, fault: Fault | None
    ) -> None:
        body = payloads.encode(payload)
        for attempt in range(1, BOT_ATTEMPTS + 1):
            delivery = self._attempt(event, target, payload, body, delivery_id, fault)
            if delivery.error is None:
                return
            may_retry = (
                target.kind == "bot" and delivery.status in BOT_RETRY_STATUSES and attempt < BOT_ATTEMPTS
            )
            if not may_retry or self._closing.wait(self._bot_retry_pause):
                self.on_failure(target, event, delivery.error)
                return

    def _attempt(
        self, event: Event, target: Target, payload: Json, body: bytes, delivery_id: str, fault: Fault | None
    ) -> Delivery:
        started = time.time()
        headers = signed_headers(body, target.secret, delivery_id)
        status, answer, error = self._post(target.url, headers, body)
        delivery = Delivery(
            event=event.name,
            delivery_id=delivery_id,
            kind=target.kind,
            url=target.url,
            headers=headers,
            payload=payload,
            at=started,
            finished_at=time.time(),
            status=status,
            body=answer,
            error=error,
            fault=fault.fault if fault else None,
        )
        self.journal.add(delivery)
        return delivery

    def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int | None, str, str | None]:
        try:
            answer = self._client.post(url, headers=headers, content=body)
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as failure:
            # RuntimeError: the client was closed because the sandbox stops.
            return None, "", f"{type(failure).__name__}: {failure}"
        error = None if answer.is_success else f"HTTP {answer.status_code}"
        return answer.status_code, answer.text, error

    def _note_lost(self, event: Event, target: Target) -> None:
        now = time.time()
        payload = self._render(event)
        self.journal.add(
            Delivery(
                event.name,
                "",
                target.kind,
                target.url,
                {},
                payload,
                now,
                now,
                None,
                "",
                "lost",
                "lost_webhook",
            )
        )

    def _later(self, send: Callable[[], None], seconds: float) -> None:
        released = threading.Event()
        self._late.append(released)

        def wait_and_send() -> None:
            released.wait(seconds)
            if not self._closing.is_set():
                send()

        self._count(1)
        thread = threading.Thread(target=self._counted, args=(wait_and_send,), daemon=True)
        thread.start()

    def deliver_late(self) -> None:
        """Late ones need not wait any longer."""
        while self._late:
            self._late.pop().set()

    def _in_background(self, send: Callable[[], None]) -> None:
        self._count(1)
        try:
            self._pool.submit(self._counted, send)
        except RuntimeError:  # the pool is closed because the sandbox stops
            self._count(-1)

    def _tracked(self, send: Callable[[], None]) -> None:
        self._count(1)
        self._counted(send)

    def _counted(self, send: Callable[[], None]) -> None:
        try:
            send()
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._idle:
            self._under_way += change
            self._idle.notify_all()


def _shrug(_target: Target, _event: Event, _error: str) -> None:
    """An account webhook that failed is lost, nothing more."""
